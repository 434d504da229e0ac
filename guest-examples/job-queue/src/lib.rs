//! A queue of jobs: work that clients hand in, done one after the other, each with an answer for who waits for it.

use rivet_guest::{Ctx, Message, Receive, Result, This, actor, export};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct JobQueue {
    processed: u64,
}

#[derive(Deserialize)]
struct Job {
    n: f64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Answer {
    Done { doubled: f64 },
    Refused { error: String },
}

#[actor(display_name = "Job queue", icon = "📮", queues("jobs"))]
impl JobQueue {
    /// Takes one job after the other. Each has a turn of its own: its answer, the count and its end commit together, or,
    /// if something goes wrong, not at all, and the job is there still.
    async fn run(ctx: &Ctx, this: This<Self>) -> Result<()> {
        let jobs = Receive::of(["jobs"]).completable();
        while let Some(message) = ctx.queue().next(&jobs).await? {
            let answer = work(&message);
            this.update(|queue| queue.processed += 1).await?;
            message.complete_with(&answer)?;
        }
        Ok(())
    }

    pub fn processed(&self) -> u64 {
        self.processed
    }
}

/// A job that cannot be done is answered, too: it would not be better the next time.
fn work(message: &Message) -> Answer {
    match message.body::<Job>() {
        Ok(Job { n }) => Answer::Done { doubled: 2.0 * n },
        Err(_) => Answer::Refused { error: "a job is {\"n\": number}".to_owned() },
    }
}

export!(JobQueue);

#[cfg(test)]
mod tests;
