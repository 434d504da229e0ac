//! What the operations of a workflow have in common: its records, and when they may go on.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use super::alarms::Alarms;
use super::entry::{self, Entry};
use super::hand::Hand;
use super::history::History;
use super::line::Line;
use super::location::Location;
use super::record::{Record, RunState};
use super::undo::Undo;
use crate::hold::Hold;
use crate::host::workflow;
use crate::operation::Sleep;
use crate::{Error, Log, Result, dispatch, wake};

/// The engine of one run of a workflow.
pub(crate) struct Engine {
    pub record: Record,
    pub history: History,
    pub alarms: Alarms,
    pub hand: Hand,
    /// The rollback handlers that a replay has found.
    pub undo: RefCell<Vec<Undo>>,
    is_rolling_back: Cell<bool>,
    /// The turn in which something was done that is to commit before anything else is done.
    done_in: Cell<u64>,
    line: Line,
    /// How much later it is than for the workflow, in milliseconds: it was down, and has to catch up.
    behind_ms: Cell<u64>,
    /// How many steps are running.
    busy: Cell<u32>,
    /// The turns that have trapped since anything was recorded.
    traps: Cell<u32>,
    /// The same with those that the workflow was not to blame for, as the host counts them.
    all_traps: Cell<u32>,
    /// The number of what was recorded last.
    last_order: Cell<u64>,
    halt: RefCell<Option<Halt>>,
}

/// Why the workflow's function does not go on.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Its code is wrong, or does not fit its history: that is no failure of the workflow.
    Fault(Error),
    /// It has failed where no code of its own could deal with it.
    Failure(Error),
    /// The actor goes without its memory.
    Evicted,
}

/// How a future of the workflow came to its end.
pub(crate) enum End<T> {
    Returned(T),
    Halted(Halt),
}

/// Counts as something that is done as long as it is there.
struct Busy<'a>(&'a Engine);

/// How many turns may trap in a row for which no step is to blame. A step records those that it is to blame for before there are
/// more.
pub(crate) const MAX_TRAPS: u32 = 10;

impl Engine {
    pub fn load() -> Result<Self> {
        let record = Record::load()?;
        let all_traps = workflow::traps()?;
        let now_ms = dispatch::now_ms();
        let engine = Self {
            behind_ms: Cell::new(now_ms.saturating_sub(record.wakes_at_ms().unwrap_or(now_ms))),
            traps: Cell::new(record.new_traps(all_traps)),
            all_traps: Cell::new(all_traps),
            record,
            history: History::default(),
            alarms: Alarms::default(),
            hand: Hand::default(),
            undo: RefCell::default(),
            is_rolling_back: Cell::new(false),
            done_in: Cell::new(0),
            line: Line::default(),
            busy: Cell::new(0),
            last_order: Cell::new(0),
            halt: RefCell::default(),
        };
        Ok(engine)
    }

    /// Whether the workflow is only replayed, to find its rollback handlers.
    pub fn is_rolling_back(&self) -> bool {
        self.is_rolling_back.get()
    }

    pub fn begin_rollback(&self) -> Result<()> {
        self.is_rolling_back.set(true);
        self.halt.replace(None);
        // A workflow that has failed completes nothing any more.
        self.hand.replace(BTreeMap::new())?;
        self.last_order.set(self.history.load()?.0);
        Ok(())
    }

    /// Begins with what the workflow has done before.
    pub fn replay(&self) -> Result<()> {
        let (last_order, held) = self.history.load()?;
        self.last_order.set(last_order);
        self.hand.replace(held)
    }

    /// Writes an entry. Without room for it the workflow has failed: then it never comes back.
    pub async fn put(&self, location: &Location, entry: &Entry) {
        if let Err(error) = self.try_put(location, entry) {
            self.halt(Halt::Failure(error)).await
        }
    }

    /// Writes an entry.
    pub fn try_put(&self, location: &Location, entry: &Entry) -> Result<()> {
        workflow::put(&location.to_host(), &entry::encode(entry)?)?;
        self.traps.set(0);
        if self.all_traps.take() > 0 {
            // This ends the host's count, so what comes next must not undo it by another trap.
            self.done();
        }
        self.record.pass_traps(0)
    }

    /// Removes what is there and beneath.
    pub async fn delete(&self, location: &Location) {
        self.history.pass(location);
        let deleted = workflow::delete(&location.to_host()).map_err(Error::from);
        if let Err(error) = deleted.and_then(|()| self.hand.put_back(location)) {
            self.halt(Halt::Failure(error)).await
        }
    }

    /// Something was done that is to commit before anything else is done.
    pub fn done(&self) {
        self.done_in.set(dispatch::turn());
    }

    /// Whether something was done in this turn.
    pub fn has_done(&self) -> bool {
        self.done_in.get() == dispatch::turn()
    }

    /// Waits for a turn, in line with others, after having recorded something with this number.
    pub async fn next_turn(&self, order: u64) {
        let waiter = self.line.wait(order);
        poll_fn(|context| waiter.poll(context, self.has_room())).await;
    }

    /// Whether the next one may go on in this turn.
    fn has_room(&self) -> bool {
        !self.has_done() && !self.is_held()
    }

    /// After a trap one goes on at a time, until something is recorded: so the next trap is its own.
    fn is_held(&self) -> bool {
        self.all_traps.get() > 0 && self.busy.get() > 0
    }

    /// Is busy with something to its end. The actor does not go to sleep while it waits for something, as long as it may take its
    /// time.
    pub async fn attend<T>(&self, future: impl Future<Output = T>) -> T {
        self.busy.set(self.busy.get() + 1);
        let _busy = Busy(self);
        let mut future = pin!(future);
        let mut hold = None;
        poll_fn(|context| {
            let poll = future.as_mut().poll(context);
            if poll.is_pending() && hold.is_none() {
                // Without it, what is lost by sleep is done again.
                hold = Hold::wait_until().ok();
            }
            poll
        })
        .await
    }

    /// The turns that have trapped since anything was recorded, once, and how many of them can only be of who has the turn.
    pub fn take_traps(&self) -> (u32, u32) {
        let is_other_due = self.alarms.next_ms().is_some_and(|first_ms| first_ms <= dispatch::now_ms());
        if is_other_due || self.busy.get() > 0 {
            return (0, 0);
        }
        let traps = self.traps.take();
        // The first time the others went on as well.
        (traps, traps.saturating_sub(u32::from(!self.line.is_empty())))
    }

    /// Whether the workflow has trapped at each of so many starts, and no step has counted it: then its own function does.
    pub fn always_traps(&self) -> bool {
        self.traps.get() > MAX_TRAPS
    }

    /// The workflow has come to rest, or stands still: it begins to count anew.
    pub fn pass_traps(&self) -> Result<()> {
        self.traps.set(0);
        match self.all_traps.take() {
            0 => Ok(()),
            traps => self.record.pass_traps(traps),
        }
    }

    /// The number of what is recorded now.
    pub fn next_order(&self) -> u64 {
        self.last_order.set(self.last_order.get() + 1);
        self.last_order.get()
    }

    /// Ends the run. Never comes back: whoever drives the workflow drops it.
    pub async fn halt<T>(&self, halt: Halt) -> T {
        self.set_halt(halt);
        pending().await
    }

    pub fn set_halt(&self, halt: Halt) {
        self.halt.borrow_mut().get_or_insert(halt);
    }

    pub fn take_halt(&self) -> Option<Halt> {
        self.halt.take()
    }

    /// Ends the run if it is an error.
    pub async fn or_fault<T>(&self, result: Result<T>) -> T {
        match result {
            Ok(value) => value,
            Err(error) => self.halt(Halt::Fault(error)).await,
        }
    }

    /// Ends the run if this is how operations end when the actor goes without its memory.
    pub async fn unless_evicted(&self, error: Error) -> Error {
        if is_aborted(&error) && wake::is_aborted() {
            return self.halt(Halt::Evicted).await;
        }
        error
    }

    /// Polls a future of the workflow, the way it needs it, until it ends. `evict`: it ends as well when the actor is to sleep, once
    /// no step is running.
    pub async fn drive<T>(&self, mut future: Pin<&mut dyn Future<Output = T>>, evict: bool) -> End<T> {
        let mut timer = Timer::default();
        let mut aborted = pin!(wake::Aborted::default());
        poll_fn(|context| {
            let is_aborted = evict && aborted.as_mut().poll(context).is_ready();
            // Whoever waits for it is polled now, come what may.
            let _over = timer.poll(context);
            loop {
                if self.has_room() {
                    self.line.call(context);
                }
                if let Poll::Ready(output) = future.as_mut().poll(context) {
                    return Poll::Ready(End::Returned(output));
                }
                if let Some(halt) = self.halt.take() {
                    return Poll::Ready(End::Halted(halt));
                }
                if is_aborted && self.busy.get() == 0 {
                    return Poll::Ready(End::Halted(Halt::Evicted));
                }
                let goes_on = self.has_room() && self.line.goes_on();
                if !goes_on && !self.ring(context) {
                    break;
                }
            }
            match self.settle(&mut timer, context) {
                Ok(()) => Poll::Pending,
                Err(error) => {
                    // What was done is durable, and whoever starts next finds it.
                    Log::new().error(format_args!("the workflow does not go on: {error}"));
                    Poll::Ready(End::Halted(Halt::Evicted))
                }
            }
        })
        .await
    }

    /// Lets the first one go on whose time has come: whether there was one. What was due while the actor was down comes when all that
    /// would have been done before is done.
    fn ring(&self, context: &Context<'_>) -> bool {
        let now_ms = dispatch::now_ms();
        if self.line.is_empty() {
            let first_ms = self.alarms.next_ms().unwrap_or(now_ms);
            self.behind_ms.set(now_ms.saturating_sub(first_ms));
        }
        self.alarms.ring(now_ms.saturating_sub(self.behind_ms.get()), context)
    }

    /// Says what the workflow waits for, and waits for it.
    fn settle(&self, timer: &mut Timer, context: &mut Context<'_>) -> Result<()> {
        let waits_for_turn = !self.line.is_empty() && !self.is_held();
        let deadline_ms = self.alarms.next_ms();
        let is_awake = waits_for_turn || self.busy.get() > 0 || !self.alarms.rest();
        if self.is_rolling_back() {
            self.record.awake(RunState::RollingBack)?;
        } else if is_awake {
            self.record.awake(RunState::Running)?;
        } else {
            if self.traps.get() > 0 {
                self.pass_traps()?;
            }
            self.record.rest(deadline_ms)?;
        }
        let rings_at_ms = deadline_ms.map(|deadline_ms| deadline_ms.saturating_add(self.behind_ms.get()));
        timer.set(if waits_for_turn { Some(0) } else { rings_at_ms });
        timer.poll(context)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.set(self.0.busy.get() - 1);
    }
}

/// Whether it is how operations end that sleep has ended.
pub(crate) fn is_aborted(error: &Error) -> bool {
    error.group() == "actor" && error.code() == "aborted"
}

/// The one timer that a workflow has with the host, for what comes first.
#[derive(Default)]
struct Timer(Option<(u64, Sleep)>);

impl Timer {
    /// Ends at a time, in milliseconds since the Unix epoch.
    fn set(&mut self, at_ms: Option<u64>) {
        if self.0.as_ref().map(|(at_ms, _)| *at_ms) == at_ms {
            return;
        }
        self.0 = at_ms.map(|at_ms| {
            let after_ms = at_ms.saturating_sub(dispatch::now_ms());
            (at_ms, Sleep::new(Duration::from_millis(after_ms)))
        });
    }

    /// Goes on, until it is over or cannot begin.
    fn poll(&mut self, context: &mut Context<'_>) -> Result<()> {
        if let Some((_, sleep)) = &mut self.0
            && let Poll::Ready(outcome) = Pin::new(sleep).poll(context)
        {
            self.0 = None;
            return outcome;
        }
        Ok(())
    }
}
