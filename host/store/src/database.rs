//! The database: what has been folded. The only file that reads or writes redb.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use redb::{ReadOnlyTable, ReadableDatabase, TableDefinition};
use rivet_ground::limits;

use crate::disk::{Disk, DiskFile};
use crate::layer::Layer;
use crate::merge::{Budget, Merge, Row};
use crate::table::PerTable;
use crate::{KeyRange, StoreError, Table};

/// The format of the data directory: the tables, what the store itself writes in them, and the journal.
const FORMAT: u64 = 1;

/// The database's file, and its name while it is being made.
const FILE: &str = "store.redb";
const NEW_FILE: &str = "store.redb.new";

/// Numbers that describe the whole store.
const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
const META_FORMAT: &str = "format";
const META_FOLDED_SEQ: &str = "folded_seq";

type Rows = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// The open database.
pub(crate) struct Database {
    redb: redb::Database,
}

/// The database as one fold left it.
pub(crate) struct View {
    tables: PerTable<Rows>,
}

impl Database {
    /// Opens or creates the database, and says up to which commit it is folded.
    pub(crate) fn open(disk: &dyn Disk) -> Result<(Self, u64), StoreError> {
        if !disk.exists(FILE).map_err(StoreError::io("look for", FILE))? {
            create(disk)?;
        }
        let database = Self { redb: open_file(disk, FILE)? };
        let folded_seq = database.folded_seq()?;
        Ok((database, folded_seq))
    }

    /// Checks the format and reads how far the database is folded.
    fn folded_seq(&self) -> Result<u64, StoreError> {
        let read = self.redb.begin_read().map_err(StoreError::database)?;
        let meta = read.open_table(META).map_err(StoreError::database)?;
        let number = |name| -> Result<u64, StoreError> {
            let value = meta.get(name).map_err(StoreError::database)?;
            value.map(|value| value.value()).ok_or(StoreError::BadRow { table: "meta" })
        };
        match number(META_FORMAT)? {
            found if found > FORMAT => Err(StoreError::NewerFormat { found, known: FORMAT }),
            _ => number(META_FOLDED_SEQ),
        }
    }

    /// Folds a layer: after it, the database has all commits up to `folded_seq`. All of it or nothing of
    /// it is done.
    pub(crate) fn fold(&self, layer: &Layer, folded_seq: u64) -> Result<View, StoreError> {
        let mut write = self.redb.begin_write().map_err(StoreError::database)?;
        // Without it, the open after a crash reads the whole file.
        write.set_quick_repair(true);
        {
            let mut meta = write.open_table(META).map_err(StoreError::database)?;
            meta.insert(META_FORMAT, FORMAT).map_err(StoreError::database)?;
            meta.insert(META_FOLDED_SEQ, folded_seq).map_err(StoreError::database)?;
        }
        for table in Table::ALL {
            let mut rows = write.open_table(definition(table)).map_err(StoreError::database)?;
            for (key, value) in layer.table(table) {
                let written = match value {
                    Some(value) => rows.insert(key.as_ref(), value.as_ref()),
                    None => rows.remove(key.as_ref()),
                };
                written.map_err(StoreError::database)?;
            }
        }
        write.commit().map_err(StoreError::database)?;
        self.view()
    }

    fn view(&self) -> Result<View, StoreError> {
        let read = self.redb.begin_read().map_err(StoreError::database)?;
        let open = |table| read.open_table(definition(table)).map_err(StoreError::database);
        Ok(View { tables: PerTable::try_new(open)? })
    }
}

impl View {
    /// The value of a key.
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let found = self.tables.get(table).get(key).map_err(StoreError::database)?;
        Ok(found.map(|value| Bytes::copy_from_slice(value.value())))
    }

    /// The rows of a range, read through the rows that lie over it, which are in the direction of the range.
    pub(crate) fn scan(
        &self,
        table: Table,
        range: &KeyRange,
        over: Vec<Row>,
    ) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        let mut rows = self.tables.get(table).range::<&[u8]>(range.bounds()).map_err(StoreError::database)?;
        let mut failed = None;
        let folded = std::iter::from_fn(|| {
            let row = if range.reverse { rows.next_back() } else { rows.next() };
            match row? {
                Ok((key, value)) => {
                    Some((Bytes::copy_from_slice(key.value()), Some(Bytes::copy_from_slice(value.value()))))
                }
                Err(error) => {
                    failed = Some(StoreError::database(error));
                    None
                }
            }
        });
        let mut budget = Budget::new(range);
        let mut found = Vec::new();
        for (key, value) in Merge::new(over.into_iter(), folded, range.reverse) {
            if budget.is_spent() {
                break;
            }
            if let Some(value) = value {
                budget.spend(&key, &value);
                found.push((key, value));
            }
        }
        failed.map_or(Ok(found), Err)
    }
}

/// Makes a database that is folded up to 0, which is no commit. redb cannot open a file that it did not
/// finish, so the file gets its name when it is finished.
fn create(disk: &dyn Disk) -> Result<(), StoreError> {
    if disk.exists(NEW_FILE).map_err(StoreError::io("look for", NEW_FILE))? {
        disk.remove(NEW_FILE).map_err(StoreError::io("remove", NEW_FILE))?;
    }
    let database = Database { redb: open_file(disk, NEW_FILE)? };
    database.fold(&Layer::default(), 0)?;
    database.redb.close().map_err(StoreError::database)?;
    disk.rename(NEW_FILE, FILE).map_err(StoreError::io("rename", NEW_FILE))
}

fn open_file(disk: &dyn Disk, name: &str) -> Result<redb::Database, StoreError> {
    let file = disk.open(name).map_err(StoreError::io("open", name))?;
    redb::Builder::new()
        .set_cache_size(limits::DATABASE_CACHE_BYTES)
        .create_with_backend(Backend(file))
        .map_err(StoreError::database)
}

fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

/// A file, as redb wants it. It needs no lock: [`crate::DataDir`] has one.
#[derive(Debug)]
struct Backend(Arc<dyn DiskFile>);

impl redb::StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.0.len_bytes()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, data)
    }
}
