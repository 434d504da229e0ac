//! HTTP requests to the outside: what is allowed, and how they are made.
//!
//! Nothing is allowed that was not named. The address that a connection goes to is the one that was checked.

mod answer;
mod client;
mod connect;
mod exchange;
mod pattern;
mod policy;
mod public;
mod redirect;
mod resolve;
mod roots;

pub use client::{Client, EgressConfig};
pub use pattern::{ParsePatternError, Pattern};

use rivet_ground::ActorError;

/// An error of the group `fetch`.
fn failure(code: &str, message: impl Into<String>) -> ActorError {
    ActorError::new("fetch", code, message)
}
