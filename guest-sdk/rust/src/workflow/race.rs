//! Races.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::branch::{Branch, Branches};
use super::entry::EntryKind;
use super::failure::{self, FailureSource};
use super::flow::Workflow;
use super::history::diverged;
use super::join::{begin, failures, settle, start};
use crate::{Actor, Result};

/// Runs branches beside each other until one has completed.
pub(crate) async fn race<'a, A: Actor, T: Serialize + DeserializeOwned>(
    flow: &Workflow<A>,
    name: &str,
    mut branches: Vec<Branch<'a, A, T>>,
) -> Result<(String, T)> {
    let _place = flow.enter(name).await;
    let location = flow.scope.location.name(name);
    let mut entry = begin(flow, EntryKind::Race, &location, &branches.all()).await;
    if let Some(winner) = &entry.winner {
        // What the others did is gone.
        branches.retain(|branch| branch.name == *winner);
    }
    start(flow, &location, &mut entry, &mut branches.all()).await;
    let was_won = entry.winner.is_some();
    settle(flow, &location, &mut entry, &mut branches.all(), Result::is_ok).await;
    let Some(winner) = entry.winner else {
        let failures = failures(&branches.all()).unwrap_or_else(|| "there are no branches".to_owned());
        let message = format!("the race `{name}`: {failures}");
        return Err(failure::of_branches(FailureSource::Race, name, message));
    };
    let mut won = None;
    for branch in branches {
        if branch.name == winner {
            won = Some(branch.output()?);
        } else if !was_won {
            let lost = location.name(&branch.name);
            drop(branch);
            flow.engine.delete(&lost).await;
        }
    }
    let missing = || diverged(format!("`{}` has won, and is not there any more", location.name(&winner)));
    let output = flow.engine.or_fault(won.ok_or_else(missing)).await;
    Ok((winner, output))
}
