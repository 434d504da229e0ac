//! The bytes of components on disk, by digest.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

/// The folder `components` of the data directory.
pub(super) struct Blobs {
    dir: PathBuf,
    last_part: AtomicU64,
}

impl Blobs {
    /// Opens the folder, and throws away uploads that never finished.
    pub(super) fn open(dir: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&dir)?;
        for entry in fs::read_dir(&dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "part") {
                fs::remove_file(path)?;
            }
        }
        Ok(Self { dir, last_part: AtomicU64::new(0) })
    }

    /// A path for an upload that has not finished.
    pub(super) fn new_part(&self) -> PathBuf {
        self.dir.join(format!("{}.part", self.last_part.fetch_add(1, Ordering::Relaxed)))
    }

    /// Makes a finished and synced upload the bytes of a digest.
    pub(super) fn keep(&self, part: &Path, digest: &str) -> io::Result<()> {
        fs::rename(part, self.path(digest))?;
        fs::File::open(&self.dir)?.sync_all()
    }

    /// The bytes of a digest.
    pub(super) fn read(&self, digest: &str) -> io::Result<Bytes> {
        fs::read(self.path(digest)).map(Bytes::from)
    }

    /// Removes the bytes that no version has any more.
    pub(super) fn retain(&self, digests: &[String]) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let is_blob = path.extension().is_some_and(|extension| extension == "wasm");
            if is_blob && !digests.iter().any(|digest| digest == stem) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.dir.join(format!("{digest}.wasm"))
    }
}
