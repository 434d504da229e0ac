//! Joins, and what races have in common with them.

use std::future::poll_fn;
use std::task::Poll;

use serde_cbor::Value;

use super::branch::{AnyBranch, Branches};
use super::engine::Halt;
use super::entry::{BranchEntry, Entry, EntryKind, Status};
use super::failure::{self, FailureSource, RecordedError};
use super::flow::Workflow;
use super::history::diverged;
use super::location::Location;
use crate::{Actor, Result};

/// Runs branches beside each other until all have come to their ends.
pub(crate) async fn join<'a, A: Actor, B: Branches<'a, A>>(
    flow: &Workflow<A>,
    name: &str,
    mut branches: B,
) -> Result<B::Output> {
    let _place = flow.enter(name).await;
    let location = flow.scope.location.name(name);
    let mut entry = begin(flow, EntryKind::Join, &location, &branches.all()).await;
    start(flow, &location, &mut entry, &mut branches.all()).await;
    settle(flow, &location, &mut entry, &mut branches.all(), |_| false).await;
    match failures(&branches.all()) {
        Some(failures) => {
            Err(failure::of_branches(FailureSource::Join, name, format!("the join `{name}`: {failures}")))
        }
        None => branches.output(),
    }
}

/// The entry of a join or a race: that of the history, or a new one. Ends the run if two branches have one name.
pub(crate) async fn begin<A: Actor>(
    flow: &Workflow<A>,
    kind: EntryKind,
    location: &Location,
    branches: &[&mut dyn AnyBranch<A>],
) -> Entry {
    if let Some(entry) = flow.visit(location, kind).await {
        return entry;
    }
    flow.stop_rollback().await;
    let mut entry = Entry::new(kind, location);
    for branch in branches {
        let running = BranchEntry { status: Status::Running, ..BranchEntry::default() };
        if entry.branches_mut().insert(branch.name().to_owned(), running).is_some() {
            let message =
                format!("`{}` is there twice: a branch has a name of its own", location.name(branch.name()));
            flow.engine.set_halt(Halt::Fault(failure::of("duplicate_name", message)));
            return std::future::pending().await;
        }
    }
    flow.engine.put(location, &entry).await;
    entry
}

/// Starts the branches that have not come to their ends; a replay for the sake of rollback handlers runs all of them. Ends the run
/// if the history does not know one of them.
pub(crate) async fn start<A: Actor>(
    flow: &Workflow<A>,
    location: &Location,
    entry: &mut Entry,
    branches: &mut [&mut dyn AnyBranch<A>],
) {
    for branch in branches {
        let inner = location.name(branch.name());
        let Some(recorded) = entry.branches_mut().get_mut(branch.name()) else {
            let message = format!("`{inner}` is new in what has begun without it");
            return flow.engine.or_fault(Err(diverged(message))).await;
        };
        let has_ended = matches!(recorded.status, Status::Completed | Status::Failed);
        if has_ended && !flow.engine.is_rolling_back() {
            flow.engine.history.pass(&inner);
            flow.engine.or_fault(branch.restore(outcome(recorded))).await;
        } else {
            branch.start(flow.within(flow.scope.branch(inner)));
        }
    }
}

/// Polls the branches until all have ended, or one is enough, and records how they end.
pub(crate) async fn settle<A: Actor>(
    flow: &Workflow<A>,
    location: &Location,
    entry: &mut Entry,
    branches: &mut [&mut dyn AnyBranch<A>],
    is_enough: impl Fn(&Result<Value>) -> bool,
) {
    let mut is_won = false;
    poll_fn(|context| {
        let mut has_changed = false;
        for branch in branches.iter_mut() {
            let Poll::Ready(outcome) = branch.poll(context) else { continue };
            has_changed = true;
            entry.branches_mut().insert(branch.name().to_owned(), recorded(&outcome));
            if is_enough(&outcome) {
                is_won = true;
                entry.winner = Some(branch.name().to_owned());
                break;
            }
        }
        let is_over = is_won || !branches.iter().any(|branch| branch.is_running());
        if is_over && entry.status == Status::Running {
            if is_won || failures(branches).is_none() {
                *entry = entry.clone().completed();
            } else {
                entry.status = Status::Failed;
            }
        }
        if has_changed && !flow.engine.is_rolling_back() {
            *entry = flow.numbered(std::mem::take(entry));
            if let Err(error) = flow.engine.try_put(location, entry) {
                flow.engine.set_halt(Halt::Failure(error));
                return Poll::Pending;
            }
        }
        if is_over { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// What the branches have failed with, as it is recorded, if any has.
pub(crate) fn failures<A>(branches: &[&mut dyn AnyBranch<A>]) -> Option<String> {
    let failure = |branch: &&mut dyn AnyBranch<A>| {
        Some(format!("{}: {}", branch.name(), failure::line(branch.error()?)))
    };
    let failed: Vec<_> = branches.iter().filter_map(failure).collect();
    (!failed.is_empty()).then(|| failed.join("; "))
}

fn outcome(recorded: &BranchEntry) -> Result<Value> {
    match recorded.status {
        Status::Completed => Ok(recorded.output.clone().unwrap_or(Value::Null)),
        _ => Err(RecordedError::parse(recorded.error.as_deref().unwrap_or_default()).into()),
    }
}

fn recorded(outcome: &Result<Value>) -> BranchEntry {
    match outcome {
        Ok(output) => BranchEntry { status: Status::Completed, output: Some(output.clone()), error: None },
        Err(error) => BranchEntry { status: Status::Failed, output: None, error: Some(failure::line(error)) },
    }
}
