//! A workflow from its start to its end.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use super::engine::{End, Engine, Halt, is_aborted};
use super::entry::Entry;
use super::event::WorkflowEvent;
use super::failure;
use super::flow::Workflow;
use super::location::Location;
use super::record::{Record, RunState};
use super::undo::Undo;
use crate::args::output_value;
use crate::instance::Instance;
use crate::manifest::Snapshot;
use crate::{Actor, Error, Log, Result, dispatch, wake};

/// A new actor has a workflow: from its first commit on it goes on by itself.
pub(crate) fn begin() -> Result<()> {
    Record::load().map(drop)
}

/// Runs the workflow of an actor, from where it is. Fails when its code is at fault; it has not failed by that, and goes on when the
/// actor starts with another version.
pub(crate) async fn run<A: Actor>(instance: Rc<Instance<A>>) -> Result<()> {
    let engine = Rc::new(Engine::load()?);
    let flow = Workflow::new(engine.clone(), instance);
    let run = engine.record.run();
    match run.state {
        RunState::Completed | RunState::Cancelled => return Ok(()),
        RunState::Failed => {
            failed(run.error.map(Error::from));
            return Ok(());
        }
        RunState::RollingBack if engine.always_traps() => {
            // A start after this one tries it again.
            engine.pass_traps()?;
            engine.record.stand_still()?;
            return Err(panicked("the rollback stands still"));
        }
        RunState::RollingBack => {}
        _ if engine.always_traps() => {
            // Its function cannot be run to its handlers either.
            return fail(&flow, &panicked("the workflow is not run again")).await;
        }
        RunState::Pending | RunState::Running | RunState::Sleeping => {
            engine.replay()?;
            match forward(&flow).await {
                Forward::Completed(output) => match complete(&engine, &output) {
                    Ok(()) => return Ok(()),
                    // What cannot be kept would be done again and again.
                    Err(error) => engine.record.roll_back(&error)?,
                },
                Forward::Failed(error) if failure::is(&error, "rollback_checkpoint_missing") => {
                    return fail(&flow, &error).await;
                }
                Forward::Failed(error) => engine.record.roll_back(&error)?,
                Forward::Evicted => return Ok(()),
                Forward::Fault(error) => {
                    engine.record.stand_still()?;
                    return Err(error);
                }
            }
        }
    }
    let mut outcome = roll_back(&flow).await;
    while matches!(outcome, Ok(RolledBack::Interrupted)) {
        outcome = roll_back(&flow).await;
    }
    match outcome {
        Ok(RolledBack::Completed) => {
            let error = engine.record.run().error.map(Error::from);
            fail(&flow, &error.unwrap_or_else(|| Error::internal("the workflow has failed"))).await
        }
        Ok(_) => Ok(()),
        Err(error) => {
            engine.record.stand_still()?;
            Err(error)
        }
    }
}

/// No turn of the workflow comes to its end, and no step is to blame.
fn panicked(therefore: &str) -> Error {
    failure::of("panicked", format!("the workflow has panicked outside of steps at each start: {therefore}"))
}

/// The workflow has returned this.
fn complete(engine: &Engine, output: &[u8]) -> Result<()> {
    engine.record.end(RunState::Completed, Some(output_value(output)?), None)?;
    engine.hand.replace(BTreeMap::new())
}

/// How the function of a workflow came to its end.
enum Forward {
    Completed(Vec<u8>),
    Failed(Error),
    Fault(Error),
    Evicted,
}

/// Runs the function of a workflow.
async fn forward<A: Actor>(flow: &Workflow<A>) -> Forward {
    let future = pin!(A::workflow(flow));
    match flow.engine.drive(future, evicts::<A>()).await {
        End::Returned(Ok(output)) => match flow.check_end() {
            Ok(()) => Forward::Completed(output),
            Err(error) => Forward::Fault(error),
        },
        End::Returned(Err(error)) | End::Halted(Halt::Failure(error)) => Forward::Failed(error),
        End::Halted(Halt::Fault(error)) => Forward::Fault(error),
        End::Halted(Halt::Evicted) => Forward::Evicted,
    }
}

/// How a rollback came to its end.
enum RolledBack {
    Completed,
    /// The actor slept while a handler waited, which lost what it waited for: it is to run again.
    Interrupted,
    Evicted,
}

/// Undoes the steps that were completed, the last one first.
async fn roll_back<A: Actor>(flow: &Workflow<A>) -> Result<RolledBack> {
    let engine = &*flow.engine;
    engine.begin_rollback()?;
    {
        // Nothing is done here, and so nothing waits: the function is run to find the handlers.
        let replayed = Workflow::new(flow.engine.clone(), flow.instance.clone());
        let mut future = pin!(A::workflow(&replayed));
        poll_fn(|context| {
            let _ended = future.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }
    if let Some(Halt::Fault(error)) = engine.take_halt() {
        return Err(error);
    }
    let mut undo = engine.undo.take();
    undo.sort_by_key(|undo| std::cmp::Reverse(undo.entry.order));
    for undo in undo {
        if undo.entry.rollback_completed_at.is_some() {
            continue;
        }
        let future = pin!(undo_step(flow, undo));
        match engine.drive(future, evicts::<A>()).await {
            End::Returned(Ok(true)) => {}
            End::Returned(Ok(false)) => return Ok(RolledBack::Interrupted),
            End::Returned(Err(error)) | End::Halted(Halt::Fault(error) | Halt::Failure(error)) => {
                return Err(error);
            }
            End::Halted(Halt::Evicted) => return Ok(RolledBack::Evicted),
        }
    }
    Ok(RolledBack::Completed)
}

/// Undoes a step in a turn of its own, and records it. Not if the actor slept and the handler lost what it waited for.
async fn undo_step<A: Actor>(flow: &Workflow<A>, undo: Undo) -> Result<bool> {
    let Undo { name, location, entry, handler } = undo;
    let engine = &*flow.engine;
    flow.next_turn().await;
    let sleeps = wake::sleeps();
    let outcome = match engine.attend(handler).await {
        Err(error) => Err(engine.unless_evicted(error).await),
        done => done,
    };
    if outcome.as_ref().is_err_and(is_aborted) && sleeps != wake::sleeps() {
        return Ok(false);
    }
    let entry = match &outcome {
        Ok(()) => Entry { rollback_completed_at: Some(dispatch::now_ms()), rollback_error: None, ..entry },
        Err(error) => Entry { rollback_error: Some(failure::line(error)), ..entry },
    };
    if let Err(error) = engine.try_put(&location, &entry) {
        outcome.as_ref().map_err(|_| error)?;
        mark_undone(engine, &location, entry);
    }
    engine.done();
    if let Err(error) = outcome {
        let event = WorkflowEvent::Rollback { workflow_id: flow.id(), step_name: name, error: error.clone() };
        flow.tell(event).await;
        return Err(error);
    }
    Ok(true)
}

/// Records that a step is undone, where there is no room for more.
///
/// # Panics
/// When the host refuses it all the same: the turn is undone, because what is undone must not be undone again.
#[allow(clippy::panic, reason = "what cannot be marked as undone must not be undone")]
fn mark_undone(engine: &Engine, location: &Location, entry: Entry) {
    // The mark takes less than these.
    let shorter = Entry { output: None, order: None, completed_at: None, ..entry };
    if let Err(error) = engine.try_put(location, &shorter) {
        panic!("the host refused to mark `{location}` as undone: {error}");
    }
}

/// The workflow has failed, and is rolled back.
async fn fail<A: Actor>(flow: &Workflow<A>, error: &Error) -> Result<()> {
    flow.engine.record.end(RunState::Failed, None, Some(error.into()))?;
    failed(Some(error.clone()));
    flow.tell(WorkflowEvent::Workflow { workflow_id: flow.id(), error: error.clone() }).await;
    Ok(())
}

fn failed(error: Option<Error>) {
    let error = error.map_or_else(|| "nobody knows why".to_owned(), |error| error.to_string());
    Log::new().warn(format_args!("the workflow has failed, and is not run again: {error}"));
}

/// Whether the actor goes to sleep without its memory: then a workflow that waits ends.
fn evicts<A: Actor>() -> bool {
    A::MANIFEST.snapshot == Snapshot::None
}
