//! The error that a caller of an actor sees.

use bytes::Bytes;

/// An error of the Rivet catalogue: `group.code`, a message, and perhaps one CBOR value of metadata.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{group}.{code}: {message}")]
pub struct ActorError {
    /// Who speaks: `user`, `actor`, `kv`, `guard`, ...
    pub group: String,
    /// What went wrong, for programs.
    pub code: String,
    /// What went wrong, for people.
    pub message: String,
    /// One CBOR value with details.
    pub metadata: Option<Bytes>,
}

/// What the caller reads in place of the message of an error that is not public.
const MASKED_MESSAGE: &str = "An internal error occurred";

impl ActorError {
    /// An error without metadata.
    pub fn new(group: &str, code: &str, message: impl Into<String>) -> Self {
        Self { group: group.to_owned(), code: code.to_owned(), message: message.into(), metadata: None }
    }

    /// An error of the group `actor`.
    pub fn actor(code: &str, message: impl Into<String>) -> Self {
        Self::new("actor", code, message)
    }

    /// `actor.not_found`: there is no such actor, or none any more.
    pub fn not_found() -> Self {
        Self::actor("not_found", "The actor does not exist or was destroyed.")
    }

    /// The same error with one CBOR value of metadata.
    #[must_use]
    pub fn with_metadata(mut self, metadata: impl Into<Bytes>) -> Self {
        self.metadata = Some(metadata.into());
        self
    }

    /// `group.code`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.group, self.code)
    }

    /// Whether the caller may see message and metadata (error catalogue of rivetkit 2.3.19).
    pub fn is_public(&self) -> bool {
        match self.group.as_str() {
            "user"
            | "message"
            | "schedule"
            | "kv"
            | "actor_runtime_socket"
            | "guard"
            | "api"
            | "validation"
            | "component"
            | "connection"
            | "request" => true,
            "auth" => self.code == "forbidden",
            "actor" => matches!(
                self.code.as_str(),
                "not_found"
                    | "action_not_found"
                    | "method_not_allowed"
                    | "action_timed_out"
                    | "aborted"
                    | "deadlock"
                    | "call_too_deep"
                    | "duplicate_key"
                    | "input_too_large"
                    | "key_too_large"
                    | "not_registered"
            ),
            "queue" => matches!(
                self.code.as_str(),
                "full"
                    | "message_too_large"
                    | "message_invalid"
                    | "invalid_payload"
                    | "invalid_completion_payload"
                    | "already_completed"
                    | "previous_message_not_completed"
                    | "complete_not_configured"
                    | "timed_out"
                    | "invalid_name"
                    | "too_many_names"
            ),
            _ => false,
        }
    }

    /// The error as a caller may see it: message and metadata only of a public one.
    #[must_use]
    pub fn masked(self) -> Self {
        if self.is_public() {
            return self;
        }
        // What an actor does with SQL is nobody's business (semantics.md of rivetkit 2.3.19, section 9).
        let this = if self.group == "sqlite" { Self::new("core", "internal_error", "") } else { self };
        Self { message: MASKED_MESSAGE.to_owned(), metadata: None, ..this }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_errors_keep_their_words() {
        let user = ActorError::new("user", "nope", "no").with_metadata(vec![0xf6]);
        assert_eq!(user.clone().masked(), user);
        let panicked =
            ActorError::actor("panicked", "index out of bounds").with_metadata(vec![0xf6]).masked();
        assert_eq!(panicked.message, MASKED_MESSAGE);
        assert_eq!(panicked.metadata, None);
        assert_eq!(panicked.path(), "actor.panicked");
        assert_eq!(ActorError::new("sqlite", "constraint", "t.a").masked().path(), "core.internal_error");
    }
}
