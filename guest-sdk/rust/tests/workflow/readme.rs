//! What the README shows of joins, races, loops and failures.

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{CriticalError, Loop, Result, Step, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::survives;

#[derive(Default, Serialize, Deserialize)]
struct Trip {
    paid: u32,
    refused: Option<String>,
}

async fn hotel(flow: &Workflow<Trip>) -> Result<u32> {
    flow.step("book", async |_| Ok(80)).await
}

async fn flight(flow: &Workflow<Trip>) -> Result<String> {
    flow.step("book", async |_| Ok("LH 1".to_owned())).await
}

async fn charge(_step: &Step<Trip>, _id: &str) -> Result<()> {
    Err(CriticalError::new("no such card").into())
}

#[actor(name = "trip", queues("pay", "sign"))]
impl Trip {
    async fn workflow(flow: &Workflow<Self>) -> Result<(u32, String, String, u32)> {
        let (hotel, flight) =
            flow.join("book", (flow.branch("hotel", hotel), flow.branch("flight", flight))).await?;

        let signed =
            async |flow: &Workflow<Self>| flow.queue("signed").names(["sign"]).next().await.map(drop);
        let late = async |flow: &Workflow<Self>| flow.sleep("a day", Duration::from_secs(86_400)).await;
        let branches = [flow.branch("signed", signed), flow.branch("late", late)];
        let (winner, ()) = flow.race("answer", branches).await?;

        let take = async |flow: &Workflow<Self>, sum: u32| {
            let payment = flow.queue("payment").names(["pay"]).completable().next().await?;
            let sum = sum + payment.body::<u32>()?;
            flow.step("note", async |step| step.update(|trip| trip.paid = sum).await).await?;
            payment.complete_with(&sum)?;
            Ok(if sum < 100 { Loop::Continue(sum) } else { Loop::Break(sum) })
        };
        let paid = flow.iterate("payments", 0, take).await?;

        let charged = flow.try_step("charge", async |step| charge(step, step.id()).await).await?;
        if let Err(failure) = charged {
            let why = format!("{:?} after {}: {}", failure.kind, failure.attempts, failure.error);
            flow.step("refuse", async |step| step.update(|trip| trip.refused = Some(why.clone())).await)
                .await?;
        }
        Ok((hotel, flight, winner, paid))
    }
}

#[test]
fn the_examples_of_the_readme_do_what_it_says() {
    let left = survives(|| {
        let mut trip = TestActor::<Trip>::create().unwrap();
        trip.publish("sign", ()).unwrap().unwrap();
        trip.advance(Duration::ZERO);
        for amount in [60, 50] {
            trip.publish("pay", amount).unwrap().unwrap();
        }
        trip
    });
    assert_eq!(left.output, json!([80, "LH 1", "signed", 110]));
    let why = "Critical after 1: workflow.critical_error: no such card";
    assert_eq!(left.saved, json!({"paid": 110, "refused": why}));
}
