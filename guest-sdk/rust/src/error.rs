//! What goes wrong in an actor, and what of it the caller sees.

use std::any::Any;
use std::fmt;

use serde::Serialize;

use crate::host::HostError;
use crate::log::Log;
use crate::workflow::{CriticalError, RollbackError, failure};

/// The result of an action: any error converts with `?`.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of an action.
///
/// Everything that implements [`std::error::Error`] converts into it. A [`UserError`] reaches the caller
/// as it is; any other becomes `rivetkit.internal_error`, whose message goes to the host's log while the
/// caller reads a masked one. Like the error types of most applications it is no `std::error::Error`
/// itself, which is what makes the conversion possible.
#[derive(Clone, PartialEq)]
pub struct Error(Box<HostError>);

/// An error that the caller is meant to see: the group `user`, with a code, a message and perhaps details.
#[derive(Clone, Debug, PartialEq)]
pub struct UserError {
    message: String,
    code: String,
    metadata: Option<Vec<u8>>,
}

/// The code of a user error that names none (semantics.md of Rivet 2.3.19, section 14).
const USER_CODE: &str = "user_error";

impl UserError {
    /// An error with this message and the code `user_error`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: USER_CODE.to_owned(), metadata: None }
    }

    /// The same error with another code: lower_snake_case, for programs.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = code.into();
        self
    }

    /// The same error with details for programs. Details that cannot be encoded are left out, and the
    /// host's log says so.
    #[must_use]
    pub fn with_metadata<T: Serialize>(mut self, metadata: T) -> Self {
        self.metadata = serde_cbor::to_vec(&metadata)
            .inspect_err(|error| Log::new().warn(format_args!("the metadata of {self} is lost: {error}")))
            .ok();
        self
    }
}

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user.{}: {}", self.code, self.message)
    }
}

impl std::error::Error for UserError {}

impl Error {
    /// An error of a group and a code of the Rivet catalogue.
    pub(crate) fn new(group: &str, code: &str, message: String) -> Self {
        Self(Box::new(HostError { group: group.to_owned(), code: code.to_owned(), message, metadata: None }))
    }

    /// The same error with details, if they can be encoded.
    pub(crate) fn with_metadata<T: Serialize>(mut self, metadata: &T) -> Self {
        self.0.metadata = serde_cbor::to_vec(metadata).ok();
        self
    }

    /// An error that the caller sees masked: `rivetkit.internal_error`. For errors that do not implement
    /// [`std::error::Error`], such as `anyhow::Error`: `.map_err(Error::internal)`.
    pub fn internal(message: impl fmt::Display) -> Self {
        // `{:#}` is how `anyhow` shows its chain of causes.
        Self::new("rivetkit", "internal_error", format!("{message:#}"))
    }

    /// An error in what the caller sent; the caller sees it.
    pub(crate) fn validation(code: &str, message: String) -> Self {
        Self::new("validation", code, message)
    }

    /// Whose error it is: `user`, `kv`, `actor`, ...
    pub fn group(&self) -> &str {
        &self.0.group
    }

    /// What went wrong, for programs.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// What went wrong, for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Details for programs: one CBOR value.
    pub fn metadata(&self) -> Option<&[u8]> {
        self.0.metadata.as_deref()
    }

    pub(crate) fn as_host(&self) -> &HostError {
        &self.0
    }
}

impl<E: std::error::Error + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let any: &dyn Any = &error;
        if let Some(UserError { message, code, metadata }) = any.downcast_ref::<UserError>().cloned() {
            return Self(Box::new(HostError { group: "user".to_owned(), code, message, metadata }));
        }
        if let Some(host) = any.downcast_ref::<HostError>() {
            return Self(Box::new(host.clone()));
        }
        let mut message = error.to_string();
        if any.is::<CriticalError>() {
            return failure::of("critical_error", message);
        }
        if any.is::<RollbackError>() {
            return failure::of("rollback", message);
        }
        let mut cause = error.source();
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        Self::internal(message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}: {}", self.0.group, self.0.code, self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_error_keeps_its_words_and_any_other_is_internal() {
        let user = Error::from(UserError::new("no").with_code("nope").with_metadata(1));
        assert_eq!((user.group(), user.code(), user.message()), ("user", "nope", "no"));
        assert_eq!(user.metadata(), Some(&[1][..]));
        assert_eq!(Error::from(UserError::new("no")).code(), "user_error");

        let other = Error::from("x".parse::<u8>().unwrap_err());
        assert_eq!(other.to_string(), "rivetkit.internal_error: invalid digit found in string");
    }

    #[test]
    fn the_causes_of_an_error_are_told() {
        let inner = std::io::Error::other(UserError::new("inner"));
        let outer = std::io::Error::other(inner);
        assert!(Error::from(outer).message().contains("inner"));
    }
}
