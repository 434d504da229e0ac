//! Compiled code on disk, keyed by engine and component.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::PathBuf;

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::digest::Digest;

/// A folder with one file for each component that this engine has compiled.
pub(crate) struct CompileCache {
    dir: PathBuf,
}

impl CompileCache {
    /// The cache of this engine beneath `dir`: code of another version or configuration is never seen.
    pub(crate) fn new(dir: PathBuf, engine: &Engine) -> Self {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Self { dir: dir.join(format!("{:016x}", hasher.finish())) }
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
        let new = path.with_extension(format!("new-{}", std::process::id()));
        let mut file = fs::File::create(&new)?;
        file.write_all(bytes)?;
        fs::rename(new, path)
    }

    fn code_path(&self, digest: Digest) -> PathBuf {
        self.dir.join(format!("{digest}.cwasm"))
    }

    fn sum_path(&self, digest: Digest) -> PathBuf {
        self.dir.join(format!("{digest}.sum"))
    }
}

#[allow(
    unsafe_code,
    reason = "wasmtime trusts compiled code: ours is checksummed and as private as the data directory"
)]
fn deserialize(engine: &Engine, path: &std::path::Path) -> wasmtime::Result<Component> {
    // SAFETY: the file was written by `save`, by this engine's configuration (the folder's name), and
    // is whole (the checksum). Who can replace both files can replace the host's data as well.
    unsafe { Component::deserialize_file(engine, path) }
}
