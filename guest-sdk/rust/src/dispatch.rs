//! Events from the host, each given to the actor, and the turn that follows.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::bindings::component::exports::rivet::actor::guest::Event;
use crate::host::identity;
use crate::instance::{Instance, Running, answer};
use crate::manifest::Manifest;
use crate::{Actor, Error, checkpoint, executor, operation};

/// One turn: takes an event, runs what it woke, saves the state. Returns the disposition: 0 handled, 1
/// unknown kind (`guest.wit`).
pub fn dispatch(exports: &[Export], event: Event) -> u32 {
    if !matches!(event.kind, CREATE..=PUBLISH) {
        return 1;
    }
    NOW_MS.set(event.time_ms);
    TURN.set(TURN.get() + 1);
    if event.kind == COMPLETION {
        operation::complete(event.id, event.payload, event.error);
    } else {
        match actor(exports) {
            Ok(actor) => actor.take(event),
            Err(error) => answer(event.id, Err(error)),
        }
    }
    executor::run();
    checkpoint::save();
    0
}

/// The manifest of the component: JSON.
pub fn describe(exports: &[Export]) -> String {
    let actors: Vec<_> = exports.iter().map(|export| (export.manifest)().to_json()).collect();
    format!(r#"{{"sdk":"rivet-guest {}","actors":[{}]}}"#, env!("CARGO_PKG_VERSION"), actors.join(","))
}

/// An actor type that the component offers.
pub struct Export {
    name: &'static str,
    manifest: fn() -> Manifest,
    instance: fn() -> Rc<dyn Running>,
}

impl Export {
    /// The export of a type.
    pub const fn of<A: Actor>() -> Self {
        Self { name: A::NAME, manifest: || A::MANIFEST, instance: || Rc::new(Instance::<A>::new()) }
    }
}

/// Wall clock at the start of the turn.
pub(crate) fn now_ms() -> u64 {
    NOW_MS.get()
}

/// The number of the turn in this instance, from 1.
pub(crate) fn turn() -> u64 {
    TURN.get()
}

/// Forgets the actor: for a test that begins anew.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn clear() {
    executor::clear();
    ACTOR.take();
}

// The kinds of event (`guest.wit`).
pub(crate) const CREATE: u32 = 1;
pub(crate) const WAKE: u32 = 2;
pub(crate) const ACTION: u32 = 3;
pub(crate) const COMPLETION: u32 = 4;
pub(crate) const DESTROY: u32 = 5;
pub(crate) const CONNECT: u32 = 6;
pub(crate) const DISCONNECT: u32 = 7;
pub(crate) const SUBSCRIBE: u32 = 8;
pub(crate) const REQUEST: u32 = 9;
pub(crate) const MESSAGE: u32 = 10;
pub(crate) const RUN: u32 = 11;
pub(crate) const SLEEP: u32 = 12;
pub(crate) const RESUME: u32 = 13;
pub(crate) const PUBLISH: u32 = 14;

thread_local! {
    static NOW_MS: Cell<u64> = const { Cell::new(0) };
    static TURN: Cell<u64> = const { Cell::new(0) };
    /// The one actor of this instance, made at its first event.
    static ACTOR: RefCell<Option<Rc<dyn Running>>> = const { RefCell::new(None) };
}

fn actor(exports: &[Export]) -> Result<Rc<dyn Running>, Error> {
    if let Some(actor) = ACTOR.with_borrow(Clone::clone) {
        return Ok(actor);
    }
    let name = identity::name();
    let Some(export) = exports.iter().find(|export| export.name == name) else {
        return Err(Error::internal(format_args!("this component has no actor named {name:?}")));
    };
    let actor = (export.instance)();
    ACTOR.set(Some(actor.clone()));
    Ok(actor)
}
