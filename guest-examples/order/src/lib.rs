//! An order, from the reservation to the parcel: a workflow that retries, waits for somebody's word, and undoes what it did if it
//! cannot go on.

use std::time::Duration;

use rivet_guest::{CriticalError, Result, UserError, Workflow, actor, export};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Order {
    item: String,
    amount: f64,
    phase: Phase,
    charge_attempts: u32,
    released: bool,
}

#[derive(Deserialize)]
struct Input {
    item: String,
    amount: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Phase {
    Reserved,
    Charged,
    Waiting,
    Shipped,
    Failed,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Status {
    phase: Phase,
    charge_attempts: u32,
    released: bool,
}

/// What is more is not charged.
const MOST: f64 = 1_000.0;

#[actor(display_name = "Order", icon = "📦", queues("approve"))]
impl Order {
    fn create_state(Input { item, amount }: Input) -> Self {
        Self { item, amount, phase: Phase::Reserved, charge_attempts: 0, released: false }
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.rollback_checkpoint("undo").await?;
        flow.step("reserve", async |step| step.update(|order| order.phase = Phase::Reserved).await)
            .rollback(async |step, ()| {
                step.update(|order| {
                    order.released = true;
                    order.phase = Phase::Failed;
                })
                .await
            })
            .await?;
        flow.step("charge", async |step| step.update(Order::charge).await?).await?;
        flow.step("wait", async |step| step.update(|order| order.phase = Phase::Waiting).await).await?;
        flow.queue("approval").names(["approve"]).timeout(Duration::from_secs(10 * 60)).next().await?;
        flow.step("ship", async |step| step.update(|order| order.phase = Phase::Shipped).await).await
    }

    pub fn status(&self) -> Status {
        let Self { phase, charge_attempts, released, .. } = *self;
        Status { phase, charge_attempts, released }
    }

    /// The bank is not there the first two times.
    fn charge(&mut self) -> Result<()> {
        self.charge_attempts += 1;
        if self.amount > MOST {
            return Err(CriticalError::new(format!("{} for {} is too much", self.amount, self.item)).into());
        }
        if self.charge_attempts < 3 {
            return Err(UserError::new("The bank does not answer.").into());
        }
        self.phase = Phase::Charged;
        Ok(())
    }
}

export!(Order);

#[cfg(test)]
mod tests;
