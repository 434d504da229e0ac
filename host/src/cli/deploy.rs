//! `rivet-host deploy`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::Args;
use futures_util::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper::{Method, Uri};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::{client, package, print};

/// Upload a component to a running host.
#[derive(Args)]
pub(super) struct Deploy {
    /// A .wasm file, or a Rust package directory, which is built
    component: PathBuf,
    /// The host's URL
    #[arg(long, default_value = "http://127.0.0.1:6420")]
    url: Uri,
    /// The name to deploy under; the file's or package's own if not given
    #[arg(long)]
    name: Option<String>,
    /// The host's management token
    #[arg(long, env = "RIVET_HOST_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// Bytes that one step of the progress bar sends.
const CHUNK_BYTES: usize = 64 << 10;

impl Deploy {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let artifact = package::artifact(&self.component)?;
        let name = self.name.as_deref().unwrap_or(&artifact.name);
        let bytes = std::fs::read(&artifact.path)
            .with_context(|| format!("cannot read {}", artifact.path.display()))?;
        let bar = progress(bytes.len() as u64);
        let body = (bytes.len(), StreamBody::new(chunks(Bytes::from(bytes), bar.clone())));
        let route = (Method::PUT, &*format!("/components/{name}"));
        let (status, answer) = client::send(&self.url, self.token.as_deref(), route, body).await?;
        bar.finish_and_clear();
        let text = |field: &str| client::text(&answer, field);
        if !status.is_success() {
            let code = text("code").unwrap_or_default();
            bail!(
                "{} refused the component ({status}, {code}): {}",
                self.url,
                text("message").unwrap_or_default()
            );
        }
        let verb = if answer.get("created") == Some(&true.into()) { "deployed" } else { "already there:" };
        let (version, digest) = (text("version").unwrap_or_default(), text("digest").unwrap_or_default());
        let digest: String = digest.chars().take(12).collect();
        print(&format!("{verb} {name}@{version} {digest}\n"))
    }
}

fn progress(len_bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(len_bytes);
    if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {bytes}/{total_bytes}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message("uploading");
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// The bytes in pieces, each counted when it is taken; after the last the host checks and compiles.
fn chunks(
    mut bytes: Bytes,
    bar: ProgressBar,
) -> stream::Iter<impl Iterator<Item = Result<Frame<Bytes>, std::convert::Infallible>>> {
    stream::iter(std::iter::from_fn(move || {
        if bytes.is_empty() {
            bar.set_message("checking and compiling");
            return None;
        }
        let chunk = bytes.split_to(CHUNK_BYTES.min(bytes.len()));
        bar.inc(chunk.len() as u64);
        Some(Ok(Frame::data(chunk)))
    }))
}
