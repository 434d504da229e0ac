//! Asks itself, and sleeps on the answer.

use std::time::Duration;

use rivet_guest::{Ctx, Receive, Result, This, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Asker {
    answers: Vec<String>,
}

#[actor(name = "asker")]
impl Asker {
    async fn run(ctx: &Ctx, this: This<Self>) -> Result<()> {
        let timeout = Some(Duration::from_secs(20));
        let answer = match ctx.queue().send_and_wait::<_, u64>("questions", &1, timeout).await {
            Ok(answer) => format!("{answer:?}"),
            Err(error) => format!("{}.{}", error.group(), error.code()),
        };
        this.update(|asker| asker.answers.push(answer)).await
    }

    /// Answers, and goes to sleep before the answer is heard.
    #[action(name = "answerAndSleep")]
    pub fn answer_and_sleep(&self, ctx: &Ctx) -> Result<()> {
        if let Some(question) = ctx.queue().try_next(&Receive::all().completable())? {
            question.complete_with(&7)?;
        }
        ctx.request_sleep()
    }

    pub fn answers(&self) -> Vec<String> {
        self.answers.clone()
    }
}
