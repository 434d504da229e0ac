//! Workers that take what comes.

use std::cell::Cell;
use std::time::Duration;

use rivet_guest::{Ctx, Message, Receive, Result, This, actor};
use serde::{Deserialize, Serialize};

/// What a job does to whoever takes it.
#[derive(Deserialize)]
struct Job {
    label: String,
    /// Panics until it was tried so often.
    panics: Option<u32>,
    /// Waits before it is done, and so goes on in another turn.
    waits_ms: Option<u64>,
}

/// Takes jobs, and writes down what it did. Its input says whether it is careful: then a job stays until it is done.
#[derive(Default, Serialize, Deserialize)]
pub struct Worker {
    careful: bool,
    /// What was done, each with the attempt.
    done: Vec<(String, u32)>,
    /// In memory alone: how often `run` began.
    #[serde(skip)]
    runs: Cell<u64>,
}

#[actor(name = "worker", queues("jobs"))]
impl Worker {
    fn create_state(careful: Option<bool>) -> Self {
        Self { careful: careful.unwrap_or(false), ..Self::default() }
    }

    async fn run(ctx: &Ctx, this: This<Self>) -> Result<()> {
        let careful = this
            .read(|worker| {
                worker.runs.set(worker.runs.get() + 1);
                worker.careful
            })
            .await?;
        let jobs = Receive::of(["jobs"]);
        let jobs = if careful { jobs.completable() } else { jobs };
        loop {
            let Some(message) = ctx.queue().next(&jobs).await? else { continue };
            work(ctx, &this, &message).await?;
            if careful {
                message.complete_with(&message.attempts())?;
            }
        }
    }

    pub fn done(&self) -> Vec<(String, u32)> {
        self.done.clone()
    }

    pub fn runs(&self) -> u64 {
        self.runs.get()
    }
}

async fn work(ctx: &Ctx, this: &This<Worker>, message: &Message) -> Result<()> {
    let job: Job = message.body()?;
    let attempts = message.attempts();
    this.update(|worker| worker.done.push((job.label.clone(), attempts))).await?;
    if let Some(ms) = job.waits_ms {
        ctx.sleep(Duration::from_millis(ms)).await?;
    }
    if job.panics.is_some_and(|until| attempts <= until) {
        panic!("as the job says");
    }
    Ok(())
}

/// The same without a memory that outlives its sleep.
#[derive(Default, Serialize, Deserialize)]
pub struct Forgetful {
    done: Vec<String>,
    /// What the waits of earlier runs ended with.
    ends: Vec<String>,
}

#[actor(name = "forgetful", queues("jobs"), snapshot = "none", sleep_timeout_ms = 200)]
impl Forgetful {
    async fn run(ctx: &Ctx, this: This<Self>) -> Result<()> {
        loop {
            match ctx.queue().next(&Receive::all()).await {
                Ok(message) => {
                    let label = message.map(|message| message.body::<String>()).transpose()?;
                    this.update(|it| it.done.extend(label)).await?;
                }
                Err(error) => {
                    let path = format!("{}.{}", error.group(), error.code());
                    return this.update(|it| it.ends.push(path)).await;
                }
            }
        }
    }

    pub fn status(&self) -> (Vec<String>, Vec<String>) {
        (self.done.clone(), self.ends.clone())
    }
}
