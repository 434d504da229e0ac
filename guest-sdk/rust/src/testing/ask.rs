//! What the actor under test asks of other actors: the test answers in their place.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::TestActor;
use super::imports::HOST;
use super::imports::client::{Address, Asked, Creation, Question, Target};
use super::turn::{deliver, event};
use crate::bindings::component::exports::rivet::actor::guest::Event;
use crate::dispatch::COMPLETION;
use crate::{Actor, Error, Result};

/// Something that the actor under test asks of another actor, and waits for.
#[derive(Clone, Debug)]
pub struct Ask {
    operation: u64,
    asked: Asked,
}

impl Ask {
    /// The name of the other actor; none for one that is addressed by its id.
    pub fn name(&self) -> Option<&str> {
        self.address().map(|address| address.name.as_str())
    }

    /// The key of the other actor; none for one that is addressed by its id.
    pub fn key(&self) -> Option<&[String]> {
        self.address().map(|address| address.key.as_slice())
    }

    /// The action that is called, or the queue that is sent to; none if only its id is asked for.
    pub fn action(&self) -> Option<&str> {
        match &self.asked.question {
            Question::Call(action, _) => Some(action),
            Question::Send(queue, _) => Some(queue),
            Question::Resolve | Question::Create => None,
        }
    }

    /// The arguments as a tuple, or the message. Fails when they are of another shape.
    pub fn args<T: DeserializeOwned>(&self) -> Result<T> {
        match &self.asked.question {
            Question::Call(_, args) | Question::Send(_, args) => crate::from_cbor(args),
            Question::Resolve | Question::Create => Err(Error::internal("only its id is asked for")),
        }
    }

    fn address(&self) -> Option<&Address> {
        match &self.asked.target {
            Target::Id(_) => None,
            Target::Get(address) | Target::GetOrCreate(Creation { address, .. }) => Some(address),
        }
    }
}

impl<A: Actor> TestActor<A> {
    /// What the actor asks of another one, the oldest first, once each; none if it asks nothing more.
    pub fn next_ask(&mut self) -> Option<Ask> {
        HOST.with_borrow_mut(|host| {
            let (operation, asked) = host.asked.iter_mut().find(|(_, asked)| !asked.is_taken)?;
            asked.is_taken = true;
            Some(Ask { operation: *operation, asked: asked.clone() })
        })
    }

    /// Answers in the place of the other actor. An actor that waits no longer hears nothing. Fails when the output cannot be
    /// encoded.
    pub fn answer_ask(&mut self, ask: Ask, outcome: Result<impl Serialize>) -> Result<()> {
        let (payload, error) = match outcome {
            Ok(output) => (crate::to_cbor(&output)?, None),
            Err(error) => (vec![], Some(error.as_host().clone())),
        };
        if HOST.with_borrow_mut(|host| host.asked.remove(&ask.operation)).is_some() {
            deliver::<A>(Event { payload, error, ..event(COMPLETION, ask.operation) });
        }
        Ok(())
    }
}
