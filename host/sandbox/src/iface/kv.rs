//! `rivet:actor/kv`.

use std::ops::Bound;

use rivet_ground::{ActorError, ActorId, limits};
use rivet_store::{KeyRange, Table, WriteSet};

use crate::bindings::rivet::actor::kv::{Entry, Host, ListOptions};
use crate::guest::Guest;
use crate::iface::fault::{Fault, Imported, finish};
use crate::iface::inside::{Inside, host_fault};

/// Bytes of a row's key before the guest's.
const ID_BYTES: usize = size_of::<ActorId>();

impl Host for Guest {
    fn get(&mut self, key: Vec<u8>) -> Imported<Option<Vec<u8>>> {
        finish(self.inside.kv_get(&key))
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) -> Imported<()> {
        finish(self.inside.kv_put_all(vec![(key, value)]))
    }

    fn delete(&mut self, key: Vec<u8>) -> Imported<()> {
        finish(self.inside.kv_delete_all(&[key]))
    }

    fn get_batch(&mut self, keys: Vec<Vec<u8>>) -> Imported<Vec<Option<Vec<u8>>>> {
        finish(
            check_batch(keys.len()).and_then(|()| keys.iter().map(|key| self.inside.kv_get(key)).collect()),
        )
    }

    fn put_batch(&mut self, entries: Vec<Entry>) -> Imported<()> {
        finish(check_batch(entries.len()).and_then(|()| self.inside.kv_put_all(entries)))
    }

    fn delete_batch(&mut self, keys: Vec<Vec<u8>>) -> Imported<()> {
        finish(check_batch(keys.len()).and_then(|()| self.inside.kv_delete_all(&keys)))
    }

    fn list_prefix(&mut self, prefix: Vec<u8>, options: ListOptions) -> Imported<Vec<Entry>> {
        finish(self.inside.kv_list_prefix(&prefix, &options))
    }

    fn list_range(
        &mut self,
        start: Vec<u8>,
        end: Option<Vec<u8>>,
        options: ListOptions,
    ) -> Imported<Vec<Entry>> {
        let range = self.inside.kv_range(&start, end.as_deref()).map_err(Fault::from);
        finish(range.and_then(|range| self.inside.kv_list(range, &options)))
    }

    fn delete_range(&mut self, start: Vec<u8>, end: Option<Vec<u8>>) -> Imported<()> {
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

    /// Checks everything before the first write, as well.
    fn kv_delete_all(&mut self, keys: &[impl AsRef<[u8]>]) -> Result<(), Fault> {
        let mut more_bytes = 0;
        for key in keys {
            check_key(key.as_ref())?;
            more_bytes += deleted_bytes(key.as_ref());
        }
        self.check_room(more_bytes)?;
        for key in keys.iter().map(AsRef::as_ref) {
            if self.kv_forget(key)? {
                let row = self.kv_row(key);
                self.overlay()?.delete(Table::Kv, row);
            }
        }
        Ok(())
    }

    fn kv_delete_range(&mut self, start: &[u8], end: Option<&[u8]>) -> Result<(), Fault> {
        let range = self.kv_range(start, end)?;
        let (mut page_range, mut keys, mut more_bytes) = (range.clone(), Vec::new(), 0);
        // A page is bounded, the range is not: go on behind the last key. What is not bounded by the range is
        // by what a turn may write.
        loop {
            let page_is_cut = page_range.clone().limit_bytes(limits::KV_LIST_BYTES);
            let page = self.overlay()?.scan(Table::Kv, &page_is_cut).map_err(host_fault)?;
            let Some((last, _)) = page.last() else { break };
            page_range = range.clone().starting(Bound::Excluded(last));
            for (row, _) in &page {
                let key = user_key(row);
                more_bytes += deleted_bytes(&key);
                keys.push(key);
            }
            self.check_room(more_bytes)?;
        }
        self.kv_delete_all(&keys)
    }

    /// The rows of the keys with `start <= key < end`; without an end, to the actor's last key.
    fn kv_range(&self, start: &[u8], end: Option<&[u8]>) -> Result<KeyRange, ActorError> {
        check_key(start)?;
        let all = KeyRange::prefix(self.identity.actor.as_bytes(), limits::KV_LIST_ENTRIES);
        let range = all.starting(Bound::Included(&self.kv_row(start)));
        Ok(match end {
            Some(end) => range.ending(Bound::Excluded(&self.kv_row(end))),
            None => range,
        })
    }

    fn kv_list_prefix(&mut self, prefix: &[u8], options: &ListOptions) -> Result<Vec<Entry>, Fault> {
        check_key(prefix)?;
        let range = KeyRange::prefix(&self.kv_row(prefix), limits::KV_LIST_ENTRIES);
        self.kv_list(range, options)
    }

    fn kv_list(&mut self, range: KeyRange, options: &ListOptions) -> Result<Vec<Entry>, Fault> {
        let limit = options.limit.map_or(usize::MAX, |limit| limit as usize);
        let range = range
            .reversed(options.reverse)
            .limit(limit.min(limits::KV_LIST_ENTRIES))
            .limit_bytes(limits::KV_LIST_BYTES);
        let rows = self.overlay()?.scan(Table::Kv, &range).map_err(host_fault)?;
        if rows.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() > limits::KV_LIST_BYTES {
            let message = format!(
                "the list has over {} bytes, the most that one call gives; list with a limit, or a narrower range",
                limits::KV_LIST_BYTES
            );
            return Err(ActorError::new("kv", "list_too_large", message).into());
        }
        Ok(rows.into_iter().map(|(row, value)| (user_key(&row), Vec::from(value))).collect())
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

/// The key of a row.
fn user_key(row: &[u8]) -> Vec<u8> {
    row.get(ID_BYTES..).unwrap_or_default().to_vec()
}

/// What it costs a turn to delete a key.
fn deleted_bytes(key: &[u8]) -> usize {
    WriteSet::ROW_BYTES + ID_BYTES + key.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iface::workbench::Workbench;

    fn guest<T: std::fmt::Debug>(result: Result<T, Fault>) -> Result<T, String> {
        result.map_err(|fault| match fault {
            Fault::Guest(error) => error.path(),
            Fault::Host(error) => panic!("{error:#}"),
        })
    }

    fn keys(inside: &mut Inside, prefix: &[u8]) -> Vec<Vec<u8>> {
        let options = ListOptions { reverse: false, limit: None };
        let entries = guest(inside.kv_list_prefix(prefix, &options)).unwrap();
        entries.into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn a_range_that_is_too_large_to_list_can_be_deleted() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        for n in 0..180u8 {
            // Keys as long as can be: there is no next one to go on from.
            let key = vec![n; limits::KV_KEY_BYTES];
            guest(inside.kv_put_all(vec![(key, vec![n; 100_000])])).unwrap();
        }
        guest(inside.kv_put_all(vec![(vec![200], vec![1])])).unwrap();
        guest(inside.kv_delete_range(&[1], Some(&[200]))).unwrap();
        assert_eq!(keys(&mut inside, &[]), [vec![0; limits::KV_KEY_BYTES], vec![200]]);
        assert_eq!(guest(inside.kv_bytes()), Ok((limits::KV_KEY_BYTES + 100_000 + 2) as u64));
        guest(inside.kv_delete_range(&[], None)).unwrap();
        assert_eq!(guest(inside.kv_bytes()), Ok(0));
    }

    #[test]
    fn what_is_refused_has_deleted_nothing() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        guest(inside.kv_put_all(vec![(vec![1], vec![1]), (vec![2], vec![2])])).unwrap();
        let too_long = vec![0; limits::KV_KEY_BYTES + 1];
        assert_eq!(guest(inside.kv_delete_all(&[vec![1], too_long])), Err("kv.key_too_large".to_owned()));
        // Leaves room for the deletion of one key, but not of two.
        let most_bytes = limits::TURN_WRITE_BYTES - limits::TURN_HOST_BYTES;
        let filled = inside.overlay().unwrap().len_bytes();
        let fill = most_bytes - filled - deleted_bytes(b"state") - deleted_bytes(&[1]);
        inside.overlay().unwrap().put(Table::State, b"state".to_vec(), vec![0; fill]);
        assert_eq!(guest(inside.kv_delete_range(&[], None)), Err("actor.turn_too_large".to_owned()));
        assert_eq!(guest(inside.kv_delete_all(&[[1], [2]])), Err("actor.turn_too_large".to_owned()));
        assert_eq!(keys(&mut inside, &[]), [[1], [2]]);
        guest(inside.kv_delete_range(&[2], None)).unwrap();
        assert_eq!(keys(&mut inside, &[]), [[1]]);
    }
}
