//! The actor's durable key-value data.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::host::kv;
use crate::{Error, Result};

/// The actor's durable key-value data. Keys sort by bytes.
///
/// Reads see the writes of the same turn; writes commit with the turn. A call that is refused has written
/// nothing. Limits: key 2,048 bytes (`kv.key_too_large`), value 131,072 bytes (`kv.value_too_large`),
/// 128 keys in a batch and 999,424 bytes in one `put_batch` (`kv.batch_too_large`), 10 GiB in one actor
/// (`kv.storage_quota_exceeded`).
#[derive(Clone, Debug)]
pub struct Kv {
    _private: (),
}

/// How to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// From the last key to the first.
    pub reverse: bool,
    /// At most this many entries; `None` means 16,384, which is also the most.
    pub limit: Option<u32>,
}

/// A key and its value.
type Entry = (Vec<u8>, Vec<u8>);

impl Kv {
    pub(crate) fn new() -> Self {
        Self { _private: () }
    }

    /// The value of a key, if there is one.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>> {
        kv::get(key.as_ref()).map_err(Error::from)
    }

    /// The value of a key, which [`Kv::put_cbor`] has written. Fails when it is of another shape.
    pub fn get_cbor<T: DeserializeOwned>(&self, key: impl AsRef<[u8]>) -> Result<Option<T>> {
        self.get(key)?.map(|value| crate::from_cbor(&value)).transpose()
    }

    /// Sets the value of a key.
    pub fn put(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<()> {
        kv::put(key.as_ref(), value.as_ref()).map_err(Error::from)
    }

    /// Sets the value of a key to anything that serde can write.
    pub fn put_cbor<T: Serialize>(&self, key: impl AsRef<[u8]>, value: &T) -> Result<()> {
        self.put(key, crate::to_cbor(value)?)
    }

    /// Removes a key; one that is not there is no error.
    pub fn delete(&self, key: impl AsRef<[u8]>) -> Result<()> {
        kv::delete(key.as_ref()).map_err(Error::from)
    }

    /// The values of several keys, in the order asked for.
    pub fn get_batch<K: Into<Vec<u8>>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<Vec<Option<Vec<u8>>>> {
        kv::get_batch(&collect(keys)).map_err(Error::from)
    }

    /// Sets several keys: all of them, or none.
    pub fn put_batch<K: Into<Vec<u8>>, V: Into<Vec<u8>>>(
        &self,
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<()> {
        let entries: Vec<Entry> =
            entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        kv::put_batch(&entries).map_err(Error::from)
    }

    /// Removes several keys.
    pub fn delete_batch<K: Into<Vec<u8>>>(&self, keys: impl IntoIterator<Item = K>) -> Result<()> {
        kv::delete_batch(&collect(keys)).map_err(Error::from)
    }

    /// The entries whose keys start with the prefix; the keys are returned whole.
    pub fn list_prefix(&self, prefix: impl AsRef<[u8]>, options: ListOptions) -> Result<Vec<Entry>> {
        kv::list_prefix(prefix.as_ref(), options.into()).map_err(Error::from)
    }

    /// The entries with `start <= key < end`; without an end, to the last key.
    pub fn list_range(
        &self,
        start: impl AsRef<[u8]>,
        end: Option<&[u8]>,
        options: ListOptions,
    ) -> Result<Vec<Entry>> {
        kv::list_range(start.as_ref(), end, options.into()).map_err(Error::from)
    }

    /// Removes the entries with `start <= key < end`; without an end, to the last key.
    pub fn delete_range(&self, start: impl AsRef<[u8]>, end: Option<&[u8]>) -> Result<()> {
        kv::delete_range(start.as_ref(), end).map_err(Error::from)
    }
}

fn collect<K: Into<Vec<u8>>>(keys: impl IntoIterator<Item = K>) -> Vec<Vec<u8>> {
    keys.into_iter().map(Into::into).collect()
}

impl From<ListOptions> for crate::bindings::component::rivet::actor::kv::ListOptions {
    fn from(ListOptions { reverse, limit }: ListOptions) -> Self {
        Self { reverse, limit }
    }
}
