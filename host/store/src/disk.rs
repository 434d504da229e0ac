//! The files under the store.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::StoreError;

/// Where a store keeps its files. There is one real disk, [`DataDir`]; tests of crashes bring their own.
///
/// Names are relative, with `/` between their parts, and are chosen by the store: `store.redb`,
/// `store.redb.new` and `journal/<seq>.log`.
pub trait Disk: Send + Sync + 'static {
    /// Opens a file, and creates it if it is not there. The name of a new file is durable on return.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Whether there is a file of this name.
    fn exists(&self, name: &str) -> io::Result<bool>;

    /// The names of all files whose names start with `journal/`, in any order.
    fn journal(&self) -> io::Result<Vec<String>>;

    /// Removes a file, durably.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Gives a file, which nobody has open, a new name in the same directory, durably.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Bytes that were written to all files so far; 0 on a disk that does not count them.
    fn written_bytes(&self) -> u64 {
        0
    }
}

/// An open file. A write is durable only after a sync; until then a crash may keep it, drop it, or keep some
/// sectors of it.
pub trait DiskFile: fmt::Debug + Send + Sync + 'static {
    /// The length, in bytes.
    fn len_bytes(&self) -> io::Result<u64>;

    /// Fills `out` from an offset in bytes; a file that is too short for that is an error.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Writes all of `data` at an offset in bytes.
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// Cuts the file or extends it with zeros.
    fn set_len(&self, len_bytes: u64) -> io::Result<()>;

    /// Makes everything before durable.
    fn sync(&self) -> io::Result<()>;
}

/// A directory of the file system, locked against other hosts while this value lives.
pub struct DataDir {
    dir: PathBuf,
    written_bytes: Arc<AtomicU64>,
    _lock: File,
}

/// A file of it, whose writes are counted.
#[derive(Debug)]
struct CountedFile {
    file: File,
    written_bytes: Arc<AtomicU64>,
}

impl DataDir {
    /// Makes the directory if it is not there, and takes its lock: a file named `lock`.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let failed = |action| StoreError::io(action, dir.display().to_string());
        std::fs::create_dir_all(dir.join("journal")).map_err(failed("create"))?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(dir.join("lock"));
        let lock = lock.map_err(failed("create a lock in"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked { dir: dir.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(failed("lock")(error)),
        }
        sync_dir(dir).map_err(failed("sync"))?;
        Ok(Self { dir: dir.to_owned(), written_bytes: Arc::default(), _lock: lock })
    }

    fn sync_parent(&self, name: &str) -> io::Result<()> {
        self.dir.join(name).parent().map_or(Ok(()), sync_dir)
    }
}

impl Disk for DataDir {
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let path = self.dir.join(name);
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
                self.sync_parent(name)?;
                file
            }
            opened => opened?,
        };
        Ok(Arc::new(CountedFile { file, written_bytes: Arc::clone(&self.written_bytes) }))
    }

    fn exists(&self, name: &str) -> io::Result<bool> {
        self.dir.join(name).try_exists()
    }

    fn journal(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.dir.join("journal"))? {
            names.extend(entry?.file_name().to_str().map(|name| format!("journal/{name}")));
        }
        Ok(names)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.dir.join(name))?;
        self.sync_parent(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.dir.join(from), self.dir.join(to))?;
        self.sync_parent(to)
    }

    fn written_bytes(&self) -> u64 {
        self.written_bytes.load(Relaxed)
    }
}

impl DiskFile for CountedFile {
    fn len_bytes(&self) -> io::Result<u64> {
        self.file.metadata().map(|metadata| metadata.len())
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.written_bytes.fetch_add(data.len() as u64, Relaxed);
        self.file.write_all_at(data, offset)
    }

    fn set_len(&self, len_bytes: u64) -> io::Result<()> {
        self.file.set_len(len_bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// Makes the names in a directory durable.
fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
