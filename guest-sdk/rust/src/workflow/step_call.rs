//! A step, from its options to its outcome.

use std::future::{Future, IntoFuture, poll_fn};
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::engine::{MAX_TRAPS, is_aborted};
use super::entry::{Entry, EntryKind, Status, from_value, to_value};
use super::event::WorkflowEvent;
use super::failure::{self, FailureKind, Recorded, RecordedError, StepFailure};
use super::flow::Workflow;
use super::history::diverged;
use super::location::Location;
use super::retry::Retry;
use super::step::Step;
use super::undo::{Local, Undo};
use crate::operation::Sleep;
use crate::schedule::milliseconds;
use crate::{Actor, Error, Result, dispatch, wake};

/// A step that is to be awaited. Without options it is tried four times, after 200, 400 and 800 ms, and takes 30 s at most.
#[must_use = "a step does nothing until it is awaited"]
pub struct StepCall<'a, A, T, F, M> {
    flow: &'a Workflow<A>,
    name: String,
    run: F,
    retry: Retry,
    is_ephemeral: bool,
    handler: Option<Handler<A, T>>,
    catch: Vec<FailureKind>,
    mode: PhantomData<M>,
}

/// A [`StepCall`] that fails with an error.
#[derive(Debug)]
pub struct Plain;

/// A [`StepCall`] whose failure is a value.
#[derive(Debug)]
pub struct Caught;

/// Why an attempt has given nothing.
enum Missed {
    /// It failed with this; how, if that ends the step at once.
    Failed(Option<FailureKind>, Error),
    /// The actor slept meanwhile, and what the step waited for is lost: that is no attempt.
    Interrupted,
}

type Handler<A, T> = Box<dyn FnOnce(Step<A>, T) -> Local<'static, Result<()>>>;

impl<'a, A, T, F, M> StepCall<'a, A, T, F, M> {
    pub(super) fn new(flow: &'a Workflow<A>, name: String, run: F) -> Self {
        let catch = vec![FailureKind::Critical, FailureKind::Timeout, FailureKind::Exhausted];
        let (retry, is_ephemeral, handler) = (Retry::default(), false, None);
        Self { flow, name, run, retry, is_ephemeral, handler, catch, mode: PhantomData }
    }

    /// How many times it is tried again after it has failed; 3 unless given.
    pub fn max_retries(mut self, max_retries: u32) -> Self {
        self.retry.max_retries = max_retries;
        self
    }

    /// What the time to the next attempt is computed from: after the first one it is twice as long, and from then on it doubles.
    /// 100 ms unless given.
    pub fn backoff(mut self, backoff: Duration) -> Self {
        self.retry.set_backoff(backoff);
        self
    }

    /// The longest time to the next attempt; 30 s unless given.
    pub fn max_backoff(mut self, most: Duration) -> Self {
        self.retry.set_max_backoff(most);
        self
    }

    /// How long an attempt may take, without the time in which it stands in line for the actor; `Duration::ZERO` for as long as it
    /// likes, 30 s unless given.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.retry.timeout_ms = milliseconds(timeout);
        self
    }

    /// Tries again what has taken too long, in place of failing at once.
    pub fn retry_on_timeout(mut self) -> Self {
        self.retry.retry_on_timeout = true;
        self
    }

    /// Commits with what comes next, in place of by itself: until then a crash undoes it, and it is done again.
    pub fn ephemeral(mut self) -> Self {
        self.is_ephemeral = true;
        self
    }

    /// Undoes the step if the workflow fails after it: given what the step has returned, the last step first. Needs a
    /// [`Workflow::rollback_checkpoint`] before it (`workflow.rollback_checkpoint_missing`). It is done once, as far as it waits for
    /// nothing; if it fails, the rollback stands still, and goes on with it when the actor starts the next time.
    pub fn rollback<R>(mut self, handler: R) -> Self
    where
        A: Actor,
        T: 'static,
        R: AsyncFnOnce(&Step<A>, T) -> Result<()> + 'static,
    {
        self.handler = Some(Box::new(|step, output| Box::pin(async move { handler(&step, output).await })));
        self
    }
}

impl<A, T, F> StepCall<'_, A, T, F, Caught> {
    /// Which failures are values; the others are errors. All but those of a [`super::RollbackError`] unless given.
    pub fn catch(mut self, kinds: impl IntoIterator<Item = FailureKind>) -> Self {
        self.catch = kinds.into_iter().collect();
        self
    }
}

impl<'a, A, T, F> IntoFuture for StepCall<'a, A, T, F, Plain>
where
    A: Actor,
    T: Serialize + DeserializeOwned + 'a,
    F: AsyncFnMut(&Step<A>) -> Result<T> + 'a,
{
    type Output = Result<T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.execute().await?.map_err(StepFailure::into_error) })
    }
}

impl<'a, A, T, F> IntoFuture for StepCall<'a, A, T, F, Caught>
where
    A: Actor,
    T: Serialize + DeserializeOwned + 'a,
    F: AsyncFnMut(&Step<A>) -> Result<T> + 'a,
{
    type Output = Result<Result<T, StepFailure>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + 'a>>;

    fn into_future(mut self) -> Self::IntoFuture {
        let catch = std::mem::take(&mut self.catch);
        Box::pin(async move {
            match self.execute().await? {
                Err(failure) if !catch.contains(&failure.kind) => Err(failure.into_error()),
                outcome => Ok(outcome),
            }
        })
    }
}

impl<A, T, F, M> StepCall<'_, A, T, F, M>
where
    A: Actor,
    T: Serialize + DeserializeOwned,
    F: AsyncFnMut(&Step<A>) -> Result<T>,
{
    async fn execute(mut self) -> Result<Result<T, StepFailure>> {
        let Self { flow, name, .. } = &self;
        let flow = *flow;
        let _place = flow.enter(name).await;
        if self.handler.is_some() && !flow.scope.has_checkpoint() {
            let message = format!(
                "the step `{name}` has a rollback handler, and there is no rollback checkpoint before it"
            );
            return Err(failure::of("rollback_checkpoint_missing", message));
        }
        let location = flow.scope.location.name(name);
        let entry = flow.visit(&location, EntryKind::Step).await;
        let mut entry = match entry {
            Some(entry) if entry.is_completed() => return Ok(Ok(self.replay(location, entry).await)),
            Some(Entry { failure: Some(recorded), attempts, .. }) => {
                return Ok(Err(StepFailure::from_record(recorded, name, attempts)));
            }
            Some(entry) => entry,
            None => Entry::new(EntryKind::Step, &location),
        };
        flow.stop_rollback().await;
        loop {
            self.back_off(&entry).await;
            flow.next_turn().await;
            if let Some(failure) = self.count_traps(&location, &mut entry).await {
                return Ok(Err(failure));
            }
            entry.attempts += 1;
            entry.last_attempt_at = dispatch::now_ms();
            match self.attempt(&location, &mut entry).await {
                Ok(output) => return Ok(Ok(output)),
                Err(Missed::Interrupted) => entry.attempts -= 1,
                Err(Missed::Failed(kind, error)) => {
                    if let Some(failure) = self.record(&location, &mut entry, kind, error).await {
                        return Ok(Err(failure));
                    }
                }
            }
        }
    }

    /// What a step that was completed has given.
    async fn replay(&mut self, location: Location, entry: Entry) -> T {
        let (flow, name) = (self.flow, &self.name);
        if entry.rollback_completed_at.is_some() {
            // What came after it is undone as well, and its output may be gone.
            flow.stop_rollback().await;
        }
        let output = |entry: &Entry| {
            from_value::<T>(entry.output.clone()).map_err(|error| {
                diverged(format!("the output of `{location}` is of another shape: {}", error.message()))
            })
        };
        if flow.engine.is_rolling_back()
            && let Some(handler) = self.handler.take()
        {
            let output = flow.engine.or_fault(output(&entry)).await;
            let handler = handler(Step::new(flow.instance.clone(), &location), output);
            let undo = Undo { name: name.clone(), location: location.clone(), entry: entry.clone(), handler };
            flow.engine.undo.borrow_mut().push(undo);
        }
        flow.engine.or_fault(output(&entry)).await
    }

    /// Counts turns that have trapped, which could not say so, as attempts of this step, if nothing else can have been at fault.
    async fn count_traps(&self, location: &Location, entry: &mut Entry) -> Option<StepFailure> {
        let engine = &*self.flow.engine;
        let (all_traps, own_traps) = engine.take_traps();
        // The first may be of what came behind an ephemeral step. After it that commits by itself.
        let traps = if self.is_ephemeral { own_traps.min(all_traps.saturating_sub(1)) } else { own_traps };
        if traps == 0 {
            return None;
        }
        entry.attempts = entry.attempts.saturating_add(traps);
        if !self.retry.is_exhausted(entry.attempts) {
            if all_traps >= MAX_TRAPS {
                engine.put(location, entry).await;
                engine.done();
            }
            self.back_off(entry).await;
            self.flow.next_turn().await;
            return None;
        }
        let message = format!("{traps} turns of the actor have trapped at it");
        let error = Error::new("actor", "panicked", message);
        self.record(location, entry, None, error).await
    }

    /// Waits for the time of the next attempt.
    async fn back_off(&self, entry: &Entry) {
        if entry.attempts == 0 {
            return;
        }
        let retry_at_ms = entry.last_attempt_at.saturating_add(self.retry.delay_ms(entry.attempts));
        if retry_at_ms > dispatch::now_ms() {
            self.flow.engine.alarms.at(retry_at_ms, true).await;
        }
    }

    /// Runs it once, and records that it is completed.
    async fn attempt(&mut self, location: &Location, entry: &mut Entry) -> Result<T, Missed> {
        let engine = &*self.flow.engine;
        let step = Step::new(self.flow.instance.clone(), location);
        let sleeps = wake::sleeps();
        let outcome = engine.attend(within(self.retry.timeout_ms, &step, (self.run)(&step))).await;
        let Some(outcome) = outcome else {
            let kind = (!self.retry.retry_on_timeout).then_some(FailureKind::Timeout);
            let message = format!("it took longer than {} ms", self.retry.timeout_ms);
            return Err(Missed::Failed(kind, failure::of("step_timed_out", message)));
        };
        let output = match outcome {
            Ok(output) => output,
            Err(error) => {
                let error = engine.unless_evicted(error).await;
                if is_aborted(&error) && sleeps != wake::sleeps() {
                    return Err(Missed::Interrupted);
                }
                return Err(Missed::Failed(failure::at_once(&error), error));
            }
        };
        let critical = |error| Missed::Failed(Some(FailureKind::Critical), error);
        let value = to_value(&output).map_err(critical)?;
        let completed = Entry { output: Some(value), error: None, ..entry.clone() }.completed();
        // What cannot be kept would be done again and again.
        engine.try_put(location, &self.flow.numbered(completed)).map_err(critical)?;
        if !self.is_ephemeral {
            engine.done();
        }
        Ok(output)
    }

    /// Records a failure. The failure if it is for good.
    async fn record(
        &self,
        location: &Location,
        entry: &mut Entry,
        kind: Option<FailureKind>,
        error: Error,
    ) -> Option<StepFailure> {
        let Self { flow, name, retry, .. } = self;
        let exhausted = retry.is_exhausted(entry.attempts).then_some(FailureKind::Exhausted);
        let recorded = kind.or(exhausted).map(|kind| Recorded { kind, error: RecordedError::from(&error) });
        // What the record does not say nobody hears: a replay could not say it again.
        let failure =
            recorded.clone().map(|recorded| StepFailure::from_record(recorded, name, entry.attempts));
        entry.error = Some(failure::line(&error));
        entry.failure = recorded;
        entry.status = if failure.is_some() { Status::Exhausted } else { Status::Failed };
        *entry = flow.numbered(std::mem::take(entry));
        if let Err(error) = flow.engine.try_put(location, entry) {
            return flow.fail(error).await;
        }
        flow.engine.done();
        let delay_ms = failure.is_none().then(|| retry.delay_ms(entry.attempts));
        flow.tell(WorkflowEvent::Step {
            workflow_id: flow.id(),
            step_name: name.clone(),
            attempt: entry.attempts,
            max_retries: retry.max_retries,
            remaining_retries: match failure {
                Some(_) => 0,
                None => (retry.max_retries + 1).saturating_sub(entry.attempts),
            },
            will_retry: failure.is_none(),
            retry_delay_ms: delay_ms,
            retry_at_ms: delay_ms.map(|delay_ms| entry.last_attempt_at.saturating_add(delay_ms)),
            error,
        })
        .await;
        failure
    }
}

/// The output of a step's future, unless it takes longer; 0 is as long as it likes. If the actor sleeps meanwhile, its time begins
/// anew.
async fn within<A: Actor, T>(timeout_ms: u64, step: &Step<A>, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left_ms = timeout_ms;
    let mut timer: Option<(u64, u64, Sleep)> = None;
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        if timeout_ms == 0 {
            return Poll::Pending;
        }
        let (sleeps, now_ms) = (wake::sleeps(), dispatch::now_ms());
        if timer.take_if(|(_, begun, _)| *begun != sleeps && !wake::is_aborted()).is_some() {
            left_ms = timeout_ms;
        }
        if step.is_in_line() {
            if let Some((since_ms, ..)) = timer.take() {
                left_ms = left_ms.saturating_sub(now_ms.saturating_sub(since_ms));
            }
            return Poll::Pending;
        }
        // Most steps wait for nothing, and need no timer.
        let begin = || (now_ms, sleeps, Sleep::new(Duration::from_millis(left_ms)));
        let (.., sleep) = timer.get_or_insert_with(begin);
        Pin::new(sleep).poll(context).map(|_over| None)
    })
    .await
}

impl<A, T, F, M> std::fmt::Debug for StepCall<'_, A, T, F, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StepCall")
            .field("name", &self.name)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
