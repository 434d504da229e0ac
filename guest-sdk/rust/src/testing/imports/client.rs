//! What a test's stand-in for the host knows of other actors: nothing but what they are asked.

pub(crate) use crate::bindings::component::rivet::actor::client::{Address, Caller, Creation, Hold, Target};

use super::{HostError, host};

/// What another actor was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) target: Target,
    pub(crate) question: Question,
    /// Whether the test has seen it.
    pub(crate) is_taken: bool,
}

/// The kinds of question, each with the name of an action or queue and what is given.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    Call(String, Vec<u8>),
    Send(String, Vec<u8>),
    Resolve,
    Create,
}

fn ask(target: &Target, question: Question) -> Result<u64, HostError> {
    Ok(host(|host| {
        let operation = host.start_operation();
        host.asked.insert(operation, Asked { target: target.clone(), question, is_taken: false });
        operation
    }))
}

pub(crate) fn call(target: &Target, action: &str, args: &[u8], _: &Caller) -> Result<u64, HostError> {
    ask(target, Question::Call(action.to_owned(), args.to_vec()))
}

pub(crate) fn send(target: &Target, queue: &str, body: &[u8], _: &Caller) -> Result<u64, HostError> {
    ask(target, Question::Send(queue.to_owned(), body.to_vec()))
}

pub(crate) fn send_and_wait(
    target: &Target,
    queue: &str,
    body: &[u8],
    _timeout_ms: Option<u64>,
    caller: &Caller,
) -> Result<u64, HostError> {
    send(target, queue, body, caller)
}

pub(crate) fn resolve(target: &Target) -> Result<u64, HostError> {
    ask(target, Question::Resolve)
}

pub(crate) fn create(creation: &Creation) -> Result<u64, HostError> {
    ask(&Target::GetOrCreate(creation.clone()), Question::Create)
}
