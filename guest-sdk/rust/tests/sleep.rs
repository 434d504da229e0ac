//! Sleep: the hooks around it, what holds the actor up, and what the actor does by itself.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::cell::Cell;
use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Actor, Ctx, Result, This, UserError, Wake, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Default, Serialize, Deserialize)]
struct Sleeper {
    runs: u64,
    slept: u64,
    #[serde(skip)]
    memory: Cell<u64>,
}

#[actor(sleep_timeout_ms = 5_000, sleep_grace_period_ms = 1_000, no_sleep = true, snapshot = "none")]
impl Sleeper {
    fn on_wake(&mut self, ctx: &Ctx, wake: Wake) {
        ctx.log().info(format_args!("{wake:?} {:?} {}", ctx.wake(), ctx.is_aborted()));
    }

    fn on_sleep(&mut self, ctx: &Ctx) -> Result<()> {
        self.slept += 1;
        ctx.log().info(format_args!("on_sleep {}", ctx.is_aborted()));
        if self.slept == 3 { Err(UserError::new("not again").into()) } else { Ok(()) }
    }

    async fn run(ctx: &Ctx, this: This<Self>) -> Result<()> {
        this.update(|actor| actor.runs += 1).await?;
        ctx.aborted().await;
        ctx.log().info("run ends");
        Ok(())
    }

    pub fn remember(&self) -> u64 {
        self.memory.set(self.memory.get() + 1);
        self.memory.get()
    }

    pub fn work(&self, ctx: &Ctx) -> Result<()> {
        let kept = ctx.clone();
        ctx.spawn(async move {
            let _done = kept.keep_awake(kept.sleep(Duration::from_secs(2))).await;
        });
        let waits = ctx.sleep(Duration::from_secs(1));
        ctx.wait_until(async move { drop(waits.await) })
    }

    pub fn nap(&self, ctx: &Ctx) -> Result<()> {
        ctx.request_sleep()
    }
}

fn sleeper() -> TestActor<Sleeper> {
    TestActor::create().unwrap()
}

#[test]
fn the_manifest_says_how_it_sleeps() {
    let manifest: Value = serde_json::from_str(&Sleeper::MANIFEST.to_json()).unwrap();
    assert_eq!(manifest["hooks"], json!(["run", "sleep", "resume"]));
    let options =
        json!({"sleepTimeoutMs": 5000, "sleepGracePeriodMs": 1000, "noSleep": true, "snapshot": "none"});
    assert_eq!(manifest["options"], options);
}

#[test]
fn memory_is_there_after_sleep_and_not_after_a_restart() {
    let mut sleeper = sleeper();
    assert_eq!(sleeper.call::<u64>("remember", ()).unwrap(), 1);
    sleeper.sleep().unwrap();
    sleeper.wake().unwrap();
    assert_eq!(sleeper.call::<u64>("remember", ()).unwrap(), 2);
    sleeper.restart().unwrap();
    assert_eq!(sleeper.call::<u64>("remember", ()).unwrap(), 1);
}

#[test]
fn the_hooks_know_what_is_going_on() {
    let mut sleeper = sleeper();
    sleeper.sleep().unwrap();
    sleeper.wake().unwrap();
    let log = ["Cold Cold false", "run ends", "on_sleep true", "Snapshot Snapshot false"];
    let mut found = sleeper.log();
    found.sort();
    let mut expected = log.map(|line| format!("info: {line}"));
    expected.sort();
    assert_eq!(found, expected);
    sleeper.sleep().unwrap();
    sleeper.wake().unwrap();
    assert!(sleeper.sleep().unwrap_err().to_string().contains("not again"));
}

#[test]
fn what_it_does_by_itself_begins_with_every_wake_that_finds_it_ended() {
    let mut sleeper = sleeper();
    assert!(sleeper.is_running());
    assert_eq!(sleeper.saved_state::<Sleeper>().unwrap().runs, 1);
    sleeper.sleep().unwrap();
    assert!(!sleeper.is_running(), "it heeded the sign");
    sleeper.wake().unwrap();
    assert!(sleeper.is_running());
    assert_eq!(sleeper.saved_state::<Sleeper>().unwrap().runs, 2);
}

#[test]
fn holds_end_with_what_they_are_for() {
    let mut sleeper = sleeper();
    sleeper.call::<()>("work", ()).unwrap();
    assert_eq!(sleeper.holds(), 2);
    sleeper.advance(Duration::from_secs(1));
    assert_eq!(sleeper.holds(), 1);
    sleeper.advance(Duration::from_secs(1));
    assert_eq!(sleeper.holds(), 0);
}

#[test]
fn it_may_ask_for_sleep() {
    let mut sleeper = sleeper();
    assert!(!sleeper.is_sleep_requested());
    sleeper.call::<()>("nap", ()).unwrap();
    assert!(sleeper.is_sleep_requested());
}

#[derive(Default, Serialize, Deserialize)]
struct Napper {
    woken_at_ms: Vec<u64>,
}

#[actor]
impl Napper {
    async fn run(ctx: &Ctx, this: This<Self>) -> Result<()> {
        ctx.wake_at(Some(ctx.now_ms() + 5_000))?;
        ctx.sleep(Duration::from_secs(3)).await?;
        this.update(|napper| napper.woken_at_ms.push(ctx.now_ms())).await
    }

    pub fn woken(&self) -> Vec<u64> {
        self.woken_at_ms.clone()
    }
}

#[test]
fn it_wakes_when_it_wants_to_be_awake() {
    let mut napper = TestActor::<Napper>::create().unwrap();
    napper.sleep().unwrap();
    napper.advance(Duration::from_millis(4_999));
    assert!(napper.is_running(), "timers wait for the actor");
    napper.advance(Duration::from_millis(2));
    assert!(!napper.is_running());
    assert_eq!(napper.call::<Vec<u64>>("woken", ()).unwrap(), [5_000]);
    napper.sleep().unwrap();
    napper.wake().unwrap();
    napper.restart().unwrap();
    assert!(napper.is_running(), "the time that has passed changes nothing for who is awake");
}
