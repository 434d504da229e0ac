//! Loops.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_cbor::Value;

use super::entry::{Entrance, Entry, EntryKind, from_value, to_value};
use super::flow::Workflow;
use super::location::Location;
use crate::{Actor, Result};

/// How an iteration ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loop<S, T> {
    /// Another one follows, with this state.
    Continue(S),
    /// It was the last one.
    Break(T),
}

/// A loop that is to be awaited. Every 20 iterations its state is kept, and what older iterations did is removed from the
/// history. A replay begins at the oldest iteration that is in the history. The state is in the loop's record twice, for the
/// oldest iteration and for the newest that was kept; at the end beside the output, and without that of the oldest if the workflow
/// has no rollback checkpoint.
#[must_use = "a loop does nothing until it is awaited"]
pub struct LoopCall<'a, A, S, T, F> {
    flow: &'a Workflow<A>,
    name: String,
    state: S,
    run: F,
    prune_interval: u32,
    history_size: Option<u32>,
    output: PhantomData<T>,
}

/// How often the state is kept, unless told (semantics.md of Rivet 2.3.19, section 16).
const PRUNE_INTERVAL: u32 = 20;

impl<'a, A, S, T, F> LoopCall<'a, A, S, T, F> {
    pub(super) fn new(flow: &'a Workflow<A>, name: String, state: S, run: F) -> Self {
        let (prune_interval, history_size) = (PRUNE_INTERVAL, None);
        Self { flow, name, state, run, prune_interval, history_size, output: PhantomData }
    }

    /// After how many iterations the state is kept, and what older ones did is removed; at least 1.
    pub fn history_prune_interval(mut self, iterations: u32) -> Self {
        self.prune_interval = iterations.max(1);
        self
    }

    /// How many iterations stay in the history when older ones are removed; as many as are between two times unless given. If it
    /// is more than that, up to twice as many stay. Only these are rolled back when the workflow fails.
    pub fn history_size(mut self, iterations: u32) -> Self {
        self.history_size = Some(iterations);
        self
    }
}

impl<'a, A, S, T, F> IntoFuture for LoopCall<'a, A, S, T, F>
where
    A: Actor,
    S: Serialize + DeserializeOwned + 'a,
    T: Serialize + DeserializeOwned + 'a,
    F: AsyncFnMut(&Workflow<A>, S) -> Result<Loop<S, T>> + 'a,
{
    type Output = Result<T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.execute())
    }
}

impl<A, S, T, F> LoopCall<'_, A, S, T, F>
where
    A: Actor,
    S: Serialize + DeserializeOwned,
    T: Serialize + DeserializeOwned,
    F: AsyncFnMut(&Workflow<A>, S) -> Result<Loop<S, T>>,
{
    async fn execute(self) -> Result<T> {
        let Self { flow, name, state, mut run, prune_interval, history_size, .. } = self;
        let engine = &*flow.engine;
        let _place = flow.enter(&name).await;
        let location = flow.scope.location.name(&name);
        let mut entry = match flow.visit(&location, EntryKind::Loop).await {
            Some(entry) if entry.is_completed() && !engine.is_rolling_back() => {
                engine.history.pass(&location);
                return Ok(engine.or_fault(from_value(entry.output)).await);
            }
            Some(entry) => entry,
            None => {
                flow.stop_rollback().await;
                let begun = Entry::new(EntryKind::Loop, &location);
                let begun = Entry { iteration: Some(0), state: Some(to_value(&state)?), ..begun };
                engine.put(&location, &begun).await;
                begun
            }
        };
        let entrance = entrance(&entry);
        engine.history.pass_iterations(&location, entrance.iteration);
        let mut iteration = entrance.iteration;
        let mut state: S = engine.or_fault(from_value(Some(entrance.state.clone()))).await;
        let keeps = history_size.unwrap_or(prune_interval);
        let mut window = Window { entrance, next: None, interval: prune_interval, keeps };
        loop {
            let before = to_value(&state)?;
            window.note(iteration, &before);
            if iteration.is_multiple_of(prune_interval) && iteration > entry.iteration.unwrap_or_default() {
                keep(flow, &location, &mut entry, iteration, &before, &window.entrance).await;
            }
            let inner = flow.within(flow.scope.beneath(location.iteration(iteration)));
            let outcome = run(&inner, state).await?;
            engine.or_fault(inner.check_end()).await;
            match outcome {
                Loop::Break(output) => {
                    if !engine.is_rolling_back() {
                        // It is entered again only to be rolled back.
                        let entrance = engine.history.has_checkpoint().then_some(window.entrance);
                        let output = Some(to_value(&output)?);
                        let (iteration, state) = (Some(iteration), Some(before));
                        let ended = Entry { output, iteration, state, entrance, ..entry.completed() };
                        engine.put(&location, &flow.numbered(ended)).await;
                    }
                    return Ok(output);
                }
                Loop::Continue(next) => state = next,
            }
            iteration += 1;
        }
    }
}

/// The iterations of a loop that stay in its history.
struct Window {
    /// The oldest, with which the loop is entered: so all of them can be rolled back.
    entrance: Entrance,
    /// The one that is to be the oldest, once as many as are to stay have followed.
    next: Option<Entrance>,
    interval: u32,
    keeps: u32,
}

impl Window {
    /// An iteration begins with a state.
    fn note(&mut self, iteration: u32, state: &Value) {
        let Self { interval, keeps, .. } = *self;
        let begins = || Entrance { iteration, state: state.clone() };
        let will_be_oldest = (u64::from(iteration) + u64::from(keeps)).is_multiple_of(u64::from(interval));
        if will_be_oldest {
            self.next.get_or_insert_with(begins);
        }
        if iteration.is_multiple_of(interval)
            && let Some(next) = self.next.take_if(|next| next.iteration.saturating_add(keeps) <= iteration)
        {
            self.entrance = next;
            self.next = (will_be_oldest && keeps > 0).then(begins);
        }
    }
}

/// The iteration that a loop is entered with.
fn entrance(entry: &Entry) -> Entrance {
    let state = entry.state.clone().unwrap_or(Value::Null);
    let newest = Entrance { iteration: entry.iteration.unwrap_or_default(), state };
    entry.entrance.clone().unwrap_or(newest)
}

/// Keeps the state that an iteration begins with, and removes the iterations before the entrance, in a turn of their own.
async fn keep<A: Actor>(
    flow: &Workflow<A>,
    location: &Location,
    entry: &mut Entry,
    iteration: u32,
    state: &Value,
    oldest: &Entrance,
) {
    let engine = &*flow.engine;
    if engine.is_rolling_back() {
        // Other code may not have kept anything here. Where nothing is left, nothing was done.
        if !engine.history.has_unvisited(location) {
            flow.stop_rollback().await;
        }
        return;
    }
    let removed = entrance(entry).iteration..oldest.iteration;
    let (state, entrance) = (Some(state.clone()), Some(oldest.clone()));
    let kept = Entry { iteration: Some(iteration), state, entrance, ..std::mem::take(entry) };
    *entry = flow.numbered(kept);
    engine.put(location, entry).await;
    for iteration in removed {
        engine.delete(&location.iteration(iteration)).await;
    }
    engine.done();
    flow.next_turn().await;
}

impl<A, S, T, F> std::fmt::Debug for LoopCall<'_, A, S, T, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoopCall").field("name", &self.name).finish_non_exhaustive()
    }
}
