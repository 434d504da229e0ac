//! One actor's instance: its memory, its budgets, and one turn at a time.

use std::time::Duration;

use rivet_ground::{CallId, Event, limits};
use wasmtime::{Store, StoreContextMut, UpdateDeadline};

use crate::bindings::exports::rivet::actor::guest as wit;
use crate::bindings::{Actor, ActorPre};
use crate::budget::Exhausted;
use crate::engine::Sandbox;
use crate::guest::Guest;
use crate::iface::{ActorView, Inside, Turn, to_wit};
use crate::program::Program;
use crate::trap::Trap;

/// A live instance of an actor.
pub struct Instance {
    store: Store<Guest>,
    actor: Actor,
}

/// What `dispatch` returns for an event that it took.
const HANDLED: u32 = 0;

impl Instance {
    /// Instantiates the component for one actor.
    pub async fn new(program: &Program, view: ActorView) -> Result<Self, Trap> {
        let inside = Inside::of_actor(view, program.sandbox.clock.clone());
        instantiate(&program.sandbox, &program.pre, inside).await
    }

    /// Gives the actor one event and takes what its turn leaves. After a trap the turn has left
    /// nothing, and this instance takes no more turns: drop it.
    pub async fn turn(&mut self, event: Event) -> Result<Turn, Trap> {
        let guest = self.store.data_mut();
        guest.budget.begin_turn();
        guest.inside.begin_turn(&event);
        let time_ms = guest.clock.now_ms();
        let event = wit::Event {
            kind: event.kind as u32,
            id: event.id,
            connection: event.connection,
            name: event.name,
            payload: event.payload.into(),
            error: event.error.map(to_wit),
            time_ms,
        };
        let called = bounded(self.actor.rivet_actor_guest().call_dispatch(&mut self.store, &event)).await;
        let inside = &mut self.store.data_mut().inside;
        let ended = called.and_then(|disposition| inside.end_turn(disposition == HANDLED));
        ended.map_err(|error| {
            inside.drop_turn();
            Trap::new(&error)
        })
    }

    /// Closes a call that nobody waits for any more: an answer to it will be dropped.
    pub fn close_call(&mut self, call: CallId) {
        self.store.data_mut().inside.close_call(call);
    }
}

/// Reads a component's manifest in an instance without an actor.
pub(crate) async fn describe(sandbox: &Sandbox, pre: &ActorPre<Guest>) -> Result<String, Trap> {
    let inside = Inside::of_nobody(sandbox.clock.clone());
    let mut instance = instantiate(sandbox, pre, inside).await?;
    let described = bounded(instance.actor.rivet_actor_guest().call_describe(&mut instance.store)).await;
    described.map_err(|error| Trap::new(&error))
}

async fn instantiate(sandbox: &Sandbox, pre: &ActorPre<Guest>, inside: Inside) -> Result<Instance, Trap> {
    let guest = Guest::new(inside, sandbox.memory_max_bytes, sandbox.clock.clone());
    let mut store = Store::new(&sandbox.engine, guest);
    store.limiter(|guest| &mut guest.budget);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(on_tick);
    let actor = bounded(pre.instantiate_async(&mut store)).await.map_err(|error| Trap::new(&error))?;
    Ok(Instance { store, actor })
}

/// Called in a computing guest once an epoch tick: yields to the neighbours, and traps past the budget.
fn on_tick(mut store: StoreContextMut<'_, Guest>) -> wasmtime::Result<UpdateDeadline> {
    store.data_mut().budget.spend_tick()?;
    Ok(UpdateDeadline::Yield(1))
}

/// Bounds what the CPU budget does not see: a guest that waits in a WASI call. The time that it
/// computes, or waits for its neighbours to, counts as well, so the bound leaves room for both.
async fn bounded<T>(call: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
    let most = Duration::from_millis(limits::TURN_WAIT_MS + limits::TURN_CPU_MS);
    match tokio::time::timeout(most, call).await {
        Ok(result) => result,
        Err(_) => Err(Exhausted::Wait.into()),
    }
}
