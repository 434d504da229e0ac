//! `rivet:actor/kv`.

use std::ops::Bound;

use bytes::Bytes;
use rivet_ground::{ActorError, limits};
use rivet_store::{KeyRange, Table};

use crate::bindings::rivet::actor::kv::{Entry, Host, ListOptions};
use crate::bindings::rivet::actor::types::Error;
use crate::guest::Guest;
use crate::iface::inside::{Inside, host_fault};
use crate::iface::to_wit;

/// What a KV call gives: the outer error ends the turn, the inner one is the guest's.
type Kv<T> = wasmtime::Result<Result<T, Error>>;

/// Errors of the two sorts, told apart by [`finish`].
enum Fault {
    Guest(ActorError),
    Host(wasmtime::Error),
}

impl From<ActorError> for Fault {
    fn from(error: ActorError) -> Self {
        Self::Guest(error)
    }
}

impl From<wasmtime::Error> for Fault {
    fn from(error: wasmtime::Error) -> Self {
        Self::Host(error)
    }
}

fn finish<T>(result: Result<T, Fault>) -> Kv<T> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Fault::Guest(error)) => Ok(Err(to_wit(error))),
        Err(Fault::Host(error)) => Err(error),
    }
}

impl Host for Guest {
    fn get(&mut self, key: Vec<u8>) -> Kv<Option<Vec<u8>>> {
        finish(self.inside.kv_get(&key))
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) -> Kv<()> {
        finish(self.inside.kv_put_all(vec![(key, value)]))
    }

    fn delete(&mut self, key: Vec<u8>) -> Kv<()> {
        finish(self.inside.kv_delete(&key))
    }

    fn get_batch(&mut self, keys: Vec<Vec<u8>>) -> Kv<Vec<Option<Vec<u8>>>> {
        finish(
            check_batch(keys.len()).and_then(|()| keys.iter().map(|key| self.inside.kv_get(key)).collect()),
        )
    }

    fn put_batch(&mut self, entries: Vec<Entry>) -> Kv<()> {
        finish(check_batch(entries.len()).and_then(|()| self.inside.kv_put_all(entries)))
    }

    fn delete_batch(&mut self, keys: Vec<Vec<u8>>) -> Kv<()> {
        finish(
            check_batch(keys.len()).and_then(|()| keys.iter().try_for_each(|key| self.inside.kv_delete(key))),
        )
    }

    fn list_prefix(&mut self, prefix: Vec<u8>, options: ListOptions) -> Kv<Vec<Entry>> {
        let end = after_prefix(&prefix);
        finish(self.inside.kv_list(&prefix, end.as_deref(), &options))
    }

    fn list_range(&mut self, start: Vec<u8>, end: Option<Vec<u8>>, options: ListOptions) -> Kv<Vec<Entry>> {
        finish(self.inside.kv_list(&start, end.as_deref(), &options))
    }

    fn delete_range(&mut self, start: Vec<u8>, end: Option<Vec<u8>>) -> Kv<()> {
        finish(self.inside.kv_delete_range(&start, end.as_deref()))
    }
}

fn check_key(key: &[u8]) -> Result<(), ActorError> {
    if key.len() <= limits::KV_KEY_BYTES {
        return Ok(());
    }
    let message = format!("the key has {} bytes, over the limit of {}", key.len(), limits::KV_KEY_BYTES);
    Err(ActorError::new("kv", "key_too_large", message))
}

fn check_batch(len: usize) -> Result<(), Fault> {
    if len <= limits::KV_BATCH_KEYS {
        return Ok(());
    }
    let message = format!("the batch has {len} keys, over the limit of {}", limits::KV_BATCH_KEYS);
    Err(ActorError::new("kv", "batch_too_large", message).into())
}

/// The first key after all that start with the prefix; none when there is no such key.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < 0xff {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

impl Inside {
    /// The row of a key: the actor's id, then the key.
    fn kv_row(&self, key: &[u8]) -> Vec<u8> {
        [self.identity.actor.as_bytes().as_slice(), key].concat()
    }

    fn kv_get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        check_key(key)?;
        let row = self.kv_row(key);
        Ok(self.overlay()?.get(Table::Kv, &row).map_err(host_fault)?.map(Vec::from))
    }

    /// Checks everything before the first write, so that a refused call has written nothing.
    fn kv_put_all(&mut self, entries: Vec<Entry>) -> Result<(), Fault> {
        let mut more_bytes = 0;
        for (key, value) in &entries {
            check_key(key)?;
            if value.len() > limits::KV_VALUE_BYTES {
                let message = format!(
                    "the value has {} bytes, over the limit of {}",
                    value.len(),
                    limits::KV_VALUE_BYTES
                );
                return Err(ActorError::new("kv", "value_too_large", message).into());
            }
            more_bytes += key.len() + value.len();
        }
        if more_bytes > limits::KV_BATCH_BYTES {
            let message =
                format!("the batch has {more_bytes} bytes, over the limit of {}", limits::KV_BATCH_BYTES);
            return Err(ActorError::new("kv", "batch_too_large", message).into());
        }
        self.check_room(more_bytes)?;
        if self.kv_bytes()?.saturating_add(more_bytes as u64) > limits::KV_ACTOR_BYTES {
            let message = format!("the actor's kv data may have {} bytes", limits::KV_ACTOR_BYTES);
            return Err(ActorError::new("kv", "storage_quota_exceeded", message).into());
        }
        for (key, value) in entries {
            self.kv_forget(&key)?;
            self.kv_count((key.len() + value.len()) as i64)?;
            let row = self.kv_row(&key);
            self.overlay()?.put(Table::Kv, row, value);
        }
        Ok(())
    }

    fn kv_delete(&mut self, key: &[u8]) -> Result<(), Fault> {
        check_key(key)?;
        self.check_room(key.len())?;
        if self.kv_forget(key)? {
            let row = self.kv_row(key);
            self.overlay()?.delete(Table::Kv, row);
        }
        Ok(())
    }

    fn kv_delete_range(&mut self, start: &[u8], end: Option<&[u8]>) -> Result<(), Fault> {
        let options = ListOptions { reverse: false, limit: None };
        let mut from = start.to_vec();
        // The list is bounded, the range is not: go on behind the last key that was listed.
        loop {
            let page = self.kv_list(&from, end, &options)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            from = [last.as_slice(), &[0]].concat();
            for (key, _) in &page {
                self.kv_delete(key)?;
            }
        }
    }

    fn kv_list(
        &mut self,
        start: &[u8],
        end: Option<&[u8]>,
        options: &ListOptions,
    ) -> Result<Vec<Entry>, Fault> {
        check_key(start)?;
        let from = self.kv_row(start);
        let to = match end {
            Some(end) => Some(self.kv_row(end)),
            None => after_prefix(self.identity.actor.as_bytes()),
        };
        let limit =
            options.limit.map_or(limits::KV_LIST_ENTRIES, |n| (n as usize).min(limits::KV_LIST_ENTRIES));
        let upper = to.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let range = KeyRange::new(Bound::Included(&from), upper, limit)
            .reversed(options.reverse)
            .limit_bytes(limits::KV_LIST_BYTES);
        let rows = self.overlay()?.scan(Table::Kv, &range).map_err(host_fault)?;
        if rows.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() > limits::KV_LIST_BYTES {
            let message = format!(
                "the list has over {} bytes, the most that one call gives; list with a limit, or a narrower range",
                limits::KV_LIST_BYTES
            );
            return Err(ActorError::new("kv", "list_too_large", message).into());
        }
        let id_bytes = self.identity.actor.as_bytes().len();
        let user_key = |row: Bytes| row.get(id_bytes..).unwrap_or_default().to_vec();
        Ok(rows.into_iter().map(|(row, value)| (user_key(row), Vec::from(value))).collect())
    }

    /// Uncounts the entry of a key; says whether there was one.
    fn kv_forget(&mut self, key: &[u8]) -> Result<bool, Fault> {
        let Some(old) = self.kv_get(key)? else { return Ok(false) };
        self.kv_count(-((key.len() + old.len()) as i64))?;
        Ok(true)
    }

    /// Bytes of all keys and values, from the store at the first use.
    fn kv_bytes(&mut self) -> Result<u64, Fault> {
        if let Some(bytes) = self.kv_bytes {
            return Ok(bytes);
        }
        let id = *self.identity.actor.as_bytes();
        let stored = self.overlay()?.get(Table::Usage, &id).map_err(host_fault)?;
        let bytes = stored.and_then(|row| row.as_ref().try_into().ok().map(u64::from_le_bytes)).unwrap_or(0);
        self.kv_bytes = Some(bytes);
        Ok(bytes)
    }

    fn kv_count(&mut self, delta: i64) -> Result<(), Fault> {
        self.kv_bytes = Some(self.kv_bytes()?.saturating_add_signed(delta));
        self.kv_bytes_changed |= delta != 0;
        Ok(())
    }

    /// Writes the count into the turn, once, when the turn ends.
    pub(super) fn write_kv_bytes(&mut self) -> wasmtime::Result<()> {
        if !std::mem::take(&mut self.kv_bytes_changed) {
            return Ok(());
        }
        let id = *self.identity.actor.as_bytes();
        if let (Some(bytes), Some(overlay)) = (self.kv_bytes, &mut self.overlay) {
            overlay.put(Table::Usage, id.to_vec(), bytes.to_le_bytes().to_vec());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix() {
        assert_eq!(after_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(after_prefix(&[1, 0xff]), Some(vec![2]));
        assert_eq!(after_prefix(&[0xff, 0xff]), None);
        assert_eq!(after_prefix(b""), None);
    }
}
