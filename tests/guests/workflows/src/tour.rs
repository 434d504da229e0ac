//! Everything that a workflow can do, one after the other, and each effect counted.

use std::collections::BTreeMap;
use std::time::Duration;

use rivet_guest::{CriticalError, Loop, Result, UserError, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What is done, in the state and in the key-value data, in SQL and in a queue: all of it commits with the step.
#[derive(Default, Serialize, Deserialize)]
pub struct Tour {
    seen: Vec<String>,
    failed: BTreeMap<String, u32>,
}

#[actor(sleep_timeout_ms = 50, queues("go", "job"))]
impl Tour {
    fn on_migrate(ctx: &rivet_guest::Ctx) -> Result<()> {
        ctx.sql().migrate(&["CREATE TABLE seen (what TEXT NOT NULL)"])
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.version("v", 3).await?;
        flow.rollback_checkpoint("undo").await?;
        see(flow, "first", 0).await?;
        see(flow, "fails twice", 2).await?;
        flow.sleep("short", Duration::from_millis(20)).await?;
        flow.sleep("long", Duration::from_millis(150)).await?;
        let tried =
            flow.try_step("critical", async |_| -> Result<()> { Err(CriticalError::new("no").into()) });
        see(flow, if tried.await?.is_err() { "tried" } else { "not tried" }, 0).await?;
        let go = flow.queue("go").names(["go"]).next().await?;
        see(flow, &format!("go {}", go.body::<Value>()?), 0).await?;
        let late =
            flow.queue("late").names(["late"]).timeout(Duration::from_millis(120)).next_batch(2).await?;
        see(flow, &format!("late {}", late.len()), 0).await?;
        flow.iterate("jobs", 0, async |flow, n| {
            let job = flow.queue("job").names(["job"]).completable().next().await?;
            see(flow, &format!("job {}", job.body::<Value>()?), 0).await?;
            flow.sleep("work", Duration::from_millis(10)).await?;
            job.complete_with(&json!(n))?;
            Ok(if n < 2 { Loop::Continue(n + 1) } else { Loop::Break(()) })
        })
        .history_prune_interval(2)
        .await?;
        flow.join(
            "both",
            [
                flow.branch("a", async |flow| see(flow, "a1", 1).await),
                flow.branch("b", async |flow| {
                    flow.sleep("nap", Duration::from_millis(120)).await?;
                    see(flow, "b1", 0).await
                }),
            ],
        )
        .await?;
        let (winner, ()) = flow
            .race(
                "fastest",
                [
                    flow.branch("slow", async |flow| flow.sleep("nap", Duration::from_secs(600)).await),
                    flow.branch("fast", async |flow| see(flow, "fast", 0).await),
                ],
            )
            .await?;
        see(flow, &format!("{winner} won"), 0).await?;
        let block = flow.try_block("block", async |flow| {
            see(flow, "in a block", 0).await?;
            flow.step("bad", async |_| Err::<(), _>(CriticalError::new("no").into())).await
        });
        see(flow, if block.await?.is_err() { "caught" } else { "not caught" }, 0).await?;
        flow.removed("never", rivet_guest::EntryKind::Step).await?;
        Err(UserError::new("now it is rolled back").into())
    }

    /// What the state, the key-value data, the database and the queue say, which is the same.
    pub fn look(&self, ctx: &rivet_guest::Ctx) -> Result<Value> {
        let counts: Vec<String> = self.seen.iter().map(|what| count(ctx, what)).collect::<Result<_>>()?;
        let rows: Vec<String> = ctx.sql().query("SELECT what FROM seen ORDER BY rowid", ())?;
        Ok(json!({ "seen": self.seen, "counts": counts, "rows": rows }))
    }
}

fn count(ctx: &rivet_guest::Ctx, what: &str) -> Result<String> {
    Ok(ctx.kv().get(what)?.map_or_else(String::new, |count| format!("{}", count.len())))
}

/// Notes it once in all places, after it has failed so often, and once more when it is undone.
async fn see(flow: &Workflow<Tour>, what: &str, fails: u32) -> Result<()> {
    flow.step(what, async |step| {
        let failed = step
            .update(|tour| {
                let failed = tour.failed.entry(what.to_owned()).or_default();
                *failed += 1;
                *failed
            })
            .await?;
        if failed <= fails {
            return Err(UserError::new("not yet").into());
        }
        note(step, what).await?;
        Ok(what.to_owned())
    })
    .backoff(Duration::from_millis(20))
    .rollback(async |step, what: String| note(step, &format!("undo {what}")).await)
    .await
    .map(drop)
}

async fn note(step: &rivet_guest::Step<Tour>, what: &str) -> Result<()> {
    let mut count = step.kv().get(what)?.unwrap_or_default();
    count.push(1);
    step.kv().put(what, count)?;
    step.sql().execute("INSERT INTO seen (what) VALUES (?)", (what,))?;
    step.update(|tour| tour.seen.push(what.to_owned())).await
}
