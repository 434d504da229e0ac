//! Connections: which hooks run when, who is there, what is remembered, what is heard.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Actor, Conn, Ctx, Event, Result, UserError, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Default, Serialize, Deserialize)]
struct Club {
    log: Vec<String>,
}

#[derive(Deserialize)]
struct Params {
    name: String,
    banned_from: Option<String>,
}

#[derive(Event, Serialize)]
struct Gossip {
    about: String,
}

#[derive(Event, Serialize)]
#[event(name = "bell.rings")]
struct Bell;

#[actor(events(Gossip, Bell), can_hibernate_web_socket = true)]
impl Club {
    async fn on_before_connect(&self, ctx: &Ctx, params: Params) -> Result<()> {
        let method = ctx.request().map(|request| request.method()).unwrap_or_default();
        ctx.log().info(format_args!("before {} by {method}, {} here", params.name, ctx.conns().len()));
        refuse(&params, "door")
    }

    fn create_conn_state(&self, ctx: &Ctx, params: Params) -> Result<u64> {
        ctx.log().info(format_args!("state, {} here", ctx.conns().len()));
        refuse(&params, "cloakroom")?;
        Ok(0)
    }

    fn on_connect(&mut self, ctx: &Ctx, conn: Conn) -> Result<()> {
        let params: Params = conn.params()?;
        self.log.push(format!("+{}", params.name));
        ctx.log().info(format_args!("connect, {} here", ctx.conns().len()));
        assert_eq!(ctx.conn(), Some(conn));
        refuse(&params, "bar")
    }

    fn on_disconnect(&mut self, ctx: &Ctx, conn: Conn) -> Result<()> {
        self.log.push(format!("-{}", conn.params::<Params>()?.name));
        ctx.log().info(format_args!("disconnect, {} here", ctx.conns().len()));
        Ok(())
    }

    fn can_subscribe(&self, event: String) -> Result<bool, UserError> {
        match event.as_str() {
            "rumour" => Err(UserError::new("Not here.").with_code("no_rumours")),
            other => Ok(other != "secret"),
        }
    }

    pub fn count(&self, ctx: &Ctx) -> Result<u64> {
        let conn = ctx.conn().unwrap();
        let calls = conn.state::<u64>()?.unwrap() + 1;
        conn.set_state(&calls)?;
        Ok(calls)
    }

    pub fn gossip(&self, ctx: &Ctx, about: String) -> Result<()> {
        ctx.broadcast(&Gossip { about })
    }

    pub fn ring(&self, ctx: &Ctx) -> Result<()> {
        ctx.broadcast(&Bell)?;
        ctx.broadcast_named("echo", &("ding", 2))
    }

    pub fn tell_oldest(&self, ctx: &Ctx, about: String) -> Result<()> {
        ctx.conns()[0].send(&Gossip { about })
    }

    pub fn throw_out_oldest(&self, ctx: &Ctx) -> Result<()> {
        ctx.conns()[0].disconnect(Some("closing time"))
    }

    pub fn leave(&self, ctx: &Ctx) -> Result<()> {
        ctx.conn().unwrap().disconnect(None)
    }

    pub fn who_calls(&self, ctx: &Ctx) -> (String, bool, usize) {
        let conn = ctx.conn().unwrap();
        (conn.id(), conn.hibernates(), ctx.conns().len())
    }

    pub async fn announce_later(&self, ctx: &Ctx) -> Result<()> {
        let inner = ctx.clone();
        ctx.spawn(async move {
            let _ = inner.sleep(Duration::from_millis(5)).await;
            let caller = inner.conn().map(|conn| conn.id()).unwrap_or_default();
            inner.log().info(format_args!("{:?}", inner.broadcast(&Gossip { about: caller })));
        });
        Ok(())
    }
}

fn refuse(params: &Params, place: &str) -> Result<()> {
    let banned = params.banned_from.as_deref() == Some(place);
    let error = || UserError::new(format!("Not to the {place}.")).with_code("banned");
    if banned { Err(error().into()) } else { Ok(()) }
}

fn club() -> TestActor<Club> {
    TestActor::create().unwrap()
}

fn named(name: &str) -> Value {
    json!({"name": name})
}

#[test]
fn the_manifest_lists_what_the_block_has() {
    let manifest: Value = serde_json::from_str(&Club::MANIFEST.to_json()).unwrap();
    assert_eq!(manifest["hooks"], json!(["connect", "disconnect", "subscribe", "sleep", "resume"]));
    assert_eq!(manifest["events"], json!(["gossip", "bell.rings"]));
    assert_eq!(manifest["options"], json!({"canHibernateWebSocket": true}));
}

#[test]
fn hooks_run_in_order_and_a_connection_is_there_from_on_connect_to_on_disconnect() {
    let mut club = club();
    let ann = club.connect(named("ann")).unwrap();
    ann.disconnect();
    let log = ["before ann by GET, 0 here", "state, 0 here", "connect, 1 here", "disconnect, 0 here"];
    assert_eq!(club.log(), log.map(|line| format!("info: {line}")));
    assert_eq!(club.saved_state::<Club>().unwrap().log, ["+ann", "-ann"]);
}

#[test]
fn each_hook_may_refuse_and_then_nothing_follows() {
    for (place, lines) in [("door", 1), ("cloakroom", 2), ("bar", 3)] {
        let mut club = club();
        let error = club.connect(json!({"name": "bob", "banned_from": place})).err().unwrap();
        assert_eq!((error.code(), error.message()), ("banned", format!("Not to the {place}.").as_str()));
        assert_eq!(club.log().len(), lines);
        let ann = club.connect(named("ann")).unwrap();
        assert_eq!(ann.call::<(String, bool, usize)>("whoCalls", ()).unwrap().2, 1, "bob is not there");
    }
}

#[test]
fn parameters_of_another_type_are_refused() {
    let error = club().connect(()).err().unwrap();
    assert_eq!((error.group(), error.code()), ("validation", "invalid_conn_params"));
}

#[test]
fn the_state_of_a_connection_is_its_own_and_outlives_the_instance() {
    let mut club = club();
    let (ann, bob) = (club.connect(named("ann")).unwrap(), club.connect(named("bob")).unwrap());
    let count = |conn: &rivet_guest::testing::TestConn<Club>| conn.call::<u64>("count", ()).unwrap();
    assert_eq!((count(&ann), count(&ann), count(&bob)), (1, 2, 1));
    let id = ann.conn().id();
    club.restart().unwrap();
    assert_eq!((count(&ann), count(&bob)), (3, 2));
    assert_eq!(ann.conn().id(), id);
    assert_eq!(club.saved_state::<Club>().unwrap().log, ["+ann", "+bob"], "no hook ran again");
}

#[test]
fn a_call_over_http_is_a_connection_while_it_lasts() {
    let mut club = club();
    let error = club.call::<u64>("count", ()).unwrap_err();
    assert_eq!(error.code(), "invalid_conn_params");
    let (id, hibernates, here) =
        club.call_with::<(String, bool, usize)>(named("bot"), "whoCalls", ()).unwrap();
    assert_eq!((id.len(), hibernates, here), (36, false, 1));
    assert_eq!(club.saved_state::<Club>().unwrap().log, ["+bot", "-bot"]);
    let error = club.call_with::<()>(named("bot"), "leave", ()).unwrap_err();
    assert_eq!(error.code(), "not_closable");
}

#[test]
fn subscribers_hear_events_and_nobody_else_does() {
    let mut club = club();
    let (ann, bob) = (club.connect(named("ann")).unwrap(), club.connect(named("bob")).unwrap());
    ["gossip", "bell.rings", "echo"].into_iter().for_each(|event| ann.subscribe(event).unwrap());
    bob.subscribe("bell.rings").unwrap();
    bob.call::<()>("gossip", ["ann"]).unwrap();
    ann.call::<()>("ring", ()).unwrap();
    let heard = json!([["gossip", [{"about": "ann"}]], ["bell.rings", []], ["echo", ["ding", 2]]]);
    assert_eq!(json!(ann.received::<Value>().unwrap()), heard);
    assert_eq!(json!(bob.received::<Value>().unwrap()), json!([["bell.rings", []]]));
}

#[test]
fn one_connection_can_be_told_without_a_subscription() {
    let mut club = club();
    let (ann, bob) = (club.connect(named("ann")).unwrap(), club.connect(named("bob")).unwrap());
    bob.call::<()>("tellOldest", ["bob"]).unwrap();
    assert_eq!(json!(ann.received::<Value>().unwrap()), json!([["gossip", [{"about": "bob"}]]]));
    assert!(bob.received::<Value>().unwrap().is_empty());
}

#[test]
fn a_subscription_may_be_forbidden() {
    for (event, reason) in [("secret", "auth.forbidden"), ("rumour", "user.no_rumours")] {
        let mut club = club();
        let ann = club.connect(named("ann")).unwrap();
        ann.subscribe("gossip").unwrap();
        let error = ann.subscribe(event).unwrap_err();
        assert_eq!(format!("{}.{}", error.group(), error.code()), reason);
        assert_eq!(ann.closed(), Some((1011, reason.to_owned())));
        assert_eq!(club.saved_state::<Club>().unwrap().log, ["+ann", "-ann"]);
    }
}

#[test]
fn a_connection_that_is_ended_is_taken_leave_of_once() {
    let mut club = club();
    let (ann, bob) = (club.connect(named("ann")).unwrap(), club.connect(named("bob")).unwrap());
    bob.call::<()>("throwOutOldest", ()).unwrap();
    assert_eq!(ann.closed(), Some((1000, "closing time".to_owned())));
    assert_eq!(bob.closed(), None);
    let gone = ann.conn();
    ann.disconnect();
    assert_eq!(club.saved_state::<Club>().unwrap().log, ["+ann", "+bob", "-ann"]);
    assert_eq!(gone.id(), "");
    assert_eq!(gone.set_state(&1).unwrap_err().code(), "not_found");
    assert_eq!(gone.send(&Bell).unwrap_err().code(), "not_found");
}

#[test]
fn a_context_knows_its_caller_wherever_it_goes() {
    let mut club = club();
    let ann = club.connect(named("ann")).unwrap();
    ann.subscribe("gossip").unwrap();
    ann.call::<()>("announceLater", ()).unwrap();
    club.advance(Duration::from_millis(5));
    assert_eq!(json!(ann.received::<Value>().unwrap()), json!([["gossip", [{"about": ann.conn().id()}]]]));
}

#[test]
fn hooks_wait_their_turn_like_actions() {
    #[derive(Default, Serialize, Deserialize)]
    struct Busy {
        log: Vec<String>,
    }
    #[actor]
    impl Busy {
        pub async fn work(&mut self, ctx: &Ctx) -> Result<()> {
            self.log.push("work begins".to_owned());
            ctx.sleep(Duration::from_millis(10)).await?;
            self.log.push("work ends".to_owned());
            Ok(())
        }

        async fn on_disconnect(&mut self, ctx: &Ctx, _conn: Conn) -> Result<()> {
            self.log.push("leave begins".to_owned());
            ctx.sleep(Duration::from_millis(10)).await?;
            self.log.push("leave ends".to_owned());
            Ok(())
        }
    }

    let mut busy = TestActor::<Busy>::create().unwrap();
    let (ann, bob) = (busy.connect(()).unwrap(), busy.connect(()).unwrap());
    let work = bob.send("work", ()).unwrap();
    ann.disconnect();
    busy.advance(Duration::from_millis(10));
    assert!(busy.answer::<()>(work).unwrap().is_ok());
    assert_eq!(busy.saved_state::<Busy>().unwrap().log, ["work begins", "work ends", "leave begins"]);
    busy.advance(Duration::from_millis(10));
    assert_eq!(busy.saved_state::<Busy>().unwrap().log[3..], ["leave ends"]);
}
