//! What actors ask of each other: they find each other as clients find them.

use std::sync::Arc;

use rivet_ground::{ActorError, Ask, Outcome, Question};

use crate::actor::{Caller, Doing, Peers};
use crate::gateway::{Gateway, Target, internal};

impl Peers for Gateway {
    fn ask(self: Arc<Self>, ask: Ask, caller: Caller) -> Doing {
        Box::pin(async move {
            let outcome = match ask.question {
                Question::Work(work) => return self.call(ask.target, work, caller).await?.outcome,
                Question::Resolve => self.resolve_for_peer(ask.target).await,
                Question::Create => self.create_for_peer(ask.target).await,
            };
            outcome.map_err(|error| self.visible(error))
        })
    }

    fn visible(&self, error: ActorError) -> ActorError {
        Self::visible(self, error)
    }
}

impl Gateway {
    /// The id of an actor, which is there durably.
    async fn resolve_for_peer(&self, target: Target) -> Outcome {
        let record = match target {
            Target::Id(id) => self.existing(None, id).await?,
            Target::Key { namespace, name, key, create: Some(creation) } => {
                self.get_or_create(&namespace, &name, key, creation.input).await?.0
            }
            Target::Key { namespace, name, key, create: None } => {
                self.find(&namespace, &name, &key).await?.ok_or_else(ActorError::not_found)?
            }
        };
        text(&record.id.to_string())
    }

    /// The id of an actor that was made.
    async fn create_for_peer(&self, target: Target) -> Outcome {
        match target {
            Target::Key { namespace, name, key, create } => {
                let input = create.and_then(|creation| creation.input);
                text(&self.create(&namespace, &name, key, input).await?.id.to_string())
            }
            // An id is that of an actor which is there.
            Target::Id(_) => Err(internal("an actor is created by its key")),
        }
    }
}

fn text(text: &str) -> Outcome {
    serde_cbor::to_vec(&text).map(Into::into).map_err(internal)
}
