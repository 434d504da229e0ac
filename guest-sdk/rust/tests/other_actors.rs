//! What an actor asks of others.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use rivet_guest::testing::TestActor;
use rivet_guest::{Ctx, Result, This, UserError, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Asker {
    sum: i64,
}

#[actor]
impl Asker {
    pub async fn add(ctx: &Ctx, this: This<Self>, key: String) -> Result<i64> {
        this.update(|asker| asker.sum += 1).await?;
        let n: i64 = ctx.client().get("number", [key, "second".to_owned()]).call("get", &(7, "x")).await?;
        this.update(|asker| {
            asker.sum += n;
            asker.sum
        })
        .await
    }

    pub async fn add_alone(&mut self, ctx: &Ctx) -> Result<i64> {
        let handle = ctx.client().get_or_create_with("number", ["a"], &1)?;
        self.sum += handle.call::<i64>("get", &()).await?;
        Ok(self.sum)
    }

    pub async fn tell(&self, ctx: &Ctx) -> Result<()> {
        ctx.client().get_or_create("number", ["a"]).send("jobs", &"text").await
    }

    pub async fn find(&self, ctx: &Ctx) -> Result<String> {
        ctx.client().create("number", ["new"], &()).await?.resolve().await
    }

    pub fn sum(&self) -> i64 {
        self.sum
    }
}

fn asker() -> TestActor<Asker> {
    TestActor::create().unwrap()
}

fn sum(asker: &mut TestActor<Asker>) -> i64 {
    asker.call("sum", ()).unwrap()
}

#[test]
fn who_takes_this_keeps_nobody_out_while_it_waits() {
    let mut asker = asker();
    let first = asker.send("add", ["k"]).unwrap();
    let second = asker.send("add", ["k"]).unwrap();
    assert_eq!(sum(&mut asker), 2);
    let asks = [asker.next_ask().unwrap(), asker.next_ask().unwrap()];
    assert!(asker.next_ask().is_none());
    for ask in &asks {
        assert_eq!((ask.name(), ask.action()), (Some("number"), Some("get")));
        assert_eq!(ask.key().unwrap(), ["k", "second"]);
        assert_eq!(ask.args::<(i64, String)>().unwrap(), (7, "x".to_owned()));
    }
    let [one, other] = asks;
    asker.answer_ask(other, Ok(100)).unwrap();
    assert_eq!(asker.answer::<i64>(second).unwrap().unwrap(), 102);
    // A number without a fraction is an integer, whoever has written it.
    asker.answer_ask(one, Ok(10.0)).unwrap();
    assert_eq!(asker.answer::<i64>(first).unwrap().unwrap(), 112);
    assert_eq!(asker.saved_state::<Asker>().unwrap().sum, 112);
}

#[test]
fn who_is_alone_keeps_others_out_until_it_is_answered() {
    let mut asker = asker();
    let call = asker.send("addAlone", ()).unwrap();
    let sum = asker.send("sum", ()).unwrap();
    assert!(asker.answer::<i64>(sum).is_none());
    let ask = asker.next_ask().unwrap();
    asker.answer_ask(ask, Ok(5)).unwrap();
    assert_eq!(asker.answer::<i64>(call).unwrap().unwrap(), 5);
    assert_eq!(asker.answer::<i64>(sum).unwrap().unwrap(), 5);
}

#[test]
fn an_error_of_another_actor_is_handed_on() {
    let mut asker = asker();
    let call = asker.send("addAlone", ()).unwrap();
    let ask = asker.next_ask().unwrap();
    asker.answer_ask(ask, Err::<(), _>(UserError::new("no").with_code("nope").into())).unwrap();
    let error = asker.answer::<i64>(call).unwrap().unwrap_err();
    assert_eq!((error.group(), error.code(), error.message()), ("user", "nope", "no"));
}

#[test]
fn messages_and_ids_are_asked_for() {
    let mut asker = asker();
    let told = asker.send("tell", ()).unwrap();
    let ask = asker.next_ask().unwrap();
    assert_eq!((ask.action(), ask.args::<String>().unwrap().as_str()), (Some("jobs"), "text"));
    asker.answer_ask(ask, Ok(())).unwrap();
    asker.answer::<()>(told).unwrap().unwrap();
    let found = asker.send("find", ()).unwrap();
    let ask = asker.next_ask().unwrap();
    assert_eq!((ask.name(), ask.action()), (Some("number"), None));
    asker.answer_ask(ask, Ok("id")).unwrap();
    // Now it is known by its id alone.
    let ask = asker.next_ask().unwrap();
    assert_eq!((ask.name(), ask.key()), (None, None));
    asker.answer_ask(ask, Ok("id")).unwrap();
    assert_eq!(asker.answer::<String>(found).unwrap().unwrap(), "id");
}

#[test]
fn a_cold_start_forgets_what_was_asked() {
    let mut asker = asker();
    asker.send("add", ["k"]).unwrap();
    let ask = asker.next_ask().unwrap();
    asker.restart().unwrap();
    asker.answer_ask(ask, Ok(5)).unwrap();
    assert_eq!(sum(&mut asker), 1);
    assert!(asker.next_ask().is_none());
}
