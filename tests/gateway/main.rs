//! What the gateway does with any request: namespaces, CORS, the size of bodies, too many connections.

mod bodies;
mod cors;
mod namespaces;
mod open_files;
mod origins;

use support::{Host, component, example};

/// A host that serves the counter, and an actor that answers with its argument.
fn host() -> Host {
    Host::start([example("counter"), component("echo")])
}
