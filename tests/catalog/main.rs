//! Uploading components over HTTP, and how actors move to a new version.

mod broken;
mod disk;
mod listing;
mod removal;
mod upload;
mod versions;

use support::{Answer, Host, component, example};

/// A host that serves the counter, under the name of its file.
fn host() -> Host {
    Host::start([example("counter")])
}

/// Uploads a component under a name.
fn upload(host: &Host, name: &str, bytes: &[u8]) -> Answer {
    host.http().put(&format!("/components/{name}"), bytes)
}

/// The bytes of a guest.
fn guest(name: &str) -> Vec<u8> {
    std::fs::read(component(name)).unwrap()
}

/// A component that differs from this one in its bytes only: a custom section is added.
fn another_build(mut bytes: Vec<u8>, mark: u8) -> Vec<u8> {
    bytes.extend([0, 3, 1, b'm', mark]);
    bytes
}
