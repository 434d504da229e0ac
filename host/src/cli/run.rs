//! `rivet-host run`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use bytesize::ByteSize;
use clap::Args;
use rand::Rng;
use rivet_ground::{OptionOverride, limits};
use rivet_store::Durability;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{banner, logging, package, print};
use crate::egress::{EgressConfig, ParsePatternError, Pattern};
use crate::host::{Host, HostConfig};
use crate::wire::{Origin, Origins, ParseOriginError};

/// The variable that `--cors-origin` may be given in.
const CORS_ORIGIN: &str = "RIVET_HOST_CORS_ORIGIN";

/// The variable that `--allow-net` may be given in.
const ALLOW_NET: &str = "RIVET_HOST_ALLOW_NET";

/// Start a host.
#[derive(Args)]
pub(super) struct Run {
    /// Components to deploy first: .wasm files, or Rust package directories, which are built
    components: Vec<PathBuf>,
    /// The address to listen on; beyond loopback, management routes ask for a token
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// The port to listen on; 0 picks a free one
    #[arg(long, default_value_t = 6420)]
    port: u16,
    /// Where everything durable lives
    #[arg(long, value_name = "DIR", default_value = "rivet-data")]
    data: PathBuf,
    /// When a write is acknowledged: sync (after fdatasync), interval:<ms> (sync every so often; a power
    /// failure loses at most that much), none (left to the operating system)
    #[arg(long, value_name = "HOW", default_value = "sync")]
    durability: Durability,
    /// The memory that one actor may use
    #[arg(long, value_name = "SIZE", default_value_t = ByteSize::b(limits::ACTOR_MEMORY_BYTES as u64))]
    memory_max: ByteSize,
    /// How many actors may be awake at a time; beyond it the idlest go to sleep early. Without, as many as
    /// vm.max_map_count allows
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    actors_max: Option<u32>,
    /// How much memory the actors that are awake may take together; beyond it the idlest go to sleep early.
    /// Without, three quarters of the machine's
    #[arg(long, value_name = "SIZE")]
    actors_memory_max: Option<ByteSize>,
    /// An option of actors, in place of what their component says; may be given several times:
    /// sleepTimeout=5000 for all, counter.sleepTimeout=5000 for one name. There are actionTimeout, sleepTimeout,
    /// sleepGracePeriod (milliseconds), noSleep (true, false), snapshot (memory, none), maxQueueSize, maxQueueMessageSize
    /// (bytes), maxQueueAttempts, maxSchedules and sqlMaxBytes
    #[arg(long = "option", value_name = "[ACTOR.]NAME=VALUE")]
    options: Vec<OptionOverride>,
    /// What to log: a level, or a filter such as warn,guest=debug
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log: String,
    /// A path that all routes may also be under, such as /rivet
    #[arg(long, value_name = "PATH")]
    base_path: Option<String>,
    /// An origin whose pages may use this host, such as https://app.example.com; may be given several times.
    /// Without one, those of every origin may
    #[arg(
        long = "cors-origin",
        env = CORS_ORIGIN,
        value_name = "ORIGIN",
        value_delimiter = ',',
        value_parser = parse_origin
    )]
    cors_origins: Vec<Option<Origin>>,
    /// Hosts that actors may make requests to with `fetch`, each perhaps with a port; may be given several times, or separated
    /// by commas. Without one, they may reach nothing. A name (api.example.com, *.example.com:443, * for all) allows what
    /// is at public addresses; private and local ones are named themselves: 10.0.0.5:8080, 192.168.0.0/16, [fd00::/8]:443,
    /// or localhost:3000 for this machine under that name. Redirects are held against the same list
    #[arg(
        long = "allow-net",
        env = ALLOW_NET,
        value_name = "HOST[:PORT]",
        value_delimiter = ',',
        value_parser = parse_pattern
    )]
    allow_net: Vec<Option<Pattern>>,
    /// A PEM file with certificates of authorities that `fetch` is to trust for https, beside those that browsers trust; may be
    /// given several times
    #[arg(long, value_name = "FILE")]
    tls_ca: Vec<PathBuf>,
    /// The token that management routes (/components, /metrics) ask for; made up when needed and not given
    #[arg(long, env = "RIVET_HOST_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    management_token: Option<String>,
    /// A file to write the URL to once the host answers
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
}

impl Run {
    pub(super) async fn run(mut self) -> anyhow::Result<()> {
        logging::start(&self.log)?;
        if self.management_token.is_none() && !self.host.is_loopback() {
            self.management_token = Some(new_token());
        }
        let mut artifacts = Vec::new();
        for path in &self.components {
            artifacts.push(package::artifact(path)?);
        }
        let host = Host::open(self.host_config()).await?;
        for artifact in artifacts {
            let bytes = std::fs::read(&artifact.path)
                .with_context(|| format!("cannot read {}", artifact.path.display()))?;
            let mut upload = host.catalog().begin_upload(&artifact.name).await?;
            upload.write(&bytes).await?;
            upload.finish().await.with_context(|| format!("cannot deploy {}", artifact.path.display()))?;
        }
        let url = host.url()?;
        // Before anybody is told that the host is up: whoever is may end it at once.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let data = std::path::absolute(&self.data)?;
        let text = banner::text(
            &url,
            &data,
            &self.durability.to_string(),
            self.management_token.as_deref(),
            &self.allowed(),
            &host.catalog().components(),
        );
        print(&text)?;
        if let Some(path) = &self.ready_file {
            write_whole(path, &url)
                .with_context(|| format!("cannot write the ready file {}", path.display()))?;
        }
        host.serve(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            tracing::info!("shutting down: running turns finish and commit");
        })
        .await
    }
}

impl Run {
    fn host_config(&self) -> HostConfig {
        HostConfig {
            data_dir: self.data.clone(),
            durability: self.durability,
            memory_max_bytes: self.memory_max.as_u64() as usize,
            actors_max: self.actors_max,
            actors_memory_max_bytes: self.actors_memory_max.map(|size| size.as_u64() as usize),
            options: self.options.clone(),
            address: self.host,
            port: self.port,
            base_path: self.base_path.clone().unwrap_or_default(),
            management_token: self.management_token.clone(),
            origins: Origins::new(self.cors_origins.iter().flatten().cloned().collect()),
            egress: EgressConfig { allowed: self.allowed(), tls_ca: self.tls_ca.clone() },
            expose_errors: std::env::var("RIVET_EXPOSE_ERRORS").is_ok_and(|value| value == "1"),
        }
    }

    /// What actors may reach.
    fn allowed(&self) -> Vec<Pattern> {
        self.allow_net.iter().flatten().cloned().collect()
    }
}

/// A pattern; none for an empty variable, as with origins.
fn parse_pattern(text: &str) -> Result<Option<Pattern>, ParsePatternError> {
    if is_unset(text, ALLOW_NET) { Ok(None) } else { text.parse().map(Some) }
}

/// An origin; none for an empty variable, which is how many ways to start a program write one that is not set.
fn parse_origin(text: &str) -> Result<Option<Origin>, ParseOriginError> {
    if is_unset(text, CORS_ORIGIN) { Ok(None) } else { text.parse().map(Some) }
}

/// Whether a value is nothing but that of an empty variable.
fn is_unset(text: &str, variable: &str) -> bool {
    text.is_empty() && std::env::var_os(variable).is_some_and(|value| value.is_empty())
}

/// 160 random bits as text.
fn new_token() -> String {
    let bytes: [u8; 20] = rand::rng().random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file so that a reader finds all of it or none.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let new = path.with_extension("new");
    std::fs::write(&new, text)?;
    std::fs::rename(new, path)
}
