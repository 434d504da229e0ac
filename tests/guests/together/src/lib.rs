//! One actor that keeps the same number in everything that an actor can keep.

use rivet_guest::{Ctx, Receive, Result, actor, export};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Together {
    number: u64,
}

/// The number as each of them has it.
#[derive(Serialize)]
struct Kept {
    state: u64,
    kv: Option<u64>,
    sql: Option<u64>,
    queue: Vec<u64>,
    schedule: Vec<u64>,
}

#[actor(name = "together")]
impl Together {
    fn on_migrate(ctx: &Ctx, _is_new: bool) -> Result<()> {
        ctx.sql().migrate(&["CREATE TABLE kept (number INTEGER NOT NULL)"])
    }

    /// Writes a number everywhere.
    pub fn write(&mut self, ctx: &Ctx, number: u64) -> Result<u64> {
        self.number = number;
        ctx.kv().put_cbor("number", &number)?;
        ctx.sql().execute("DELETE FROM kept", ())?;
        ctx.sql().execute("INSERT INTO kept VALUES (?)", (number as i64,))?;
        ctx.queue().try_next_batch(&Receive::all(), 100)?;
        ctx.queue().send("numbers", &number)?;
        for schedule in ctx.schedule().list()? {
            ctx.schedule().cancel(&schedule.id)?;
        }
        ctx.schedule().at(ctx.now_ms() + 3_600_000, "write", &(number,))?;
        Ok(number)
    }

    /// Does the same, and then panics.
    #[action(name = "writeAndPanic")]
    pub fn write_and_panic(&mut self, ctx: &Ctx, number: u64) -> Result<()> {
        ctx.sql().transaction(|_| self.write(ctx, number))?;
        panic!("as it was told to");
    }

    /// What each has. The message stays in the queue: what is received is sent again.
    pub fn read(&self, ctx: &Ctx) -> Result<Kept> {
        let mut queue = Vec::new();
        for message in ctx.queue().try_next_batch(&Receive::all(), 100)? {
            queue.push(message.body()?);
            ctx.queue().send("numbers", &message.body::<u64>()?)?;
        }
        let mut schedule = Vec::new();
        for scheduled in ctx.schedule().list()? {
            let (number,) = scheduled.args()?;
            schedule.push(number);
        }
        let sql = ctx.sql().query_one("SELECT number FROM kept", ())?;
        let kv = ctx.kv().get_cbor("number")?;
        Ok(Kept { state: self.number, kv, sql, queue, schedule })
    }
}

export!(Together);
