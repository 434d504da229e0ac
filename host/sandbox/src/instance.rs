//! One actor's instance: its memory, its budgets, and one turn at a time.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use rivet_ground::{
    ActorError, CallId, Clock, Connection, ConnectionId, Event, MessageId, OperationId, Outcome, limits,
};
use wasmtime::{Store, StoreContextMut, UpdateDeadline, component};

use crate::bindings::Actor;
use crate::bindings::exports::rivet::actor::guest as wit;
use crate::code::Code;
use crate::guest::Guest;
use crate::iface::{ActorView, Claim, Holds, Inside, Turn, WriteSet, to_wit};
use crate::program::Program;
use crate::snapshot::Base;
use crate::trap::Trap;
use crate::waits::{Waits, bounded};

/// A live instance of an actor.
pub struct Instance {
    pub(crate) code: Arc<Code>,
    pub(crate) store: Store<Guest>,
    pub(crate) instance: component::Instance,
    actor: Actor,
    /// The guest's, where they can be reached while a call has the store.
    waits: Arc<Mutex<Waits>>,
    clock: Arc<dyn Clock>,
}

/// What `dispatch` returns for an event that it took.
const HANDLED: u32 = 0;

impl Instance {
    /// Instantiates the component for one actor.
    pub async fn new(program: &Program, view: ActorView) -> Result<Self, Trap> {
        let inside = Inside::of_actor(view, program.code.sandbox.clock.clone());
        instantiate(&program.code, inside).await
    }

    /// Gives the actor one event and takes what its turn leaves. After a trap the turn has left
    /// nothing, and this instance takes no more turns: drop it.
    pub async fn turn(&mut self, event: Event) -> Result<Turn, Trap> {
        self.begin_call();
        let guest = self.store.data_mut();
        guest.inside.begin_turn(&event);
        let time_ms = guest.clock.now_ms();
        guest.inside.time_ms = time_ms;
        let event = wit::Event {
            kind: event.kind as u32,
            id: event.id,
            connection: event.connection,
            name: event.name,
            payload: event.payload.into(),
            error: event.error.map(to_wit),
            time_ms,
        };
        let call = self.actor.rivet_actor_guest().call_dispatch(&mut self.store, &event);
        let called = bounded(&self.waits, self.clock.as_ref(), call).await;
        let inside = &mut self.store.data_mut().inside;
        let ended = called.and_then(|disposition| inside.end_turn(disposition == HANDLED));
        ended.map_err(|error| {
            inside.drop_turn();
            Trap::new(&error)
        })
    }

    /// Gives a call into the component the budgets of a turn.
    pub(crate) fn begin_call(&mut self) {
        // The epoch went on while the actor was idle: that is not time it computed.
        self.store.set_epoch_deadline(1);
        let guest = self.store.data_mut();
        guest.budget.begin_turn();
        guest.waits.lock().begin_turn();
    }

    /// The image of the instance is kept, and another instance goes on with the lines that it has not ended.
    pub fn leave_lines(&mut self) {
        self.store.data().inside.log.lock().set_partial(Default::default());
    }

    /// Bytes of all memories of the instance.
    pub fn memory_bytes(&self) -> usize {
        self.store.data().budget.memory_bytes()
    }

    /// What keeps the actor from sleeping, as far as the guest has said so.
    pub fn holds(&self) -> Holds {
        self.store.data().inside.holds()
    }

    /// Puts a message of somebody outside into the actor's queue, without a turn. Returns its number and the writes: commit
    /// them.
    ///
    /// # Errors
    /// The queue does not take it: why, for the sender.
    pub fn enqueue(&mut self, name: String, body: Bytes) -> Result<(MessageId, WriteSet), ActorError> {
        let now_ms = self.clock.now_ms();
        self.store.data_mut().inside.enqueue(name, body, now_ms)
    }

    /// The waits for messages that have come to their end since this was asked last: each is to be completed.
    ///
    /// # Errors
    /// The store cannot be read: drop the instance.
    pub fn ready_waits(&mut self) -> Result<Vec<OperationId>, Trap> {
        self.store.data_mut().inside.ready_waits().map_err(|error| Trap::new(&error))
    }

    /// Puts the messages that the guest has received and not completed back into the queue: whoever had them is gone.
    pub fn drop_hand(&mut self) {
        self.store.data_mut().inside.drop_hand();
    }

    /// The operations that wait for a message, or for one to be completed.
    pub fn queue_operations(&self) -> Vec<OperationId> {
        self.store.data().inside.queue_operations()
    }

    /// Whether the actor has begun nothing but to wait for what wakes it: messages, and timers that end no sooner than it
    /// wants to be awake.
    pub fn rests(&self) -> bool {
        self.store.data().inside.rests(self.clock.now_ms())
    }

    /// How an operation ends whose time has come.
    pub fn at_time(&self, operation: OperationId) -> Outcome {
        self.store.data().inside.at_time(operation)
    }

    /// What remains of a turn that trapped, although all that it did is undone: its messages were tried, what it was to
    /// run has fired, and its workflow is to know. Commit it, and drop the instance.
    pub fn after_trap(&mut self) -> WriteSet {
        let now_ms = self.clock.now_ms();
        let inside = &mut self.store.data_mut().inside;
        let mut writes = inside.messages_after_trap(now_ms).unwrap_or_else(|error| {
            tracing::error!(actor = %inside.identity.actor, "what a trapped turn had received cannot be read: {error:#}");
            WriteSet::new()
        });
        writes.append(inside.schedule_after_trap());
        writes.append(inside.workflow_after_trap());
        writes
    }

    /// Closes a call that nobody waits for any more: an answer to it will be dropped. A connection whose `connect` or
    /// `disconnect` it was is gone.
    pub fn close_call(&mut self, call: CallId) {
        self.store.data_mut().inside.close_call(call);
    }

    /// Closes a call like [`Instance::close_call`], because of an error that whoever waited for it was told. Returns what
    /// notes that: commit it.
    pub fn fail_call(&mut self, call: CallId, error: &ActorError) -> WriteSet {
        self.store.data_mut().inside.fail_call(call, error)
    }

    /// When the first of the actor's schedules is due, in milliseconds since the Unix epoch.
    pub fn due_ms(&self) -> Option<u64> {
        self.store.data().inside.agenda.due_ms
    }

    /// Claims the first of the actor's schedules, if it is due. Give the actor the action at once: what the claim writes
    /// commits with its turn.
    ///
    /// # Errors
    /// The store cannot be read. Nothing is claimed then.
    pub fn claim_due(&mut self) -> Result<Claim, Trap> {
        self.store.data_mut().inside.claim_due().map_err(|error| Trap::new(&error))
    }

    /// Announces a connection before its `connect`, or before its first action. Without a `connect` it counts as open, and
    /// is kept in memory alone.
    pub fn connect(&mut self, id: ConnectionId, connection: Connection) {
        self.store.data_mut().inside.announce(id, connection);
    }

    /// Lets a connection in without a turn. Returns the write of its record, if it hibernates: commit it.
    pub fn accept(&mut self, id: ConnectionId) -> WriteSet {
        self.store.data_mut().inside.accept(id)
    }

    /// Drops a connection without a turn. Returns the delete of its record, if it hibernates: commit it.
    pub fn forget(&mut self, id: ConnectionId) -> WriteSet {
        self.store.data_mut().inside.forget(id)
    }
}

/// Looks at a component in an instance without an actor: the manifest that it gives, and what its memories hold
/// before, if they can be looked at.
pub(crate) async fn describe(code: &Arc<Code>) -> Result<String, Trap> {
    let mut instance = instantiate(code, Inside::of_nobody(code.sandbox.clock.clone())).await?;
    if code.control.is_ok() {
        let base = instance.base().await.map_err(|error| Trap::new(&error))?;
        let base = if instance.store.data().handles.live().is_empty() {
            check_base(code, base).await?
        } else {
            // A restored instance would hold them already, under numbers that others are to have.
            Err("it opens a stream or an alarm while it starts".to_owned())
        };
        drop(code.base.set(base.map(Arc::new)));
    }
    let call = instance.actor.rivet_actor_guest().call_describe(&mut instance.store);
    let described = bounded(&instance.waits, instance.clock.as_ref(), call).await;
    described.map_err(|error| Trap::new(&error))
}

/// Checks that what a new instance holds is what every new instance holds, so that it need not be kept with snapshots.
async fn check_base(code: &Arc<Code>, base: Base) -> Result<Result<Base, String>, Trap> {
    if base.len_bytes() > limits::BASE_BYTES {
        return Ok(Err(format!("it starts with more than {} bytes of memory", limits::BASE_BYTES)));
    }
    let mut other = instantiate(code, Inside::of_nobody(code.sandbox.clock.clone())).await?;
    let other = other.base().await.map_err(|error| Trap::new(&error))?;
    Ok(if base == other {
        Ok(base)
    } else {
        Err("its instances do not all start with the same memory".to_owned())
    })
}

/// Makes an instance.
pub(crate) async fn instantiate(code: &Arc<Code>, inside: Inside) -> Result<Instance, Trap> {
    let sandbox = &code.sandbox;
    let mut store = Store::new(&sandbox.engine, Guest::new(inside, sandbox));
    store.limiter(|guest| &mut guest.budget);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(on_tick);
    let (waits, clock) = (store.data().waits.clone(), sandbox.clock.clone());
    let instance = bounded(&waits, clock.as_ref(), code.pre.instantiate_async(&mut store)).await;
    let instance = instance.map_err(|error| Trap::new(&error))?;
    let actor = code.indices.load(&mut store, &instance).map_err(|error| Trap::new(&error))?;
    Ok(Instance { code: code.clone(), store, instance, actor, waits, clock })
}

/// Called in a computing guest once an epoch tick: yields to the neighbours, and traps past the budget.
fn on_tick(mut store: StoreContextMut<'_, Guest>) -> wasmtime::Result<UpdateDeadline> {
    store.data_mut().budget.spend_tick()?;
    Ok(UpdateDeadline::Yield(1))
}
