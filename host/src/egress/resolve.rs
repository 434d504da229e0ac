//! The addresses of hosts.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use rivet_ground::{ActorError, limits};
use tokio::sync::Semaphore;
use url::Host;

use crate::egress::failure;

/// Asks the system for the addresses of names, a bounded number of them at a time.
pub(super) struct Resolver {
    lookups: Arc<Semaphore>,
}

impl Resolver {
    pub(super) fn new() -> Self {
        Self { lookups: Arc::new(Semaphore::new(limits::LOOKUPS)) }
    }

    /// Where a host can be reached, in order of preference.
    pub(super) async fn resolve(&self, host: &Host<&str>, port: u16) -> Result<Vec<SocketAddr>, ActorError> {
        let name = match host {
            Host::Ipv4(address) => return Ok(vec![SocketAddr::new((*address).into(), port)]),
            Host::Ipv6(address) => return Ok(vec![SocketAddr::new((*address).into(), port)]),
            Host::Domain(name) => (*name).to_owned(),
        };
        let turn =
            self.lookups.clone().acquire_owned().await.map_err(|e| failure("failed", e.to_string()))?;
        let looking_up = tokio::task::spawn_blocking(move || {
            // A look-up cannot be given up: its turn ends when it does.
            let _turn = turn;
            (name.as_str(), port).to_socket_addrs().map(Iterator::collect)
        });
        let found = looking_up.await.map_err(|error| failure("failed", error.to_string()))?;
        found.map_err(|error| failure("failed", format!("{host} cannot be looked up: {error}")))
    }
}
