//! A call of an action on its way through an actor.

use std::time::Duration;

use bytes::Bytes;
use rivet_ground::ActorError;
use tokio::sync::oneshot;

/// How a call ended.
pub type Reply = Result<Bytes, CallError>;

/// Why a call has no output.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The actor, or the host on its behalf, answered with an error.
    #[error(transparent)]
    Actor(#[from] ActorError),
    /// The actor was destroyed before it took the call: nothing of it ran.
    #[error("the actor was destroyed before it took the call")]
    Gone,
}

/// What an actor's mailbox takes.
pub(super) enum Message {
    /// A call of an action.
    Call(Call),
    /// The end of the actor, asked for from outside; answered when it is durable.
    Destroy(oneshot::Sender<Reply>),
    /// The host is going down: the instance ends behind the turns that it has taken. Dropped when it has.
    Stop(oneshot::Sender<()>),
}

/// A call that the actor has not taken yet.
pub(super) struct Call {
    pub(super) action: String,
    pub(super) args: Bytes,
    /// When the caller gives up, on the monotonic clock.
    pub(super) deadline: Duration,
    pub(super) answer: oneshot::Sender<Reply>,
}

impl Message {
    /// Ends the message without the actor having seen it. An actor that is gone has been destroyed, as asked.
    pub(super) fn end(self, error: CallError) {
        let _gone = match (self, error) {
            (Self::Stop(_), _) => return,
            (Self::Destroy(answer), CallError::Gone) => answer.send(Ok(Bytes::new())),
            (Self::Destroy(answer) | Self::Call(Call { answer, .. }), error) => answer.send(Err(error)),
        };
    }
}
