//! Has a hook for everything that a connection goes through, and writes down what they saw.

use std::time::Duration;

use rivet_guest::{Conn, Ctx, Event, Result, UserError, Value, actor};
use serde::{Deserialize, Serialize};

use crate::latch::Latch;

/// The lines that are kept.
const LOG_LINES: usize = 1_000;

#[derive(Default, Serialize, Deserialize)]
pub struct GateKeeper {
    log: Vec<String>,
    #[serde(skip)]
    latch: Latch,
}

#[derive(Default, Deserialize)]
struct Params {
    #[serde(default)]
    deny: bool,
}

/// What is remembered of a connection.
#[derive(Serialize, Deserialize)]
pub struct Visit {
    /// How often it asked for this.
    calls: u64,
    value: Value,
}

#[derive(Event, Serialize)]
struct Ghost;

#[derive(Event, Serialize)]
struct Tick(u64);

#[derive(Event, Serialize)]
struct Blob(String);

#[actor(events(Ghost, Tick, Blob))]
impl GateKeeper {
    /// Refuses whoever asks to be refused.
    fn on_before_connect(&self, params: Option<Params>) -> Result<(), UserError> {
        if params.unwrap_or_default().deny {
            return Err(UserError::new("You may not come in.").with_code("nope"));
        }
        Ok(())
    }

    fn create_conn_state(&self) -> Visit {
        Visit { calls: 0, value: Value::Null }
    }

    fn on_connect(&mut self, conn: Conn) {
        self.write(format!("connect:{}", conn.id()));
    }

    fn on_disconnect(&mut self, conn: Conn) {
        self.write(format!("disconnect:{}", conn.id()));
    }

    /// Thinks about `latched` until somebody calls `unlatch`.
    async fn can_subscribe(&self, event: String) -> bool {
        if event == "latched" {
            self.latch.opened().await;
        }
        event != "secret"
    }

    pub fn unlatch(&self) {
        self.latch.open();
    }

    /// Answers when everything that began before it has ended.
    pub fn settle(&mut self) {}

    /// Broadcasts an event of this name, of which it is the argument.
    pub fn say(&self, ctx: &Ctx, name: String) -> Result<()> {
        ctx.broadcast_named(&name, &[&name])
    }

    /// How many are connected, the caller included.
    pub fn conn_count(&self, ctx: &Ctx) -> usize {
        ctx.conns().len()
    }

    /// `{calls, value}`: how often the connection has called this, and what it last set.
    pub fn my_state(&self, ctx: &Ctx) -> Result<Visit> {
        let (conn, mut visit) = visit(ctx)?;
        visit.calls += 1;
        conn.set_state(&visit)?;
        Ok(visit)
    }

    pub fn set_my_state(&self, ctx: &Ctx, value: Value) -> Result<()> {
        let (conn, mut visit) = visit(ctx)?;
        visit.value = value;
        conn.set_state(&visit)
    }

    /// What the connection gave along.
    pub fn my_params(&self, ctx: &Ctx) -> Result<Value> {
        caller(ctx)?.params()
    }

    pub fn my_id(&self, ctx: &Ctx) -> Result<String> {
        Ok(caller(ctx)?.id())
    }

    /// Ends the connection of the caller.
    pub fn kick(&self, ctx: &Ctx, reason: Option<String>) -> Result<()> {
        caller(ctx)?.disconnect(reason.as_deref())
    }

    /// Ends all connections that stay; how many.
    pub fn kick_all(&self, ctx: &Ctx, reason: Option<String>) -> Result<usize> {
        let staying: Vec<_> = ctx.conns().into_iter().filter(Conn::hibernates).collect();
        staying.iter().try_for_each(|conn| conn.disconnect(reason.as_deref()))?;
        Ok(staying.len())
    }

    /// Tells one connection, by its id, the event `told` with a text.
    pub fn tell(&self, ctx: &Ctx, id: String, text: String) -> Result<bool> {
        let conn = ctx.conns().into_iter().find(|conn| conn.id() == id);
        conn.map(|conn| conn.send_named("told", &[text])).transpose().map(|sent| sent.is_some())
    }

    pub fn crash(&mut self) {
        self.write("crashed".to_owned());
        panic!("crash() was called");
    }

    /// Says something in a turn of which nothing may remain.
    pub fn trap_after_broadcast(&self, ctx: &Ctx) -> Result<()> {
        ctx.broadcast(&Ghost)?;
        panic!("trapAfterBroadcast() was called");
    }

    /// Broadcasts so many ticks, numbered from 0; how many.
    pub fn burst(&self, ctx: &Ctx, ticks: u64) -> Result<u64> {
        (0..ticks).try_for_each(|tick| ctx.broadcast(&Tick(tick)))?;
        Ok(ticks)
    }

    /// Answers after a while, with how long that is.
    pub async fn later(&self, ctx: &Ctx, wait_ms: u64) -> Result<u64> {
        ctx.sleep(Duration::from_millis(wait_ms)).await?;
        Ok(wait_ms)
    }

    /// Broadcasts a text of this length.
    pub fn blob(&self, ctx: &Ctx, len_bytes: usize) -> Result<usize> {
        ctx.broadcast(&Blob("x".repeat(len_bytes)))?;
        Ok(len_bytes)
    }

    /// Answers with a text of this length.
    pub fn text(&self, len_bytes: usize) -> String {
        "x".repeat(len_bytes)
    }

    /// What the hooks saw: `connect:<id>` and `disconnect:<id>`, of calls over HTTP as well.
    pub fn log(&self) -> Vec<String> {
        self.log.clone()
    }

    fn write(&mut self, line: String) {
        if self.log.len() == LOG_LINES {
            self.log.remove(0);
        }
        self.log.push(line);
    }
}

fn caller(ctx: &Ctx) -> Result<Conn> {
    let nobody = || UserError::new("Nobody calls.").with_code("nobody");
    ctx.conn().ok_or_else(|| nobody().into())
}

fn visit(ctx: &Ctx) -> Result<(Conn, Visit)> {
    let conn = caller(ctx)?;
    let visit = conn.state()?.unwrap_or(Visit { calls: 0, value: Value::Null });
    Ok((conn, visit))
}
