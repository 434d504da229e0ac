//! Other actors.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cbor::{self, NULL};
use crate::host::client::{self, Address, Caller, Creation, Target};
use crate::operation::Operation;
use crate::queue::milliseconds;
use crate::{Error, Result, event, executor};

/// The way to other actors, in the namespace of this one; from [`crate::Ctx::client`].
#[derive(Clone, Debug)]
pub struct Client {
    _private: (),
}

/// Another actor: [`Client`] gives one, which costs nothing until something is asked of it.
///
/// A call leaves after the turn in which it is first awaited is durable, and its answer is a later turn. An error of the
/// other actor is the error of the call, with its group and code. If this actor ends meanwhile, the other one goes on all
/// the same.
///
/// An action that takes `&mut self` keeps all others out while it waits. So a call that comes back to this actor would wait for ever: it
/// fails at once, with `actor.deadlock`. An action that takes `this: This<Self>` keeps nobody out while it waits.
#[derive(Clone, Debug)]
pub struct ActorHandle {
    target: Target,
    params: Option<Vec<u8>>,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self { _private: () }
    }

    /// The actor that has a key. What is asked of it fails with `actor.not_found` if there is none.
    pub fn get<K: Into<String>>(&self, name: &str, key: impl IntoIterator<Item = K>) -> ActorHandle {
        ActorHandle::new(Target::Get(address(name, key)))
    }

    /// The actor that has a key. It is created, without input, when something is asked of it and there is none.
    pub fn get_or_create<K: Into<String>>(
        &self,
        name: &str,
        key: impl IntoIterator<Item = K>,
    ) -> ActorHandle {
        ActorHandle::new(Target::GetOrCreate(Creation { address: address(name, key), input: None }))
    }

    /// The same, with an input for one that is created. Fails when that cannot be encoded.
    pub fn get_or_create_with<K: Into<String>, T: Serialize>(
        &self,
        name: &str,
        key: impl IntoIterator<Item = K>,
        input: &T,
    ) -> Result<ActorHandle> {
        let creation = Creation { address: address(name, key), input: Some(crate::to_cbor(input)?) };
        Ok(ActorHandle::new(Target::GetOrCreate(creation)))
    }

    /// The actor of an id.
    pub fn get_for_id(&self, id: &str) -> ActorHandle {
        ActorHandle::new(Target::Id(id.to_owned()))
    }

    /// Creates an actor with an input, `()` for none.
    ///
    /// Fails with `actor.duplicate_key` if there is one with this key, with `actor.not_registered` if the host has no actor of
    /// this name.
    pub async fn create<K: Into<String>, T: Serialize>(
        &self,
        name: &str,
        key: impl IntoIterator<Item = K>,
        input: &T,
    ) -> Result<ActorHandle> {
        let input = Some(crate::to_cbor(input)?).filter(|input| *input != [NULL]);
        let creation = Creation { address: address(name, key), input };
        let id = Operation::new(client::create(&creation)?).await?;
        Ok(ActorHandle::new(Target::Id(crate::from_cbor(&id)?)))
    }
}

impl ActorHandle {
    fn new(target: Target) -> Self {
        Self { target, params: None }
    }

    /// The same actor, which is to be given these parameters as those of the connection. Fails when they cannot be encoded.
    pub fn with_params<T: Serialize>(self, params: &T) -> Result<Self> {
        Ok(Self { params: Some(crate::to_cbor(params)?), ..self })
    }

    /// Calls an action with its arguments: a tuple, an array or a `Vec`.
    ///
    /// Fails as the action does; with `actor.not_found`, `actor.action_timed_out`, and so on; with `actor.deadlock` if the other
    /// actor cannot answer before this one has; and when the output is of another shape.
    pub async fn call<R: DeserializeOwned>(&self, action: &str, args: &impl Serialize) -> Result<R> {
        let args = event::array(crate::to_cbor(args)?)?;
        let output = Operation::new(client::call(&self.target, action, &args, &self.caller())?).await?;
        if output.is_empty() {
            return crate::from_cbor(&[NULL]);
        }
        // As for arguments: a number without a fraction is an integer, whoever has written it.
        let malformed = |cbor::Malformed| Error::internal("the other actor's answer is no CBOR value");
        crate::from_cbor(&cbor::normalize(&output).map_err(malformed)?)
    }

    /// Sends a message to the actor's queue, as clients do, and waits until it is there.
    pub async fn send<T: Serialize>(&self, queue: &str, body: &T) -> Result<()> {
        let body = crate::to_cbor(body)?;
        Operation::new(client::send(&self.target, queue, &body, &self.caller())?).await.map(drop)
    }

    /// The same, and waits until the message is completed, for the response if there is one.
    ///
    /// Fails with `queue.timed_out` after the time-out, with `actor.action_timed_out` after the time that the other actor has for
    /// an action.
    pub async fn send_and_wait<T: Serialize, R: DeserializeOwned>(
        &self,
        queue: &str,
        body: &T,
        timeout: Option<Duration>,
    ) -> Result<Option<R>> {
        let (body, timeout_ms) = (crate::to_cbor(body)?, timeout.map(milliseconds));
        let operation = client::send_and_wait(&self.target, queue, &body, timeout_ms, &self.caller())?;
        let response = Operation::new(operation).await?;
        if response.is_empty() { Ok(None) } else { crate::from_cbor(&response).map(Some) }
    }

    /// The actor's id. One that is got or created is there afterwards.
    pub async fn resolve(&self) -> Result<String> {
        crate::from_cbor(&Operation::new(client::resolve(&self.target)?).await?)
    }

    fn caller(&self) -> Caller {
        let (on_behalf_of, hold) = executor::current();
        Caller { params: self.params.clone(), on_behalf_of, hold }
    }
}

fn address<K: Into<String>>(name: &str, key: impl IntoIterator<Item = K>) -> Address {
    Address { name: name.to_owned(), key: key.into_iter().map(Into::into).collect() }
}
