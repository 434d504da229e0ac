//! Wiring: the rooms of one host, built from the ground up.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rivet_ground::{Clock, OptionOverride, SystemClock, limits};
use rivet_sandbox::{Sandbox, SandboxConfig};
use rivet_store::{Durability, Store};
use tokio::net::TcpListener;

use crate::actor::{Peers, Supervisor, SupervisorConfig};
use crate::catalog::Catalog;
use crate::egress::{Client, EgressConfig};
use crate::gateway::Gateway;
use crate::wire::{
    self, Origins, Service,
    capacity::{self, Capacity},
};

/// How to set up a host.
pub struct HostConfig {
    /// Where everything durable lives.
    pub data_dir: PathBuf,
    /// When a commit counts as durable.
    pub durability: Durability,
    /// Bytes of all memories of one actor.
    pub memory_max_bytes: usize,
    /// Actors that may be awake at a time; none leaves it to what the machine can hold.
    pub actors_max: Option<u32>,
    /// Bytes of memory that the actors which are awake may take together before the idlest go to sleep.
    /// None leaves it to what the machine has.
    pub actors_memory_max_bytes: Option<usize>,
    /// Options of actors, stronger than those of their manifests.
    pub options: Vec<OptionOverride>,
    /// The address to listen on.
    pub address: IpAddr,
    /// The port to listen on; 0 picks a free one.
    pub port: u16,
    /// A path that all routes may also be under.
    pub base_path: String,
    /// What management routes ask for; none asks for nothing.
    pub management_token: Option<String>,
    /// The origins whose pages may use the host.
    pub origins: Origins,
    /// What actors may reach.
    pub egress: EgressConfig,
    /// Whether callers may see the words of every error.
    pub expose_errors: bool,
}

/// A host that listens but does not serve yet.
pub struct Host {
    store: Store,
    listener: TcpListener,
    connections_max: usize,
    supervisor: Supervisor,
    service: Arc<Service>,
}

impl Host {
    /// Opens the data directory and listens.
    ///
    /// # Errors
    /// What could not be opened, and why.
    pub async fn open(config: HostConfig) -> anyhow::Result<Self> {
        let HostConfig { data_dir, durability, address, port, .. } = config;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let Capacity { connections_max, fetches_max } = capacity::claim(!config.egress.allowed.is_empty())?;
        let fetcher = Arc::new(Client::new(config.egress, fetches_max)?);
        std::fs::create_dir_all(&data_dir)
            .with_context(|| format!("cannot make the data directory {}", data_dir.display()))?;
        let store = Store::open(&data_dir, durability)?;
        let mut sandbox = SandboxConfig::new(clock.clone());
        sandbox.cache_dir = Some(data_dir.join("cache"));
        sandbox.memory_max_bytes = config.memory_max_bytes;
        sandbox.live_max = config.actors_max.map_or(sandbox.live_max, |max| max.min(sandbox.live_max));
        let sandbox =
            Sandbox::new(sandbox).map_err(|e| anyhow::anyhow!("cannot set up the sandbox: {e:#}"))?;
        let live_max = sandbox.live_max();
        let catalog =
            Catalog::open(&data_dir, store.clone(), sandbox.clone(), clock.clone(), config.options).await?;
        let catalog = Arc::new(catalog);
        let supervisor = Supervisor::new(SupervisorConfig {
            store: store.clone(),
            catalog: catalog.clone(),
            clock: clock.clone(),
            sandbox,
            live_max,
            memory_max_bytes: config.actors_memory_max_bytes.unwrap_or_else(Sandbox::memory_of_machine),
            fetcher,
        });
        supervisor.reclaim();
        let gateway = Arc::new(Gateway::new(
            store.clone(),
            supervisor.clone(),
            catalog.clone(),
            clock.clone(),
            config.expose_errors,
        ));
        let peers: Arc<dyn Peers> = gateway.clone();
        supervisor.introduce(Arc::downgrade(&peers));
        let listener = TcpListener::bind((address, port)).await.with_context(|| {
            format!("cannot listen on {address}:{port}; choose another --port, or 0 for a free one")
        })?;
        let wire = wire::Config {
            base_path: config.base_path,
            management_token: config.management_token,
            origins: config.origins,
        };
        let service = Arc::new(Service { config: wire, gateway, catalog, clock });
        Ok(Self { store, listener, connections_max, supervisor, service })
    }

    /// Where the host listens.
    ///
    /// # Errors
    /// The listener has no address.
    pub fn url(&self) -> anyhow::Result<String> {
        Ok(format!("http://{}", self.listener.local_addr()?))
    }

    /// The components of the host.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.service.catalog
    }

    /// Serves until `shutdown`; then lets what is in flight finish, and closes the store.
    ///
    /// # Errors
    /// The store could not be closed: the disk failed.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
        wire::serve(self.listener, self.connections_max, self.service, shutdown).await;
        // Turns whose callers are gone, too.
        let grace = Duration::from_millis(limits::SHUTDOWN_GRACE_MS);
        if tokio::time::timeout(grace, self.supervisor.drain()).await.is_err() {
            tracing::warn!("some actors were still busy at shutdown; what they had not committed is undone");
        }
        let store = self.store;
        tokio::task::spawn_blocking(move || store.close()).await??;
        Ok(())
    }
}
