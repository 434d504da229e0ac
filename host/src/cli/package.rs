//! From a path on the command line to a component file.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// A component file, and the name that it is deployed under.
pub(super) struct Artifact {
    pub(super) path: PathBuf,
    pub(super) name: String,
}

/// The component at a path: the file itself, or what the Rust package there builds to.
pub(super) fn artifact(path: &Path) -> anyhow::Result<Artifact> {
    let full = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
    let stem = full.file_stem().and_then(|stem| stem.to_str());
    let stem = stem.with_context(|| format!("{} has no usable name", path.display()))?;
    // Cargo writes the package kv-store to kv_store.wasm: both are one component.
    let name = stem.replace('_', "-");
    if !full.is_dir() {
        return Ok(Artifact { path: full, name });
    }
    if !full.join("Cargo.toml").is_file() {
        bail!(
            "{} has no Cargo.toml: build the component with its own tools and give the .wasm file",
            path.display()
        );
    }
    Ok(Artifact { path: build(&full)?, name })
}

/// Builds a Rust package, with cargo's own progress on stderr.
fn build(dir: &Path) -> anyhow::Result<PathBuf> {
    const ARGS: [&str; 5] =
        ["build", "--release", "--target", "wasm32-wasip2", "--message-format=json-render-diagnostics"];
    let mut command = Command::new("cargo");
    command.args(ARGS).current_dir(dir).stderr(Stdio::inherit());
    // Set by an outer cargo, these would point the build at the outer package's folders and flags.
    for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        command.env_remove(name);
    }
    let output = command.output().context("cannot run cargo; is it installed?")?;
    if !output.status.success() {
        bail!("the package {} does not build: see above", dir.display());
    }
    let manifest = dir.join("Cargo.toml");
    let lines = output.stdout.split(|byte| *byte == b'\n');
    let messages = lines.filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
    let own = messages.filter(|message| {
        let path = message.get("manifest_path").and_then(|path| path.as_str());
        path.is_some_and(|path| Path::new(path) == manifest)
    });
    let files = own.filter_map(|message| message.get("filenames")?.as_array().cloned()).flatten();
    let wasm = files
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    wasm.with_context(|| format!("{} builds no .wasm: it needs `crate-type = [\"cdylib\"]`", dir.display()))
}
