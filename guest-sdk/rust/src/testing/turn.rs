//! Gives events to the actor under test, until nothing follows from them.

use std::collections::{BTreeSet, VecDeque};

use serde::Serialize;

use super::Frame;
use super::imports::connection::{Connection, Stage};
use super::imports::{HOST, Host};
use crate::bindings::component::exports::rivet::actor::guest::Event;
use crate::conn::WEB_SOCKET;
use crate::dispatch::{self, COMPLETION, CONNECT, DISCONNECT, Export, MESSAGE};
use crate::{Actor, Error, Result};

/// An event of a kind, with nothing else in it.
pub(super) fn event(kind: u32, id: u64) -> Event {
    let (connection, name, payload) = (0, String::new(), vec![]);
    Event { kind, id, connection, name, payload, error: None, time_ms: 0 }
}

/// A new call.
pub(super) fn next_call() -> u64 {
    HOST.with_borrow_mut(|host| {
        host.last_call += 1;
        host.last_call
    })
}

/// Gives the actor an event, and then all that follows from it.
pub(super) fn deliver<A: Actor>(event: Event) {
    give::<A>(event);
    settle::<A>();
}

/// Gives the actor what has come up: the ends of operations, messages, the ends of connections.
///
/// # Panics
/// When it does not come to an end.
#[allow(clippy::panic, reason = "this fails the test, as it must")]
pub(super) fn settle<A: Actor>() {
    for _ in 0..STEPS {
        let completion = HOST.with_borrow_mut(|host| host.completions.pop_front());
        if let Some((operation, payload)) = completion {
            give::<A>(Event { payload, ..event(COMPLETION, operation) });
            continue;
        }
        if let Some((operation, outcome)) = HOST.with_borrow_mut(|host| host.web.answered.pop_front()) {
            let (payload, error) = outcome.map_or_else(|e| (vec![], Some(e)), |payload| (payload, None));
            give::<A>(Event { payload, error, ..event(COMPLETION, operation) });
            continue;
        }
        if let Some(operation) = HOST.with_borrow_mut(|host| host.queue.take_ready()) {
            give::<A>(event(COMPLETION, operation));
            continue;
        }
        if let Some((number, frame)) = HOST.with_borrow_mut(Host::next_message) {
            hear::<A>(number, frame);
            continue;
        }
        let end = HOST.with_borrow_mut(|host| {
            let passed = host.passed().map(|number| (number, 1000, String::new()));
            passed.or_else(|| host.ends.pop_front())
        });
        match end {
            Some((number, code, reason)) => leave::<A>(number, code, &reason),
            None => return,
        }
    }
    panic!("the actor does not come to rest");
}

/// How much may follow from one event.
const STEPS: usize = 1_000_000;

/// Makes a connection that knocks: its number and the call that answers. Without a hook that listens it is
/// let in at once, and the call is answered.
pub(super) fn knock<A: Actor>(kind: &'static str, path: &str, params: Vec<u8>) -> Result<(u64, u64)> {
    let call = next_call();
    let hibernates = match kind {
        "connect" => true,
        WEB_SOCKET => A::MANIFEST.can_hibernate_web_socket,
        _ => false,
    };
    let connection = Connection {
        kind,
        params,
        state: None,
        hibernates,
        stage: Stage::Entering(call),
        subscriptions: BTreeSet::new(),
        told: vec![],
        frames: vec![],
        unheard: VecDeque::new(),
        hearing: None,
        closed: None,
    };
    let number = HOST.with_borrow_mut(|host| {
        host.last_connection += 1;
        host.connections.insert(host.last_connection, connection);
        host.last_connection
    });
    let hooks = A::MANIFEST.hooks;
    if hooks.connect || (hooks.message && kind == WEB_SOCKET) {
        let payload = head("GET", path, &[])?;
        let name = kind.to_owned();
        deliver::<A>(Event { connection: number, name, payload, ..event(CONNECT, call) });
    } else {
        set_stage(number, Stage::Open);
        HOST.with_borrow_mut(|host| host.answers.insert(call, Ok(vec![])));
    }
    Ok((number, call))
}

/// The answer to a connection that knocked. Fails with the hook's error, and with `actor.callback_timed_out`
/// when a hook waits, or waits for the actor: its time is over at once.
pub(super) fn let_in(call: u64) -> Result<()> {
    let waits = || {
        HOST.with_borrow_mut(|host| host.give_up(call));
        Error::new("actor", "callback_timed_out", "a hook waits".to_owned())
    };
    take_answer(call).ok_or_else(waits)?.map(|_nothing| ())
}

/// The answer to a call, once.
pub(super) fn take_answer(call: u64) -> Option<Result<Vec<u8>>> {
    let answer = HOST.with_borrow_mut(|host| host.answers.remove(&call))?;
    Some(answer.map_err(Error::from))
}

/// The head of a request (`guest.wit`).
pub(super) fn head(method: &str, path: &str, headers: &[(&str, &str)]) -> Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Head<'a> {
        method: &'a str,
        path: &'a str,
        headers: Vec<(String, &'a str)>,
    }
    let headers = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), *value)).collect();
    crate::to_cbor(&Head { method, path, headers })
}

fn give<A: Actor>(event: Event) {
    let time_ms = HOST.with_borrow(|host| host.now_ms);
    dispatch::dispatch(&[Export::of::<A>()], Event { time_ms, ..event });
    super::imports::sql::end_turn();
}

/// Tells the actor of a message.
fn hear<A: Actor>(number: u64, frame: Frame) {
    let call = next_call();
    HOST.with_borrow_mut(|host| {
        if let Some(connection) = host.connections.get_mut(&number) {
            connection.hearing = Some(call);
        }
    });
    let (name, payload) = match frame {
        Frame::Text(text) => ("text", text.into_bytes()),
        Frame::Binary(data) => ("binary", data),
    };
    give::<A>(Event { connection: number, name: name.to_owned(), payload, ..event(MESSAGE, call) });
}

/// Tells the actor of the end of a connection.
fn leave<A: Actor>(number: u64, code: u16, reason: &str) {
    #[derive(Serialize)]
    struct End<'a> {
        code: u16,
        reason: &'a str,
    }
    let stage = HOST.with_borrow(|host| host.connections.get(&number).map(|connection| connection.stage));
    let is_raw = HOST.with_borrow(|host: &Host| {
        host.connections.get(&number).is_some_and(|connection| connection.kind == WEB_SOCKET)
    });
    let hooks = A::MANIFEST.hooks;
    let told = hooks.disconnect || (hooks.message && is_raw);
    match crate::to_cbor(&End { code, reason }) {
        Ok(payload) if told && stage == Some(Stage::Open) => {
            let call = next_call();
            set_stage(number, Stage::Leaving(call));
            give::<A>(Event { connection: number, payload, ..event(DISCONNECT, call) });
        }
        _ => set_stage(number, Stage::Gone),
    }
}

fn set_stage(number: u64, stage: Stage) {
    HOST.with_borrow_mut(|host| {
        if let Some(connection) = host.connections.get_mut(&number) {
            connection.stage = stage;
        }
    });
}
