//! The state that the end of the turn will save.
//!
//! While an exclusive action waits, it alone may look at the actor, so nobody else can serialize it. That
//! is why the state is taken *before* each await, by the code that the `actor` macro puts there, and kept
//! here as bytes until the turn ends.

use std::cell::{Cell, RefCell};
use std::ptr;

use crate::{Actor, host};

/// Takes the state of the actor, if this is the actor: another value of its type is left alone, and so is
/// one that has not started yet.
///
/// # Panics
/// When the state does not serialize: the turn is undone, because what it did cannot be saved.
#[allow(clippy::panic, reason = "a state that cannot be saved must undo the turn")]
pub fn checkpoint<A: Actor>(actor: &A) {
    if ACTOR_ADDRESS.get() != ptr::from_ref(actor).addr() {
        return;
    }
    match serde_cbor::to_vec(actor) {
        Ok(bytes) => STATE.with_borrow_mut(|state| state.taken = Some(bytes)),
        Err(error) => panic!("the state of the actor {:?} cannot be serialized: {error}", A::NAME),
    }
}

/// Names the actor whose state is taken from now on, and what of it is durable already.
pub(crate) fn watch<A: Actor>(actor: &A, saved: Option<Vec<u8>>) {
    ACTOR_ADDRESS.set(ptr::from_ref(actor).addr());
    STATE.set(State { taken: None, saved });
}

/// Saves what was taken since the last time, if it is news.
///
/// # Panics
/// When the host refuses the state: the turn is undone.
#[allow(clippy::panic, reason = "a state that cannot be saved must undo the turn")]
pub(crate) fn save() {
    STATE.with_borrow_mut(|state| {
        let Some(bytes) = state.taken.take() else { return };
        if state.saved.as_ref() == Some(&bytes) {
            return;
        }
        if let Err(error) = host::state::set(&bytes) {
            panic!("the host refused the state: {}.{}: {}", error.group, error.code, error.message);
        }
        state.saved = Some(bytes);
    });
}

thread_local! {
    /// An address to compare with and nothing else; 0 before there is an actor.
    static ACTOR_ADDRESS: Cell<usize> = const { Cell::new(0) };
    static STATE: RefCell<State> = RefCell::default();
}

#[derive(Default)]
struct State {
    taken: Option<Vec<u8>>,
    saved: Option<Vec<u8>>,
}
