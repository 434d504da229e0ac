//! The imports as a test's stand-in for the host offers them: named and shaped as wit-bindgen names and
//! shapes those of the host.

pub(crate) mod client;
pub(crate) mod connection;
pub(crate) mod cron;
pub(crate) mod events;
pub(crate) mod fetch;
pub(crate) mod kv;
pub(crate) mod queue;
pub(crate) mod request;
pub(crate) mod schedule;
pub(crate) mod sql;
pub(crate) mod web_socket;
pub(crate) mod workflow;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::bindings::component::rivet::actor::lifecycle::HoldKind;
use crate::host::HostError;
use connection::{Connection, Stage};
use fetch::Web;
use queue::Queue;
use request::Exchange;
use workflow::Workflow;

thread_local! {
    pub(super) static HOST: RefCell<Host> = RefCell::default();
}

/// What a host knows of one actor.
#[derive(Default)]
pub(super) struct Host {
    pub name: String,
    pub generation: u64,
    pub now_ms: u64,
    pub state: Option<Vec<u8>>,
    pub state_writes: usize,
    pub kv: BTreeMap<Vec<u8>, Vec<u8>>,
    pub queue: Queue,
    pub log: Vec<String>,
    pub answers: BTreeMap<u64, Result<Vec<u8>, HostError>>,
    /// The calls that were given up before they were answered.
    pub given_up: BTreeSet<u64>,
    pub last_operation: u64,
    /// When each pending timer ends, in milliseconds of `now_ms`.
    pub timers: BTreeMap<u64, u64>,
    /// What other actors were asked, and have not answered: by operation.
    pub asked: BTreeMap<u64, client::Asked>,
    /// What is due at a time: that, and the id.
    pub schedules: BTreeMap<(u64, String), schedule::Entry>,
    pub last_schedule: u64,
    /// What recurs, by name.
    pub jobs: BTreeMap<String, cron::Kept>,
    /// When the actor is to be started or woken, if it is not awake then.
    pub wake_at_ms: Option<u64>,
    pub workflow: Workflow,
    pub asleep: bool,
    pub destroyed: bool,
    pub sleep_requested: bool,
    pub last_hold: u64,
    pub holds: BTreeMap<u64, HoldKind>,
    /// The call of the actor's `run`.
    pub run: Option<u64>,
    pub last_call: u64,
    pub last_connection: u64,
    /// Those that are gone, too.
    pub connections: BTreeMap<u64, Connection>,
    /// The calls over HTTP that are open, each with the connection that lasts as long.
    pub passing: BTreeMap<u64, u64>,
    /// The connections that have ended, with code and reason, of which the actor has yet to be told.
    pub ends: VecDeque<(u64, u16, String)>,
    /// The raw requests that are not answered yet, by call.
    pub requests: BTreeMap<u64, Exchange>,
    /// The operations that are over, of which the actor has yet to be told.
    pub completions: VecDeque<(u64, Vec<u8>)>,
    /// What is outside.
    pub web: Web,
    /// The SQL database, once it is used.
    pub sql: sql::Database,
}

impl Host {
    /// Loses what lasts no longer than an instance.
    pub fn forget(&mut self) {
        self.generation += 1;
        self.timers.clear();
        self.asked.clear();
        self.completions.clear();
        self.web.answered.clear();
        self.queue.waits.clear();
        self.queue.responses.clear();
        self.queue.in_hand.clear();
        self.requests.clear();
        self.passing.clear();
        self.holds.clear();
        self.run = None;
        self.sleep_requested = false;
        self.asleep = false;
        self.connections.values_mut().for_each(|connection| connection.hearing = None);
        for connection in self.connections.values_mut().filter(|connection| !connection.hibernates) {
            connection.stage = Stage::Gone;
        }
    }

    /// A new operation.
    pub fn start_operation(&mut self) -> u64 {
        self.last_operation += 1;
        self.last_operation
    }

    /// The connection of a call over HTTP that is answered, once.
    pub fn passed(&mut self) -> Option<u64> {
        let call = *self.passing.keys().find(|call| self.answers.contains_key(call))?;
        self.passing.remove(&call)
    }

    /// Waits no longer for the answer to a call: a connection that asked to be let in is not.
    pub fn give_up(&mut self, call: u64) {
        self.given_up.insert(call);
        self.settle(call, false);
    }

    /// Takes an answer, if the call is open.
    fn answer(&mut self, call: u64, answer: Result<Vec<u8>, HostError>) -> bool {
        if self.given_up.contains(&call) {
            return false;
        }
        self.settle(call, answer.is_ok());
        self.answers.insert(call, answer).is_none()
    }

    /// Does for the connections what follows from the end of a call.
    fn settle(&mut self, call: u64, granted: bool) {
        for connection in self.connections.values_mut() {
            connection.hearing.take_if(|hearing| *hearing == call);
            match connection.stage {
                Stage::Entering(other) if other == call && granted => connection.stage = Stage::Open,
                Stage::Entering(other) | Stage::Leaving(other) if other == call => {
                    connection.stage = Stage::Gone;
                }
                _ => {}
            }
        }
    }
}

fn error(group: &str, code: &str, message: &str) -> HostError {
    HostError { group: group.to_owned(), code: code.to_owned(), message: message.to_owned(), metadata: None }
}

/// The same for what is dropped, perhaps with the thread of the test: then there is no host any more.
fn host_if_any(use_host: impl FnOnce(&mut Host)) {
    let _none = HOST.try_with(|host| use_host(&mut host.borrow_mut()));
}

fn host<T>(use_host: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with_borrow_mut(use_host)
}

pub(crate) mod identity {
    use super::host;

    pub(crate) fn actor_id() -> String {
        "0000000000000000000000001".to_owned()
    }

    pub(crate) fn name() -> String {
        host(|host| host.name.clone())
    }

    pub(crate) fn key() -> Vec<String> {
        vec!["test".to_owned()]
    }

    pub(crate) fn namespace() -> String {
        "default".to_owned()
    }

    pub(crate) fn generation() -> u64 {
        host(|host| host.generation)
    }
}

pub(crate) mod state {
    use super::{HostError, host};

    pub(crate) fn get() -> Option<Vec<u8>> {
        host(|host| host.state.clone())
    }

    pub(crate) fn set(value: &[u8]) -> Result<(), HostError> {
        host(|host| {
            host.state = Some(value.to_vec());
            host.state_writes += 1;
        });
        Ok(())
    }
}

pub(crate) mod log {
    use super::host;
    use crate::host::Level;

    pub(crate) fn write(level: Level, message: &str) {
        let level = match level {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        host(|host| host.log.push(format!("{level}: {message}")));
    }
}

pub(crate) mod reply {
    use super::{HostError, host};

    pub(crate) fn ok(call: u64, output: &[u8]) -> bool {
        host(|host| host.answer(call, Ok(output.to_vec())))
    }

    pub(crate) fn err(call: u64, error: &HostError) -> bool {
        host(|host| host.answer(call, Err(error.clone())))
    }
}

pub(crate) mod lifecycle {
    use super::{HostError, host, host_if_any};

    pub(crate) use crate::bindings::component::rivet::actor::lifecycle::HoldKind;

    pub(crate) fn destroy() -> Result<(), HostError> {
        host(|host| host.destroyed = true);
        Ok(())
    }

    pub(crate) fn sleep() -> Result<(), HostError> {
        host(|host| host.sleep_requested = true);
        Ok(())
    }

    pub(crate) fn wake_at(time_ms: Option<u64>) -> Result<(), HostError> {
        host(|host| host.wake_at_ms = time_ms);
        Ok(())
    }

    pub(crate) fn hold(kind: HoldKind) -> Result<u64, HostError> {
        Ok(host(|host| {
            host.last_hold += 1;
            host.holds.insert(host.last_hold, kind);
            host.last_hold
        }))
    }

    pub(crate) fn let_go(hold: u64) {
        host_if_any(|host| {
            host.holds.remove(&hold);
        });
    }
}

pub(crate) mod operation {
    use super::host_if_any;

    pub(crate) fn cancel(operation: u64) {
        host_if_any(|host| {
            host.timers.remove(&operation);
            host.asked.remove(&operation);
            host.queue.forget(operation);
            host.web.forget(operation);
            host.completions.retain(|(other, _)| *other != operation);
        });
    }
}

pub(crate) mod timer {
    use super::{HostError, host};

    pub(crate) fn start(after_ms: u64) -> Result<u64, HostError> {
        Ok(host(|host| {
            let operation = host.start_operation();
            host.timers.insert(operation, host.now_ms.saturating_add(after_ms));
            operation
        }))
    }
}
