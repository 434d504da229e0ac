//! All that schedules can do, as rivetkit shapes it, and actions to run.

use std::time::Duration;

use rivet_guest::{Ctx, Result, Scheduled, UserError, Value, actor};
use serde::{Deserialize, Serialize};

use crate::cron::{self, Fire, JobInfo, Wanted};

#[derive(Default, Serialize, Deserialize)]
pub struct Planner {
    /// What has run, oldest first.
    done: Vec<Vec<Value>>,
    /// How many of the many have run.
    #[serde(default)]
    many: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    id: String,
    action: String,
    args: Vec<Value>,
    run_at: u64,
}

#[derive(Deserialize)]
pub struct Limit {
    limit: u32,
}

fn entry(scheduled: Scheduled) -> Result<Entry> {
    let args = scheduled.args()?;
    Ok(Entry { id: scheduled.id, action: scheduled.action, args, run_at: scheduled.run_at_ms })
}

#[actor]
impl Planner {
    pub fn after(&self, ctx: &Ctx, ms: u64, action: String, args: Option<Vec<Value>>) -> Result<String> {
        ctx.schedule().after(Duration::from_millis(ms), &action, &args.unwrap_or_default())
    }

    pub fn at(&self, ctx: &Ctx, time_ms: u64, action: String, args: Option<Vec<Value>>) -> Result<String> {
        ctx.schedule().at(time_ms, &action, &args.unwrap_or_default())
    }

    pub fn cancel(&self, ctx: &Ctx, id: String) -> Result<bool> {
        ctx.schedule().cancel(&id)
    }

    pub fn get(&self, ctx: &Ctx, id: String) -> Result<Option<Entry>> {
        ctx.schedule().get(&id)?.map(entry).transpose()
    }

    pub fn list(&self, ctx: &Ctx) -> Result<Vec<Entry>> {
        ctx.schedule().list()?.into_iter().map(entry).collect()
    }

    #[action(name = "cron.set")]
    pub fn set(&self, ctx: &Ctx, wanted: Wanted) -> Result<()> {
        let args = wanted.args.clone().unwrap_or_default();
        ctx.cron().set_job(&wanted.name, wanted.cadence(), wanted.max_history, &wanted.action, &args)
    }

    #[action(name = "cron.get")]
    pub fn job(&self, ctx: &Ctx, name: String) -> Result<Option<JobInfo>> {
        ctx.cron().get(&name)?.map(cron::info).transpose()
    }

    #[action(name = "cron.list")]
    pub fn jobs(&self, ctx: &Ctx) -> Result<Vec<JobInfo>> {
        ctx.cron().list()?.into_iter().map(cron::info).collect()
    }

    #[action(name = "cron.delete")]
    pub fn delete(&self, ctx: &Ctx, name: String) -> Result<bool> {
        ctx.cron().delete(&name)
    }

    #[action(name = "cron.history")]
    pub fn history(&self, ctx: &Ctx, name: String, options: Option<Limit>) -> Result<Vec<Fire>> {
        let limit = options.map(|options| options.limit);
        ctx.cron().history(&name, limit)?.into_iter().map(cron::fire).collect()
    }

    /// Writes down what it is given.
    pub fn fire(&mut self, a: Option<Value>, b: Option<Value>, c: Option<Value>) {
        self.done.push([a, b, c].into_iter().flatten().collect());
    }

    /// Writes down whether it came through a connection.
    pub fn connected(&mut self, ctx: &Ctx) {
        self.done.push(vec![Value::Bool(ctx.conn().is_some())]);
    }

    /// Writes down its name, but only after so long.
    pub async fn dawdle(&mut self, ctx: &Ctx, ms: u64) -> Result<()> {
        ctx.log().info("dawdles");
        ctx.sleep(Duration::from_millis(ms)).await?;
        self.done.push(vec![Value::Text("dawdle".to_owned())]);
        Ok(())
    }

    pub fn fail(&mut self) -> Result<()> {
        self.done.push(vec![Value::Text("fail".to_owned())]);
        Err(UserError::new("It fails.").with_code("failed").with_metadata(7).into())
    }

    pub fn trap(&mut self, ctx: &Ctx) {
        ctx.log().info("about to trap");
        panic!("as asked");
    }

    /// Schedules and traps in one turn.
    pub fn after_and_trap(&self, ctx: &Ctx, ms: u64) -> Result<()> {
        ctx.schedule().after(Duration::from_millis(ms), "fire", &("never",))?;
        panic!("as asked");
    }

    /// Schedules so many at one time, numbered on from one.
    pub fn schedule_many(&self, ctx: &Ctx, time_ms: u64, count: u64, first: Option<u64>) -> Result<()> {
        for number in first.unwrap_or(0)..first.unwrap_or(0) + count {
            ctx.schedule().at(time_ms, "one", &(number,))?;
        }
        Ok(())
    }

    /// One of them: counted, and noted for itself, so that one that ran twice is seen.
    pub fn one(&mut self, ctx: &Ctx, number: u64) -> Result<()> {
        self.many += 1;
        let key = format!("one/{number}");
        let times: u64 = ctx.kv().get_cbor(&key)?.unwrap_or(0) + 1;
        ctx.kv().put_cbor(key, &times)
    }

    /// How many have run; how many of them more than once; how many are to come.
    pub fn counts(&self, ctx: &Ctx) -> Result<[u64; 3]> {
        let notes = ctx.kv().list_prefix("one/", rivet_guest::ListOptions::default())?;
        let twice = notes.iter().filter(|(_, times)| *times != [1]).count();
        Ok([self.many, twice as u64, ctx.schedule().list()?.len() as u64])
    }

    pub fn done(&self) -> Vec<Vec<Value>> {
        self.done.clone()
    }

    pub fn die(&self, ctx: &Ctx) -> Result<()> {
        ctx.destroy()
    }

    pub fn wakes(&self, ctx: &Ctx) -> u64 {
        ctx.generation()
    }
}
