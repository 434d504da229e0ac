//! Requests to the outside, and what a test says of it.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use rivet_guest::testing::{TestActor, TestFetch};
use rivet_guest::{Ctx, Fetch, Response, Result, actor};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Default, Serialize, Deserialize)]
struct Weather {
    asked: u32,
}

#[actor]
impl Weather {
    pub async fn warmth(&mut self, ctx: &Ctx, city: String) -> Result<f64> {
        self.asked += 1;
        let request =
            Fetch::post("https://weather.example/now").header("x-key", "k").json(&json!({"city": city}))?;
        let answer = ctx.fetch(request.timeout(Duration::from_secs(5))).await?;
        assert!(answer.is_success() && answer.url() == "https://weather.example/now");
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        let sky: serde_json::Map<_, _> = answer.json()?;
        Ok(sky.get("warmth").and_then(serde_json::Value::as_f64).unwrap_or_default())
    }

    pub async fn code(&self, ctx: &Ctx, url: String) -> Result<String> {
        Ok(match ctx.fetch(Fetch::get(url)).await {
            Ok(answer) => format!("{} {}", answer.status(), answer.text()?),
            Err(error) => format!("{}.{}", error.group(), error.code()),
        })
    }
}

#[test]
fn a_test_answers_in_place_of_the_web() {
    let mut weather = TestActor::<Weather>::create().unwrap();
    weather.on_fetch(|request: TestFetch| {
        assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://weather.example/now"));
        let headers = [("x-key", "k"), ("content-type", "application/json")];
        assert_eq!(request.headers, headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(request.body, br#"{"city":"Bern"}"#);
        Ok(Response::json(&json!({"warmth": 21.5})).unwrap())
    });
    assert_eq!(weather.call::<f64>("warmth", ["Bern"]).unwrap(), 21.5);
}

#[test]
fn any_status_is_an_answer_and_a_code_is_an_error() {
    let mut weather = TestActor::<Weather>::create().unwrap();
    assert_eq!(weather.call::<String>("code", ["http://a"]).unwrap(), "fetch.denied");
    let mut asked = 0;
    weather.on_fetch(move |_| {
        asked += 1;
        if asked == 1 { Err("timed_out") } else { Ok(Response::text("none").status(404)) }
    });
    assert_eq!(weather.call::<String>("code", ["http://a"]).unwrap(), "fetch.timed_out");
    assert_eq!(weather.call::<String>("code", ["http://a"]).unwrap(), "404 none");
    weather.on_fetch(|_| Ok(Response::new(200).body([0xff])));
    assert_eq!(weather.call::<String>("code", ["http://a"]).unwrap_err().code(), "invalid_body");
}
