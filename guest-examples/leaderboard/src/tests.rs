use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Ctx, Result, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Leaderboard, MIGRATIONS};

fn top(board: &mut TestActor<Leaderboard>, n: u32) -> Vec<(String, f64)> {
    let scores: Value = board.call("top", [n]).unwrap();
    let pair =
        |score: &Value| (score["player"].as_str().unwrap().to_owned(), score["score"].as_f64().unwrap());
    scores.as_array().unwrap().iter().map(pair).collect()
}

fn submit(board: &mut TestActor<Leaderboard>, player: &str, score: f64) -> bool {
    board.advance(Duration::from_millis(1));
    board.call("submit", (player, score)).unwrap()
}

#[test]
fn keeps_the_best_of_each_player() {
    let mut board = TestActor::<Leaderboard>::create().unwrap();
    assert_eq!(top(&mut board, 3), []);
    for (player, score, is_best) in
        [("ann", 5.0, true), ("bob", 7.0, true), ("ann", 9.0, true), ("bob", 6.0, false)]
    {
        assert_eq!(submit(&mut board, player, score), is_best);
    }
    assert_eq!(top(&mut board, 3), [("ann".to_owned(), 9.0), ("bob".to_owned(), 7.0)]);
    assert_eq!(top(&mut board, 1), [("ann".to_owned(), 9.0)]);
}

#[test]
fn of_equals_the_first_leads() {
    let mut board = TestActor::<Leaderboard>::create().unwrap();
    for player in ["zoe", "ann", "bob"] {
        submit(&mut board, player, 5.0);
    }
    submit(&mut board, "zoe", 5.0);
    let players: Vec<String> = top(&mut board, 3).into_iter().map(|(player, _)| player).collect();
    assert_eq!(players, ["zoe", "ann", "bob"]);
}

#[test]
fn a_score_may_have_a_fraction() {
    let mut board = TestActor::<Leaderboard>::create().unwrap();
    assert!(submit(&mut board, "ann", 9.25));
    assert!(!submit(&mut board, "ann", 9.0));
    assert_eq!(top(&mut board, 1), [("ann".to_owned(), 9.25)]);
}

#[test]
fn scores_are_there_after_a_restart() {
    let mut board = TestActor::<Leaderboard>::create().unwrap();
    submit(&mut board, "ann", 5.0);
    board.restart().unwrap();
    assert_eq!(top(&mut board, 3), [("ann".to_owned(), 5.0)]);
}

/// The leaderboard as it was with the first migration alone.
#[derive(Default, Serialize, Deserialize)]
struct Version1;

#[actor(name = "leaderboard")]
impl Version1 {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        ctx.sql().migrate(&MIGRATIONS[..1])
    }

    pub fn submit(&self, ctx: &Ctx, player: String, score: i64) -> Result<()> {
        ctx.sql().execute("REPLACE INTO scores VALUES (?, ?)", (player, score))?;
        Ok(())
    }

    pub fn tables(&self, ctx: &Ctx) -> Result<Vec<String>> {
        ctx.sql().query("SELECT name FROM pragma_table_info('scores')", ())
    }
}

#[test]
fn a_database_of_version_1_is_brought_to_version_2() {
    let mut old = TestActor::<Version1>::create().unwrap();
    old.call::<()>("submit", ("ann", 5)).unwrap();
    assert_eq!(old.call::<Value>("tables", ()).unwrap(), json!(["player", "score"]));
    let mut board = old.upgrade::<Leaderboard>().unwrap();
    assert_eq!(top(&mut board, 3), [("ann".to_owned(), 5.0)]);
    // Nobody knows when the old score was set, so its player was there first.
    submit(&mut board, "bob", 5.0);
    submit(&mut board, "ann", 4.0);
    assert_eq!(top(&mut board, 3), [("ann".to_owned(), 5.0), ("bob".to_owned(), 5.0)]);
    board.restart().unwrap();
    // The version before does not know what this one has made of the data.
    let error = board.upgrade::<Version1>().map(|_| ()).unwrap_err();
    assert!(error.message().contains("version 2"), "{error}");
}
