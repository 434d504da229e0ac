use std::collections::VecDeque;
use std::time::Duration;

use rivet_guest::{ActorHandle, Ctx, Receive, Result, This, UserError, Value, actor};
use serde::{Deserialize, Serialize};

/// Asks others, and is asked.
#[derive(Default, Serialize, Deserialize)]
pub struct Peer {
    count: i64,
    input: Option<String>,
}

/// An error as the one who asked sees it.
#[derive(Serialize)]
pub struct Seen {
    group: String,
    code: String,
    message: String,
    metadata: Option<Value>,
}

/// One station of a way: the key of a peer, and the action that it is reached by.
#[derive(Serialize, Deserialize)]
pub struct Stop {
    key: String,
    action: String,
}

#[actor(name = "peer", action_timeout_ms = 2_000, queues("jobs"))]
impl Peer {
    fn create_state(_ctx: &Ctx, input: Option<String>) -> Self {
        Self { count: 0, input }
    }

    /// Answers the jobs of others with their double; 13 never, and 7 with what comes of waiting for a job of its own.
    async fn run(ctx: &Ctx, _this: This<Self>) -> Result<()> {
        while let Some(job) = ctx.queue().next(&Receive::of(["jobs"]).completable()).await? {
            match job.body::<i64>()? {
                13 => ctx.sleep(Duration::from_secs(3_600)).await?,
                7 => {
                    let itself = ctx.client().get_for_id(&ctx.actor_id());
                    let waited = itself.send_and_wait::<_, i64>("jobs", &1, Some(Duration::from_millis(300)));
                    job.complete_with(&seen(waited.await)?)?;
                }
                n => job.complete_with(&(2 * n))?,
            }
        }
        Ok(())
    }

    pub fn add(&mut self, n: i64) -> i64 {
        self.count += n;
        self.count
    }

    pub fn count(&self) -> i64 {
        self.count
    }

    pub fn input(&self) -> Option<String> {
        self.input.clone()
    }

    pub fn echo(&self, value: Value) -> Value {
        value
    }

    pub fn params(&self, ctx: &Ctx) -> Result<Value> {
        Ok(ctx.conn().map(|conn| conn.params()).transpose()?.unwrap_or(Value::Null))
    }

    pub fn fail(&self, code: String) -> Result<()> {
        Err(UserError::new("as it was told to").with_code(code).with_metadata(7).into())
    }

    /// Writes and traps: nothing of it remains.
    pub fn crash(&mut self) {
        self.count += 1_000;
        panic!("as it was told to");
    }

    pub async fn slow(&self, ctx: &Ctx, ms: u64) -> Result<String> {
        ctx.sleep(Duration::from_millis(ms)).await?;
        Ok("slow".to_owned())
    }

    /// Is used by nobody else for a while.
    #[action(name = "slowAlone")]
    pub async fn slow_alone(&mut self, ctx: &Ctx, ms: u64) -> Result<String> {
        ctx.sleep(Duration::from_millis(ms)).await?;
        Ok("slow".to_owned())
    }

    /// Calls an action of another peer.
    pub async fn ask(
        ctx: &Ctx,
        _this: This<Self>,
        key: String,
        action: String,
        args: Vec<Value>,
    ) -> Result<Value> {
        peer(ctx, &key).call(&action, &args).await
    }

    /// The same, with the actor for itself meanwhile.
    #[action(name = "askAlone")]
    pub async fn ask_alone(
        &mut self,
        ctx: &Ctx,
        key: String,
        action: String,
        args: Vec<Value>,
    ) -> Result<Value> {
        peer(ctx, &key).call(&action, &args).await
    }

    /// What goes wrong when another peer is given a text of so many bytes.
    #[action(name = "askLong")]
    pub async fn ask_long(
        ctx: &Ctx,
        _this: This<Self>,
        key: String,
        len_bytes: usize,
    ) -> Result<Option<Seen>> {
        seen(peer(ctx, &key).call::<Value>("echo", &("x".repeat(len_bytes),)).await)
    }

    /// Counts, calls, and counts what comes back: two turns.
    #[action(name = "addVia")]
    pub async fn add_via(&mut self, ctx: &Ctx, key: String, n: i64) -> Result<i64> {
        self.count += n;
        let other: i64 = peer(ctx, &key).call("add", &(n,)).await?;
        self.count += other;
        Ok(self.count)
    }

    /// Counts and asks another peer for the time; the time when it asked, and that of the other one.
    #[action(name = "addAndAskNow")]
    pub async fn add_and_ask_now(&mut self, ctx: &Ctx, key: String) -> Result<(u64, u64)> {
        self.count += 1;
        let asked_ms = ctx.now_ms();
        Ok((asked_ms, peer(ctx, &key).call("now", &()).await?))
    }

    pub fn now(&self, ctx: &Ctx) -> u64 {
        ctx.now_ms()
    }

    /// Begins a call and traps in the same turn: nobody is called.
    #[action(name = "askAndCrash")]
    pub async fn ask_and_crash(&mut self, ctx: &Ctx, key: String) -> Result<()> {
        let other = peer(ctx, &key);
        let mut asked = std::pin::pin!(other.call::<i64>("add", &(1,)));
        std::future::poll_fn(|context| {
            let _begun = asked.as_mut().poll(context);
            panic!("after the call has begun")
        })
        .await
    }

    /// Begins a call and thinks better of it in a later turn.
    #[action(name = "askAndForget")]
    pub async fn ask_and_forget(ctx: &Ctx, _this: This<Self>, key: String, ms: u64) -> Result<()> {
        let other = peer(ctx, &key);
        let mut asked = std::pin::pin!(other.call::<Value>("slow", &(60_000,)));
        let mut over = std::pin::pin!(ctx.sleep(Duration::from_millis(ms)));
        std::future::poll_fn(|context| match asked.as_mut().poll(context) {
            std::task::Poll::Ready(_) => std::task::Poll::Ready(Ok(())),
            std::task::Poll::Pending => over.as_mut().poll(context),
        })
        .await
    }

    /// Goes the rest of a way, with the actor for itself.
    #[action(name = "goAlone")]
    pub async fn go_alone(&mut self, ctx: &Ctx, way: VecDeque<Stop>) -> Result<Vec<String>> {
        go(ctx, way).await
    }

    /// Goes the rest of a way, beside others that only look.
    #[action(name = "goBeside")]
    pub async fn go_beside(&self, ctx: &Ctx, way: VecDeque<Stop>) -> Result<Vec<String>> {
        go(ctx, way).await
    }

    /// Goes the rest of a way, and keeps nobody out.
    #[action(name = "goFree")]
    pub async fn go_free(ctx: &Ctx, _this: This<Self>, way: VecDeque<Stop>) -> Result<Vec<String>> {
        go(ctx, way).await
    }

    /// Goes the rest of a way after a while, and keeps nobody out.
    #[action(name = "goLate")]
    pub async fn go_late(ctx: &Ctx, _this: This<Self>, way: VecDeque<Stop>) -> Result<Vec<String>> {
        ctx.sleep(Duration::from_millis(300)).await?;
        go(ctx, way).await
    }

    /// Writes, asks for sleep and goes the rest of a way, all in one turn, and keeps nobody out.
    #[action(name = "goAndSleep")]
    pub async fn go_and_sleep(ctx: &Ctx, this: This<Self>, way: VecDeque<Stop>) -> Result<Vec<String>> {
        this.update(|peer| peer.count += 1).await?;
        ctx.request_sleep()?;
        go(ctx, way).await
    }

    /// Calls itself through itself, ever deeper; gives the error at the end.
    pub async fn dig(ctx: &Ctx, _this: This<Self>) -> Result<String> {
        let deeper = ctx.client().get_for_id(&ctx.actor_id()).call::<String>("dig", &()).await;
        Ok(deeper.unwrap_or_else(|error| format!("{}.{}", error.group(), error.code())))
    }

    /// As many calls at once as are asked for; how many were answered.
    pub async fn flood(
        ctx: &Ctx,
        _this: This<Self>,
        key: String,
        count: usize,
    ) -> Result<(usize, Vec<String>)> {
        let other = peer(ctx, &key);
        let mut calls: Vec<_> = (0..count).map(|_| Box::pin(other.call::<i64>("add", &(1,)))).collect();
        let (mut answered, mut errors) = (0, Vec::new());
        std::future::poll_fn(|context| {
            calls.retain_mut(|call| match call.as_mut().poll(context) {
                std::task::Poll::Pending => true,
                std::task::Poll::Ready(Ok(_)) => {
                    answered += 1;
                    false
                }
                std::task::Poll::Ready(Err(error)) => {
                    errors.push(format!("{}.{}", error.group(), error.code()));
                    false
                }
            });
            if calls.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
        errors.sort();
        errors.dedup();
        Ok((answered, errors))
    }

    /// As many calls one after the other; for the benchmark.
    #[action(name = "askMany")]
    pub async fn ask_many(ctx: &Ctx, _this: This<Self>, key: String, count: u64) -> Result<u64> {
        let other = peer(ctx, &key);
        for _ in 0..count {
            other.call::<i64>("count", &()).await?;
        }
        Ok(count)
    }

    /// Calls an actor that may be starting.
    #[action(name = "askEarly")]
    pub async fn ask_early(ctx: &Ctx, _this: This<Self>, key: String) -> Result<Vec<String>> {
        ctx.client().get_or_create("early", [key]).call("seen", &()).await
    }

    /// As many turns one after the other, each the end of a timer; for the benchmark.
    pub async fn spin(ctx: &Ctx, _this: This<Self>, count: u64) -> Result<u64> {
        for _ in 0..count {
            ctx.sleep(Duration::ZERO).await?;
        }
        Ok(count)
    }

    /// Sends a job to another peer.
    pub async fn send(ctx: &Ctx, _this: This<Self>, key: String, queue: String, n: i64) -> Result<()> {
        peer(ctx, &key).send(&queue, &n).await
    }

    /// Sends a job and waits until it is done.
    #[action(name = "sendAndWait")]
    pub async fn send_and_wait(ctx: &Ctx, _this: This<Self>, key: String, n: i64) -> Result<Option<i64>> {
        peer(ctx, &key).send_and_wait("jobs", &n, Some(Duration::from_millis(500))).await
    }
}

pub(crate) fn peer(ctx: &Ctx, key: &str) -> ActorHandle {
    ctx.client().get_or_create("peer", [key])
}

pub(crate) fn seen<T>(asked: Result<T>) -> Result<Option<Seen>> {
    let Err(error) = asked else { return Ok(None) };
    let metadata = error.metadata().map(rivet_guest::from_cbor).transpose()?;
    let (group, code, message) = (error.group().into(), error.code().into(), error.message().into());
    Ok(Some(Seen { group, code, message, metadata }))
}

async fn go(ctx: &Ctx, mut way: VecDeque<Stop>) -> Result<Vec<String>> {
    let mut gone = ctx.key();
    if let Some(Stop { key, action }) = way.pop_front() {
        gone.extend(peer(ctx, &key).call::<Vec<String>>(&action, &(way,)).await?);
    }
    Ok(gone)
}
