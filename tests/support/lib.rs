//! What the end-to-end tests stand on: the host as a process, small clients for HTTP and WebSockets, and
//! the real clients as driver programs.

mod actor;
mod build;
mod connection;
mod deployed;
mod driver;
mod front;
mod host;
mod http;
mod link;
mod node;
mod output;
mod random;
mod raw;
mod toolchain;
mod web_socket;

pub use actor::Actor;
pub use build::{component, example, host_binary, root};
pub use connection::{Connection, PendingCall, Subscription};
pub use driver::{Client, ClientError, Driver, EVERY_CLIENT};
pub use front::Front;
pub use host::{Host, HostOptions};
pub use http::{Answer, Http};
pub use link::{Failure, Link, Refused, ToClient};
pub use node::{node, npm_build, npm_install};
pub use output::Output;
pub use random::random;
pub use raw::{ClientSocket, Fetched};
pub use toolchain::{c_component, changed, js_component};
pub use web_socket::{Closed, Received, WebSocket};
