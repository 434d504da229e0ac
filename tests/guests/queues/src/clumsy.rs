//! A worker whose `run` ends with an error at what it does not understand.

use rivet_guest::{Ctx, Receive, Result, This, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Clumsy {
    done: Vec<u64>,
}

#[actor(name = "clumsy", queues("jobs"))]
impl Clumsy {
    async fn run(ctx: &Ctx, this: This<Self>) -> Result<()> {
        let jobs = Receive::all().completable();
        while let Some(message) = ctx.queue().next(&jobs).await? {
            let number = message.body::<u64>()?;
            this.update(|clumsy| clumsy.done.push(number)).await?;
            message.complete()?;
        }
        Ok(())
    }

    pub fn done(&self) -> Vec<u64> {
        self.done.clone()
    }
}
