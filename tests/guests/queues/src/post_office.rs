//! Does with its queue what it is told to.

use std::cell::RefCell;
use std::time::Duration;

use rivet_guest::{Ctx, Message, Receive, Result, Value, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct PostOffice {
    /// The messages that were received last.
    #[serde(skip)]
    received: RefCell<Vec<Message>>,
}

/// How to receive.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct How {
    names: Vec<String>,
    timeout: Option<u64>,
    completable: bool,
}

impl From<How> for Receive {
    fn from(how: How) -> Self {
        let receive = Receive::of(how.names);
        let receive = if how.completable { receive.completable() } else { receive };
        match how.timeout {
            Some(ms) => receive.timeout(Duration::from_millis(ms)),
            None => receive,
        }
    }
}

/// A message as Rivet shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    id: u64,
    name: String,
    body: Value,
    created_at: u64,
    attempts: u32,
}

fn show(message: &Message) -> Result<Shown> {
    Ok(Shown {
        id: message.id(),
        name: message.name().to_owned(),
        body: message.body()?,
        created_at: message.created_at_ms(),
        attempts: message.attempts(),
    })
}

#[actor(name = "post-office", queues("letters", "parcels", "guarded"))]
impl PostOffice {
    fn can_publish(&self, ctx: &Ctx, queue: String) -> bool {
        queue != "guarded" || ctx.conn().is_some_and(|conn| conn.params::<bool>().unwrap_or(false))
    }

    pub fn send(&self, ctx: &Ctx, name: String, body: Value) -> Result<Shown> {
        show(&ctx.queue().send(&name, &body)?)
    }

    pub async fn next(&self, ctx: &Ctx, how: How) -> Result<Option<Shown>> {
        let message = ctx.queue().next(&how.into()).await?;
        self.keep(message.into_iter().collect()).map(|mut shown| shown.pop())
    }

    #[action(name = "nextBatch")]
    pub async fn next_batch(&self, ctx: &Ctx, how: How, count: u32) -> Result<Vec<Shown>> {
        self.keep(ctx.queue().next_batch(&how.into(), count).await?)
    }

    #[action(name = "tryNext")]
    pub fn try_next(&self, ctx: &Ctx, how: How) -> Result<Option<Shown>> {
        let message = ctx.queue().try_next(&how.into())?;
        self.keep(message.into_iter().collect()).map(|mut shown| shown.pop())
    }

    #[action(name = "waitForNames")]
    pub async fn wait_for_names(&self, ctx: &Ctx, how: How) -> Result<Shown> {
        show(&ctx.queue().wait_for(&how.into()).await?)
    }

    #[action(name = "waitForAvailable")]
    pub async fn wait_for_available(&self, ctx: &Ctx, how: How) -> Result<()> {
        ctx.queue().wait_until_available(&how.into()).await
    }

    #[action(name = "enqueueAndWait")]
    pub async fn enqueue_and_wait(
        &self,
        ctx: &Ctx,
        name: String,
        body: Value,
        timeout: Option<u64>,
    ) -> Result<Option<Value>> {
        ctx.queue().send_and_wait(&name, &body, timeout.map(Duration::from_millis)).await
    }

    /// Completes the messages that were received last.
    pub fn complete(&self, response: Option<Value>) -> Result<()> {
        self.received.borrow().iter().try_for_each(|message| match &response {
            Some(response) => message.complete_with(response),
            None => message.complete(),
        })
    }

    /// Completes them, sends, and then panics.
    #[action(name = "completeAndPanic")]
    pub fn complete_and_panic(&self, ctx: &Ctx) -> Result<()> {
        self.complete(None)?;
        ctx.queue().send("letters", &"never")?;
        panic!("as it was told to");
    }

    /// Receives all there is, and then panics.
    #[action(name = "receiveAndPanic")]
    pub fn receive_and_panic(&self, ctx: &Ctx) -> Result<()> {
        ctx.queue().try_next_batch(&Receive::all(), 1_000)?;
        panic!("as it was told to");
    }

    /// Receives as long as it may, and then panics.
    #[action(name = "receiveAllAndPanic")]
    pub fn receive_all_and_panic(&self, ctx: &Ctx) -> Result<()> {
        while let Ok(Some(_)) = ctx.queue().try_next(&Receive::all()) {}
        panic!("as it was told to");
    }

    fn keep(&self, messages: Vec<Message>) -> Result<Vec<Shown>> {
        let shown = messages.iter().map(show).collect();
        self.received.replace(messages);
        shown
    }
}
