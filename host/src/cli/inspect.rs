//! `rivet-host inspect`.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use rivet_ground::SystemClock;
use rivet_sandbox::{Program, Sandbox, SandboxConfig};

use crate::cli::{package, print};

/// Show what a component is.
#[derive(Args)]
pub(super) struct Inspect {
    /// A .wasm file, or a Rust package directory, which is built
    component: PathBuf,
}

impl Inspect {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let artifact = package::artifact(&self.component)?;
        let bytes = std::fs::read(&artifact.path)
            .with_context(|| format!("cannot read {}", artifact.path.display()))?;
        let mut config = SandboxConfig::new(Arc::new(SystemClock::new()));
        // Enough slots of every kind for one component, however many memories it has.
        config.live_max = 16;
        let sandbox =
            Sandbox::new(config).map_err(|e| anyhow::anyhow!("cannot set up the sandbox: {e:#}"))?;
        let program = sandbox.compile(bytes.into()).await?;
        print(&text(&program)?)
    }
}

fn text(program: &Program) -> anyhow::Result<String> {
    let mut out = String::new();
    writeln!(out, "digest    {}", program.digest())?;
    writeln!(out, "size      {} bytes", program.size_bytes())?;
    let snapshot = program.no_snapshot().map_or("memory".to_owned(), |why| format!("none: {why}"));
    writeln!(out, "snapshot  {snapshot}")?;
    writeln!(out, "exports   {}", program.exports().join(", "))?;
    writeln!(out, "imports\n{}", program.imports())?;
    writeln!(out, "manifest\n{}", serde_json::to_string_pretty(program.manifest())?)?;
    Ok(out)
}
