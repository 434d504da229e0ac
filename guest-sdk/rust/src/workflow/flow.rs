//! What the method `workflow` is given.

use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use super::block::BlockCall;
use super::branch::{Branch, Branches};
use super::engine::{Engine, Halt};
use super::entry::{Entry, EntryKind};
use super::event::WorkflowEvent;
use super::iterate::{Loop, LoopCall};
use super::location::Location;
use super::queue::WorkflowQueue;
use super::scope::{Place, Scope};
use super::step::Step;
use super::step_call::{Caught, Plain, StepCall};
use crate::instance::Instance;
use crate::schedule::milliseconds;
use crate::{Aborted, Actor, Ctx, Log, Result, checkpoint::checkpoint, dispatch, host::identity, wake};

/// A workflow: a function that goes on where it was, whatever ends the actor meanwhile. What it does through this is recorded,
/// each under a name that it has once; when the actor starts cold, the function runs from its first line, and what is in the
/// history is not done again but gives what it gave. So the function itself does nothing that is not recorded, and takes the
/// same way with the same history: the actor, its data, the time and random numbers are for the steps.
///
/// An iteration, a branch and a block have one of their own, for the names in them.
pub struct Workflow<A> {
    pub(super) engine: Rc<Engine>,
    pub(super) instance: Rc<Instance<A>>,
    pub(super) scope: Scope,
}

impl<A: Actor> Workflow<A> {
    pub(crate) fn new(engine: Rc<Engine>, instance: Rc<Instance<A>>) -> Self {
        Self { engine, instance, scope: Scope::root() }
    }

    /// The id of the workflow: the actor's.
    pub fn id(&self) -> String {
        identity::actor_id()
    }

    /// The actor's name.
    pub fn name(&self) -> String {
        identity::name()
    }

    /// The actor's key.
    pub fn key(&self) -> Vec<String> {
        identity::key()
    }

    /// The host's log. A line outside of steps is written again when the workflow is replayed.
    pub fn log(&self) -> Log {
        Log::new()
    }

    /// Whether the actor is to sleep or is being destroyed.
    pub fn is_aborted(&self) -> bool {
        wake::is_aborted()
    }

    /// Waits until the actor is to sleep or is being destroyed.
    pub fn aborted(&self) -> Aborted {
        Aborted::default()
    }

    /// Does something once: what the function changes and sends, what it returns and the record of it commit together, as far as
    /// it waits for nothing. If it fails, it is tried again; see [`StepCall`] for how often.
    ///
    /// Fails with `workflow.step_exhausted`, `step_timed_out`, `critical_error` or `rollback` when it has failed for good.
    pub fn step<T, F>(&self, name: impl Into<String>, run: F) -> StepCall<'_, A, T, F, Plain>
    where
        F: AsyncFnMut(&Step<A>) -> Result<T>,
    {
        StepCall::new(self, name.into(), run)
    }

    /// A step whose failure is a value: `Err` of a [`super::StepFailure`], unless [`StepCall::catch`] says otherwise.
    pub fn try_step<T, F>(&self, name: impl Into<String>, run: F) -> StepCall<'_, A, T, F, Caught>
    where
        F: AsyncFnMut(&Step<A>) -> Result<T>,
    {
        StepCall::new(self, name.into(), run)
    }

    /// A part of the workflow whose failure is a value: `Err` of a [`super::BlockFailure`], unless [`BlockCall::catch`] says
    /// otherwise.
    pub fn try_block<T, F>(&self, name: impl Into<String>, run: F) -> BlockCall<'_, A, T, F>
    where
        F: AsyncFnOnce(&Workflow<A>) -> Result<T>,
    {
        BlockCall::new(self, name.into(), run)
    }

    /// Does something again and again, with a state that goes from one iteration to the next, until it breaks off. A replay
    /// begins at the oldest iteration that is in the history; see [`LoopCall`].
    pub fn iterate<S, T, F>(&self, name: impl Into<String>, state: S, run: F) -> LoopCall<'_, A, S, T, F>
    where
        F: AsyncFnMut(&Workflow<A>, S) -> Result<Loop<S, T>>,
    {
        LoopCall::new(self, name.into(), state, run)
    }

    /// Waits for so long. The actor may sleep meanwhile, from 100 ms on.
    pub async fn sleep(&self, name: impl Into<String>, duration: Duration) -> Result<()> {
        self.sleep_until(name, dispatch::now_ms().saturating_add(milliseconds(duration))).await
    }

    /// Waits until a time, in milliseconds since the Unix epoch. The actor may sleep meanwhile, from 100 ms on.
    pub async fn sleep_until(&self, name: impl Into<String>, time_ms: u64) -> Result<()> {
        super::sleep::sleep_until(self, &name.into(), time_ms).await
    }

    /// Waits for messages of the actor's queue, under a name for the history.
    pub fn queue(&self, name: impl Into<String>) -> WorkflowQueue<'_, A> {
        WorkflowQueue::new(self, name.into())
    }

    /// A branch for [`Workflow::join`] or [`Workflow::race`].
    pub fn branch<'a, T, F>(&self, name: impl Into<String>, run: F) -> Branch<'a, A, T>
    where
        F: AsyncFnOnce(&Workflow<A>) -> Result<T> + 'a,
    {
        Branch::new(name.into(), run)
    }

    /// Runs branches beside each other until all have come to their ends, and gives what they gave: a tuple for a tuple, a
    /// `Vec` for a `Vec` or an array.
    ///
    /// Fails with `workflow.join_failed`, at the end of all, if one has failed.
    pub async fn join<'a, B: Branches<'a, A>>(
        &self,
        name: impl Into<String>,
        branches: B,
    ) -> Result<B::Output> {
        super::join::join(self, &name.into(), branches).await
    }

    /// Runs branches beside each other until one has completed: its name, and what it gave. The others are dropped, and what
    /// they did is removed from the history.
    ///
    /// Fails with `workflow.race_failed` if all have failed.
    pub async fn race<'a, T>(
        &self,
        name: impl Into<String>,
        branches: impl IntoIterator<Item = Branch<'a, A, T>>,
    ) -> Result<(String, T)>
    where
        T: serde::Serialize + serde::de::DeserializeOwned,
    {
        super::race::race(self, &name.into(), branches.into_iter().collect()).await
    }

    /// From here on steps may have rollback handlers.
    pub async fn rollback_checkpoint(&self, name: impl Into<String>) -> Result<()> {
        super::mark::rollback_checkpoint(self, &name.into()).await
    }

    /// Says that something was here in earlier versions of the code, and is not any more.
    pub async fn removed(&self, name: impl Into<String>, kind: EntryKind) -> Result<()> {
        super::mark::removed(self, &name.into(), kind).await
    }

    /// Which version of the code a workflow that is on its way goes on with: the one that it was given the first time; `latest`,
    /// from 1, if it has done nothing behind this yet, 1 if it has.
    pub async fn version(&self, name: impl Into<String>, latest: u32) -> Result<u32> {
        super::mark::version(self, &name.into(), latest).await
    }

    /// The same workflow in a scope within its own.
    pub(super) fn within(&self, scope: Scope) -> Self {
        Self { engine: self.engine.clone(), instance: self.instance.clone(), scope }
    }

    /// Begins with an entry.
    pub(super) async fn enter(&self, name: &str) -> Place<'_> {
        self.engine.or_fault(self.scope.enter(name)).await
    }

    /// The entry of the history, if there is one.
    pub(super) async fn visit(&self, location: &Location, kind: EntryKind) -> Option<Entry> {
        let entry = self.engine.or_fault(self.engine.history.visit(location, kind)).await;
        self.scope.note(entry.as_ref().and_then(|entry| entry.order).unwrap_or_default());
        entry
    }

    /// An entry that is recorded now.
    pub(super) fn numbered(&self, entry: Entry) -> Entry {
        let order = self.engine.next_order();
        self.scope.note(order);
        Entry { order: Some(order), ..entry }
    }

    /// Waits for a turn.
    pub(super) async fn next_turn(&self) {
        self.engine.next_turn(self.scope.last_order()).await;
    }

    /// The scope has come to its end: nothing is left of it in the history.
    pub(super) fn check_end(&self) -> Result<()> {
        if self.engine.is_rolling_back() {
            return Ok(());
        }
        self.engine.history.check_visited(&self.scope.location)
    }

    /// A replay for the sake of rollback handlers ends where nothing was done.
    pub(super) async fn stop_rollback(&self) {
        if self.engine.is_rolling_back() {
            pending().await
        }
    }

    /// Ends the run for good.
    pub(super) async fn fail<T>(&self, error: crate::Error) -> T {
        self.engine.halt(Halt::Failure(error)).await
    }

    /// Tells the actor's hook, as well as it can.
    pub(super) async fn tell(&self, event: WorkflowEvent) {
        if !A::HAS_ON_WORKFLOW_ERROR {
            return;
        }
        let outcome = async {
            let mut actor = self.instance.started()?.exclusive().await;
            let outcome = actor.on_workflow_error(&Ctx::new(None, None), &event).await;
            checkpoint(&*actor);
            outcome
        };
        if let Err(error) = self.engine.attend(outcome).await {
            self.log().warn(format_args!("the hook on_workflow_error has failed: {error}"));
        }
    }
}

impl<A> std::fmt::Debug for Workflow<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Workflow")
    }
}
