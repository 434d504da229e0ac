//! Compiled code on disk, keyed by engine and component.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::digest::Digest;

/// A folder with one file for each component that this engine has compiled.
pub(crate) struct CompileCache {
    /// Holds one folder for each engine that ever ran here.
    root: PathBuf,
    /// The folder of this engine.
    dir: PathBuf,
    /// Tells apart files that are being written: one component may be compiled twice at a time.
    last_part: AtomicU64,
}

/// The last part of the name of a file that is being written.
const PART: &str = "part";

impl CompileCache {
    /// The cache of this engine and this instrumentation beneath `dir`: code of another version or configuration is never seen.
    pub(crate) fn new(dir: PathBuf, engine: &Engine) -> Self {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        crate::instrument::VERSION.hash(&mut hasher);
        let own = dir.join(format!("{:016x}", hasher.finish()));
        // A crash may have left some; who cannot remove them cannot write either, and is told then.
        for part in entries(&own).unwrap_or_default().iter().filter(|path| is_part(path)) {
            drop(fs::remove_file(part));
        }
        Self { root: dir, dir: own, last_part: AtomicU64::new(0) }
    }

    /// Removes the code of other engines, and of components that are not among these digests. What is being
    /// written stays.
    pub(crate) fn retain(&self, digests: &[String]) -> io::Result<()> {
        for path in entries(&self.root)? {
            if path != self.dir && path.is_dir() {
                fs::remove_dir_all(path)?;
            }
        }
        for path in entries(&self.dir)? {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if !is_part(&path) && !digests.iter().any(|digest| digest == stem) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// The compiled component, if it is here and whole.
    pub(crate) fn load(&self, engine: &Engine, digest: Digest) -> Option<Component> {
        let path = self.code_path(digest);
        let expected = fs::read_to_string(self.sum_path(digest)).ok()?;
        let found = Digest::of(&fs::read(&path).ok()?).to_string();
        if found != expected.trim() {
            tracing::warn!(component = %digest, "compiled code in the cache is damaged; compiling again");
            return None;
        }
        match deserialize(engine, &path) {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(component = %digest, "compiled code in the cache is not usable; compiling again: {error:#}");
                None
            }
        }
    }

    /// Keeps a compiled component. Failing to is no error of the caller: it only costs time later.
    pub(crate) fn save(&self, component: &Component, digest: Digest) {
        let saved = component.serialize().map_err(io::Error::other).and_then(|code| {
            fs::create_dir_all(&self.dir)?;
            self.replace(self.sum_path(digest), Digest::of(&code).to_string().as_bytes())?;
            self.replace(self.code_path(digest), &code)
        });
        if let Err(error) = saved {
            tracing::warn!(component = %digest, "compiled code could not be kept: {error}");
        }
    }

    fn replace(&self, path: PathBuf, bytes: &[u8]) -> io::Result<()> {
        let part = self.last_part.fetch_add(1, Ordering::Relaxed);
        let new = self.dir.join(format!("{}-{part}.{PART}", std::process::id()));
        let written = fs::File::create(&new).and_then(|mut file| file.write_all(bytes));
        if written.is_err() {
            // The disk may be full: leave no half of a file on it.
            drop(fs::remove_file(&new));
        }
        written.and_then(|()| fs::rename(new, path))
    }

    fn code_path(&self, digest: Digest) -> PathBuf {
        self.dir.join(format!("{digest}.cwasm"))
    }

    fn sum_path(&self, digest: Digest) -> PathBuf {
        self.dir.join(format!("{digest}.sum"))
    }
}

fn is_part(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == PART)
}

/// What is in a folder; nothing, if it is not there.
fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[allow(
    unsafe_code,
    reason = "wasmtime trusts compiled code: ours is checksummed and as private as the data directory"
)]
fn deserialize(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the file was written by `save`, by this engine's configuration (the folder's name), and
    // is whole (the checksum). Who can replace both files can replace the host's data as well.
    unsafe { Component::deserialize_file(engine, path) }
}
