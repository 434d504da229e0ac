//! Hooks of connections that the actor comes to late: nobody waits for the connection any more.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Conn, Ctx, Result, actor};
use serde::{Deserialize, Serialize};

const WAIT: Duration = Duration::from_millis(10);

#[derive(Default, Serialize, Deserialize)]
struct Door;

/// Waits in the hook of the name that is given along.
#[actor]
impl Door {
    async fn on_before_connect(&self, ctx: &Ctx, slow: Option<String>) -> Result<()> {
        ctx.log().info("before");
        pause(ctx, slow, "before").await
    }

    async fn create_conn_state(&self, ctx: &Ctx, slow: Option<String>) -> Result<u8> {
        ctx.log().info("state");
        pause(ctx, slow, "state").await?;
        Ok(0)
    }

    fn on_connect(&self, ctx: &Ctx, _conn: Conn) {
        ctx.log().info("connect");
    }

    pub async fn work(&mut self, ctx: &Ctx) -> Result<()> {
        ctx.sleep(WAIT).await
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Greeter;

#[actor]
impl Greeter {
    fn on_connect(&mut self, ctx: &Ctx, _conn: Conn) {
        ctx.log().info("hello");
    }

    fn on_disconnect(&mut self, ctx: &Ctx, conn: Conn) -> Result<()> {
        ctx.log().info(format_args!("goodbye {}", conn.params::<String>()?));
        Ok(())
    }

    pub async fn work(&mut self, ctx: &Ctx) -> Result<()> {
        ctx.sleep(WAIT).await
    }
}

async fn pause(ctx: &Ctx, slow: Option<String>, place: &str) -> Result<()> {
    if slow.as_deref() == Some(place) { ctx.sleep(WAIT).await } else { Ok(()) }
}

#[test]
fn no_hook_runs_for_a_connection_that_was_refused_before() {
    let mut door = TestActor::<Door>::create().unwrap();
    let first = door.connect(()).unwrap();
    first.send("work", ()).unwrap();
    assert_eq!(door.connect(()).err().unwrap().code(), "callback_timed_out");
    assert_eq!(door.call::<()>("work", ()).unwrap_err().code(), "callback_timed_out");
    door.advance(WAIT);
    assert_eq!(door.log(), ["info: before", "info: state", "info: connect"], "those of the first alone");
    door.connect(()).unwrap();
    assert_eq!(door.log().len(), 6, "the actor is free again");
}

#[test]
fn no_hook_follows_one_that_took_too_long() {
    for (slow, lines) in [("before", 1), ("state", 2)] {
        let mut door = TestActor::<Door>::create().unwrap();
        assert_eq!(door.connect(slow).err().unwrap().code(), "callback_timed_out");
        door.advance(WAIT);
        assert_eq!(door.log().len(), lines, "{slow}");
    }
}

#[test]
fn only_those_who_were_let_in_are_taken_leave_of_late() {
    let mut greeter = TestActor::<Greeter>::create().unwrap();
    let (ann, bob) = (greeter.connect("ann").unwrap(), greeter.connect("bob").unwrap());
    ann.send("work", ()).unwrap();
    bob.disconnect();
    assert_eq!(greeter.connect("carol").err().unwrap().code(), "callback_timed_out");
    assert_eq!(greeter.log().len(), 2);
    greeter.advance(WAIT);
    assert_eq!(greeter.log()[2..], ["info: goodbye bob"]);
}
