//! Actions that wait: who goes first, what is saved meanwhile, what a dropped wait leaves.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Ctx, Result, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Slow {
    steps: Vec<String>,
}

#[actor]
impl Slow {
    /// Exclusive, with a wait in the middle.
    pub async fn step(&mut self, ctx: &Ctx, name: String, wait_ms: u64) -> Result<Vec<String>> {
        self.steps.push(format!("{name} began"));
        self.pause(ctx, wait_ms).await?;
        self.steps.push(format!("{name} ended at {}", ctx.now_ms()));
        Ok(self.steps.clone())
    }

    /// Shared, with a wait.
    pub async fn look(&self, ctx: &Ctx, wait_ms: u64) -> Result<usize> {
        ctx.sleep(Duration::from_millis(wait_ms)).await?;
        Ok(self.steps.len())
    }

    /// Gives up a wait of a minute after 10 ms.
    pub async fn give_up(&self, ctx: &Ctx) -> Result<String> {
        let mut long = std::pin::pin!(ctx.sleep(Duration::from_secs(60)));
        let mut short = std::pin::pin!(ctx.sleep(Duration::from_millis(10)));
        let first = std::future::poll_fn(|context| {
            if long.as_mut().poll(context).is_ready() {
                return std::task::Poll::Ready("long");
            }
            short.as_mut().poll(context).map(|_| "short")
        });
        Ok(first.await.to_owned())
    }

    /// Answers at once and logs later.
    pub fn later(&self, ctx: &Ctx) {
        let (inner, lines) = (ctx.clone(), Rc::new(RefCell::new(vec![])));
        ctx.spawn(async move {
            for n in 0..2 {
                let slept = inner.sleep(Duration::from_millis(5)).await;
                lines.borrow_mut().push(n);
                inner.log().info(format_args!("{:?} {}", lines.borrow(), slept.is_ok()));
            }
        });
    }

    async fn pause(&mut self, ctx: &Ctx, wait_ms: u64) -> Result<()> {
        self.steps.push("paused".to_owned());
        ctx.sleep(Duration::from_millis(wait_ms)).await
    }
}

fn slow() -> TestActor<Slow> {
    TestActor::create().unwrap()
}

#[test]
fn what_an_exclusive_action_wrote_is_saved_where_it_waits() {
    let mut slow = slow();
    let call = slow.send("step", ("a", 100)).unwrap();
    assert_eq!(slow.answer::<Vec<String>>(call), None);
    assert_eq!(slow.saved_state::<Slow>().unwrap().steps, ["a began", "paused"]);
    slow.advance(Duration::from_millis(100));
    assert_eq!(slow.answer::<Vec<String>>(call).unwrap().unwrap().len(), 3);
    assert_eq!(slow.saved_state::<Slow>().unwrap().steps[2], "a ended at 100");
}

#[test]
fn exclusive_actions_take_turns_in_order() {
    let mut slow = slow();
    let a = slow.send("step", ("a", 100)).unwrap();
    let b = slow.send("step", ("b", 10)).unwrap();
    let c = slow.send("look", [0]).unwrap();
    assert_eq!(slow.pending_timers(), 1, "only `a` has begun");
    slow.advance(Duration::from_millis(100));
    assert!(slow.answer::<Vec<String>>(a).is_some());
    assert_eq!(slow.answer::<Vec<String>>(b), None);
    assert_eq!(slow.saved_state::<Slow>().unwrap().steps[3..], ["b began", "paused"]);
    slow.advance(Duration::from_millis(10));
    assert_eq!(slow.answer::<usize>(c).unwrap().unwrap(), 6);
}

#[test]
fn shared_actions_interleave() {
    let mut slow = slow();
    let long = slow.send("look", [100]).unwrap();
    let short = slow.send("look", [10]).unwrap();
    slow.advance(Duration::from_millis(10));
    assert!(slow.answer::<usize>(short).is_some());
    assert_eq!(slow.answer::<usize>(long), None);

    let step = slow.send("step", ("a", 0)).unwrap();
    assert_eq!(slow.saved_state::<Slow>().unwrap().steps.len(), 0, "it waits for `look`");
    slow.advance(Duration::from_millis(90));
    assert!(slow.answer::<usize>(long).is_some());
    slow.advance(Duration::ZERO);
    assert!(slow.answer::<Vec<String>>(step).is_some());
}

#[test]
fn a_dropped_wait_is_cancelled() {
    let mut slow = slow();
    let call = slow.send("giveUp", ()).unwrap();
    assert_eq!(slow.pending_timers(), 2);
    slow.advance(Duration::from_millis(10));
    assert_eq!(slow.answer::<String>(call).unwrap().unwrap(), "short");
    assert_eq!(slow.pending_timers(), 0);
    assert_eq!(slow.state_writes(), 1);
}

#[test]
fn a_spawned_future_runs_beside_the_actions() {
    let mut slow = slow();
    slow.call::<()>("later", ()).unwrap();
    slow.advance(Duration::from_millis(7));
    assert_eq!(slow.log(), ["info: [0] true"]);
    slow.advance(Duration::from_millis(7));
    assert_eq!(slow.log(), ["info: [0] true", "info: [0, 1] true"]);
}
