//! What the steps of a workflow have done, in all places where an actor keeps something.

use std::time::Duration;

use rivet_guest::{Actor, Ctx, Result, Step, Workflow};
use serde_json::{Value, json};

/// An actor whose state is the list of what it did.
pub trait Diary: Actor {
    fn seen(&mut self) -> &mut Vec<String>;
}

/// Makes an actor of this name a diary: its state, and what it is asked for.
macro_rules! diary {
    ($name:ident) => {
        #[derive(Default, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            seen: Vec<String>,
        }

        impl crate::diary::Diary for $name {
            fn seen(&mut self) -> &mut Vec<String> {
                &mut self.seen
            }
        }
    };
}
pub(crate) use diary;

pub fn migrate(ctx: &Ctx) -> Result<()> {
    ctx.sql().migrate(&["CREATE TABLE seen (what TEXT NOT NULL)"])
}

/// Waits, so that what comes is not written together with the commit before. To be first in a step: what it does before it waits
/// is a commit of its own, and not undone with the rest.
pub async fn pause<A: Diary>(step: &Step<A>) -> Result<()> {
    step.sleep(Duration::from_millis(20)).await
}

/// Writes it down in the state, the key-value data and the database.
pub async fn note<A: Diary>(step: &Step<A>, what: &str) -> Result<()> {
    let count: u64 = step.kv().get_cbor(what)?.unwrap_or_default();
    step.kv().put_cbor(what, &(count + 1))?;
    step.sql().execute("INSERT INTO seen (what) VALUES (?)", (what,))?;
    step.update(|actor| actor.seen().push(what.to_owned())).await
}

/// A step that does so, and nothing else.
pub async fn see<A: Diary>(flow: &Workflow<A>, what: &str) -> Result<()> {
    let step = flow.step(what, async |step| {
        pause(step).await?;
        note(step, what).await
    });
    step.await
}

/// What all of them say.
pub fn look(ctx: &Ctx, seen: &[String]) -> Result<Value> {
    let counts: Vec<u64> =
        seen.iter().map(|what| Ok(ctx.kv().get_cbor(what)?.unwrap_or_default())).collect::<Result<_>>()?;
    let rows: Vec<String> = ctx.sql().query("SELECT what FROM seen ORDER BY rowid", ())?;
    Ok(json!({ "seen": seen, "counts": counts, "rows": rows }))
}
