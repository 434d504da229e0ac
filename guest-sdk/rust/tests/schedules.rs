//! Schedules and jobs, natively.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Cadence, Ctx, Fired, FiredKind, Outcome, Result, UserError, Wake, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Planner {
    done: Vec<(String, Option<Fired>)>,
    wakes: u32,
}

#[actor(max_schedules = 5)]
impl Planner {
    fn on_wake(&mut self, _ctx: &Ctx, wake: Wake) {
        self.wakes += u32::from(wake == Wake::Snapshot);
    }

    pub fn after(&self, ctx: &Ctx, ms: u64, what: String) -> Result<String> {
        ctx.schedule().after(Duration::from_millis(ms), "work", &(what,))
    }

    pub fn cancel(&self, ctx: &Ctx, id: String) -> Result<bool> {
        ctx.schedule().cancel(&id)
    }

    pub fn pending(&self, ctx: &Ctx) -> Result<Vec<(String, u64, (String,))>> {
        let pending = ctx.schedule().list()?.into_iter();
        pending
            .map(|scheduled| Ok((scheduled.action.clone(), scheduled.run_at_ms, scheduled.args()?)))
            .collect()
    }

    pub fn every(&self, ctx: &Ctx, ms: u64, action: String) -> Result<()> {
        ctx.cron().every("job", Duration::from_millis(ms), &action, &("job",))
    }

    pub fn daily(&self, ctx: &Ctx) -> Result<()> {
        let cadence =
            Cadence::Cron { expression: "0 9 * * *".to_owned(), time_zone: Some("Europe/Berlin".to_owned()) };
        ctx.cron().set_job("daily", cadence, Some(3), "plain", &())
    }

    pub fn outcomes(&self, ctx: &Ctx, name: String) -> Result<Vec<String>> {
        let history = ctx.cron().history(&name, None)?.into_iter();
        let shown = history.map(|firing| match firing.outcome {
            Outcome::Running => "running".to_owned(),
            Outcome::Ok => "ok".to_owned(),
            Outcome::Skipped => "skipped".to_owned(),
            Outcome::Error(error) => error.code().to_owned(),
        });
        Ok(shown.collect())
    }

    pub fn jobs(&self, ctx: &Ctx) -> Result<Vec<(String, u64)>> {
        Ok(ctx.cron().list()?.into_iter().map(|job| (job.name, job.next_run_ms)).collect())
    }

    pub fn work(&mut self, what: String, fired: Option<Fired>) {
        self.done.push((what, fired));
    }

    /// Knows nothing of what runs it.
    pub fn plain(&mut self) {
        self.done.push(("plain".to_owned(), None));
    }

    pub async fn slow(&self, ctx: &Ctx) -> Result<()> {
        ctx.sleep(Duration::from_secs(8)).await
    }

    pub fn fail(&self) -> Result<()> {
        Err(UserError::new("no").with_code("failed").into())
    }

    pub fn done(&self) -> Vec<(String, Option<Fired>)> {
        self.done.clone()
    }

    pub fn wakes(&self) -> u32 {
        self.wakes
    }
}

fn planner() -> TestActor<Planner> {
    TestActor::create().unwrap()
}

fn done(planner: &mut TestActor<Planner>) -> Vec<(String, Option<Fired>)> {
    planner.call("done", ()).unwrap()
}

fn outcomes(planner: &mut TestActor<Planner>, name: &str) -> Vec<String> {
    planner.call("outcomes", [name]).unwrap()
}

const MS: Duration = Duration::from_millis(1);

#[test]
fn what_is_due_runs_in_order_and_once() {
    let mut planner = planner();
    let late: String = planner.call("after", (20, "late")).unwrap();
    planner.call::<String>("after", (10, "soon")).unwrap();
    let cancelled: String = planner.call("after", (15, "never")).unwrap();
    assert!(planner.call::<bool>("cancel", [&cancelled]).unwrap());
    assert!(!planner.call::<bool>("cancel", [&cancelled]).unwrap());
    let pending: Vec<(String, u64, (String,))> = planner.call("pending", ()).unwrap();
    assert_eq!(pending[0], ("work".to_owned(), 10, ("soon".to_owned(),)));
    planner.advance(9 * MS);
    assert!(done(&mut planner).is_empty());
    planner.restart().unwrap();
    planner.advance(100 * MS);
    let done = done(&mut planner);
    assert_eq!(done.iter().map(|(what, _)| what.as_str()).collect::<Vec<_>>(), ["soon", "late"]);
    let fired = Fired { kind: FiredKind::At, id: late, name: None, scheduled_at: 20, fired_at: 20 };
    assert_eq!(done[1].1, Some(fired));
    assert!(planner.call::<Vec<(String, u64, (String,))>>("pending", ()).unwrap().is_empty());
}

#[test]
fn it_wakes_who_sleeps() {
    let mut planner = planner();
    planner.call::<String>("after", (10, "work")).unwrap();
    planner.sleep().unwrap();
    planner.advance(10 * MS);
    assert_eq!(planner.call::<u32>("wakes", ()).unwrap(), 1);
    assert_eq!(done(&mut planner).len(), 1);
}

#[test]
fn jobs_recur_and_skip_what_overlaps() {
    let mut planner = planner();
    planner.call::<()>("every", (5_000, "work")).unwrap();
    planner.advance(12_000 * MS);
    assert_eq!(done(&mut planner).len(), 2);
    let (_, Some(fired)) = done(&mut planner).remove(1) else { panic!() };
    assert_eq!(
        (fired.kind, fired.name.as_deref(), fired.scheduled_at),
        (FiredKind::Every, Some("job"), 10_000)
    );
    assert_eq!(planner.call::<Vec<(String, u64)>>("jobs", ()).unwrap(), [("job".to_owned(), 15_000)]);
    planner.call::<()>("every", (5_000, "slow")).unwrap();
    planner.advance(8_000 * MS);
    assert_eq!(outcomes(&mut planner, "job"), ["skipped", "running", "ok", "ok"]);
    planner.advance(4_000 * MS);
    planner.call::<()>("every", (5_000, "fail")).unwrap();
    planner.advance(1_000 * MS);
    assert_eq!(outcomes(&mut planner, "job")[..2], ["failed", "skipped"]);
    planner.call::<()>("every", (5_000, "gone")).unwrap();
    planner.advance(5_000 * MS);
    assert!(planner.call::<Vec<(String, u64)>>("jobs", ()).unwrap().is_empty());
}

#[test]
fn the_test_says_when_it_is_nine() {
    let mut planner = planner();
    planner.call::<()>("daily", ()).unwrap();
    planner.advance(100_000_000 * MS);
    assert!(done(&mut planner).is_empty());
    assert!(planner.fire("daily").unwrap());
    assert!(!planner.fire("other").unwrap());
    assert_eq!(done(&mut planner), [("plain".to_owned(), None)]);
    assert_eq!(outcomes(&mut planner, "daily"), ["ok"]);
}
