//! What the end-to-end tests stand on: the host as a process, a small HTTP client, and the real
//! clients as driver programs.

mod actor;
mod build;
mod driver;
mod host;
mod http;
mod output;

pub use actor::Actor;
pub use build::{component, example, host_binary, root};
pub use driver::{Client, ClientError, Driver, EVERY_CLIENT};
pub use host::{Host, HostOptions};
pub use http::{Answer, Http};
pub use output::Output;
