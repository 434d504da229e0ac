//! Which components there are, and their versions.

use rivet_ground::name_prefix;
use serde::{Deserialize, Serialize};

use crate::{KeyRange, Store, StoreError, Table, WriteSet};

/// One version of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentRecord {
    /// The component's name.
    pub name: String,
    /// Its number, from 1.
    pub version: u32,
    /// The digest of its bytes, as text.
    pub digest: String,
    /// When it was uploaded, in milliseconds since the Unix epoch.
    pub uploaded_ms: u64,
    /// The names of its actors: known even when the component no longer compiles.
    pub actors: Vec<String>,
}

/// A record as it is stored: a CBOR map, so that fields can be added.
#[derive(Serialize, Deserialize)]
struct Row {
    digest: String,
    uploaded_ms: u64,
    #[serde(default)]
    actors: Vec<String>,
}

/// The components of a store. Cloning is cheap.
#[derive(Clone)]
pub struct Components {
    store: Store,
}

impl Components {
    /// The components of a store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The newest version of every component.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn newest(&self) -> Result<Vec<ComponentRecord>, StoreError> {
        let rows = self.store.scan(Table::Components, &KeyRange::prefix(&[], usize::MAX))?;
        rows.into_iter()
            .map(|(name, version)| {
                let name = String::from_utf8(name.to_vec()).map_err(|_| BAD_COMPONENT)?;
                let version =
                    version.as_ref().try_into().map(u32::from_be_bytes).map_err(|_| BAD_COMPONENT)?;
                let row =
                    self.store.get(Table::Versions, &version_row(&name, version))?.ok_or(BAD_VERSION)?;
                let row: Row = serde_cbor::from_slice(&row).map_err(|_| BAD_VERSION)?;
                let Row { digest, uploaded_ms, actors } = row;
                Ok(ComponentRecord { name, version, digest, uploaded_ms, actors })
            })
            .collect()
    }

    /// The writes that make a version the newest one, and forget those before it: actors start from the newest alone,
    /// and running ones hold what they run.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn publish(&self, record: &ComponentRecord) -> Result<WriteSet, StoreError> {
        let row = Row {
            digest: record.digest.clone(),
            uploaded_ms: record.uploaded_ms,
            actors: record.actors.clone(),
        };
        let mut writes = WriteSet::new();
        self.forget_versions(&record.name, &mut writes)?;
        writes.put(
            Table::Components,
            record.name.clone().into_bytes(),
            record.version.to_be_bytes().to_vec(),
        );
        // Texts and numbers always encode.
        let row = serde_cbor::to_vec(&row).unwrap_or_default();
        writes.put(Table::Versions, version_row(&record.name, record.version), row);
        Ok(writes)
    }

    /// The writes that remove a component with all its versions.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn remove(&self, name: &str) -> Result<WriteSet, StoreError> {
        let mut writes = WriteSet::new();
        writes.delete(Table::Components, name.as_bytes().to_vec());
        self.forget_versions(name, &mut writes)?;
        Ok(writes)
    }

    fn forget_versions(&self, name: &str, writes: &mut WriteSet) -> Result<(), StoreError> {
        for (row, _) in self.store.scan(Table::Versions, &KeyRange::prefix(&name_prefix(name), usize::MAX))? {
            writes.delete(Table::Versions, row);
        }
        Ok(())
    }

    /// The digests of all versions of all components: what must stay on disk.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn digests(&self) -> Result<Vec<String>, StoreError> {
        let rows = self.store.scan(Table::Versions, &KeyRange::prefix(&[], usize::MAX))?;
        let digest =
            |row: &[u8]| serde_cbor::from_slice::<Row>(row).map(|row| row.digest).map_err(|_| BAD_VERSION);
        rows.iter().map(|(_, row)| digest(row)).collect()
    }
}

const BAD_COMPONENT: StoreError = StoreError::BadRow { table: "components" };
const BAD_VERSION: StoreError = StoreError::BadRow { table: "versions" };

fn version_row(name: &str, version: u32) -> Vec<u8> {
    [name_prefix(name), version.to_be_bytes().to_vec()].concat()
}
