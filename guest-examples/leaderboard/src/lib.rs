//! The best score of each player, in the actor's SQL database.

use rivet_guest::{Ctx, Result, actor, export};
use serde::{Deserialize, Serialize};

/// All data is in the database, so there is no state.
#[derive(Default, Serialize, Deserialize)]
struct Leaderboard;

#[derive(Serialize, Deserialize)]
struct Score {
    player: String,
    score: f64,
}

/// How the database came to be what it is: each step runs once. What is to change is a step more at the end.
const MIGRATIONS: &[&str] = &[
    "CREATE TABLE scores (player TEXT PRIMARY KEY, score REAL NOT NULL) WITHOUT ROWID",
    // Of two who are equal the one who was there first leads, so it has to be known when; nobody knows it of those before.
    "ALTER TABLE scores ADD COLUMN set_ms INTEGER NOT NULL DEFAULT 0;
     CREATE INDEX best ON scores (score DESC, set_ms, player)",
];

#[actor(display_name = "Leaderboard", icon = "🏆")]
impl Leaderboard {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        ctx.sql().migrate(MIGRATIONS)
    }

    /// Keeps the score if it is the player's best; says whether it is.
    pub fn submit(&self, ctx: &Ctx, player: String, score: f64) -> Result<bool> {
        let kept = ctx.sql().execute(
            "INSERT INTO scores (player, score, set_ms) VALUES (?, ?, ?)
             ON CONFLICT (player) DO UPDATE SET score = excluded.score, set_ms = excluded.set_ms
             WHERE excluded.score > score",
            (player, score, ctx.now_ms() as i64),
        )?;
        Ok(kept.changes > 0)
    }

    /// The best players, best first.
    pub fn top(&self, ctx: &Ctx, n: u32) -> Result<Vec<Score>> {
        ctx.sql().query("SELECT player, score FROM scores ORDER BY score DESC, set_ms, player LIMIT ?", [n])
    }
}

export!(Leaderboard);

#[cfg(test)]
mod tests;
