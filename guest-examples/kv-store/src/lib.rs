//! A store of any values under string keys, in the actor's key-value data.

use rivet_guest::{Ctx, ListOptions, Result, Value, actor, export, from_cbor, to_cbor};
use serde::{Deserialize, Serialize};

/// All data is in the key-value store, so there is no state.
#[derive(Default, Serialize, Deserialize)]
struct KvStore;

#[actor(display_name = "Key-value store", icon = "🗄️")]
impl KvStore {
    pub fn put(&self, ctx: &Ctx, key: String, value: Value) -> Result<()> {
        ctx.kv().put_cbor(key, &value)
    }

    /// The value, or null when there is none.
    pub fn get(&self, ctx: &Ctx, key: String) -> Result<Option<Value>> {
        ctx.kv().get_cbor(key)
    }

    pub fn delete(&self, ctx: &Ctx, key: String) -> Result<()> {
        ctx.kv().delete(key)
    }

    /// The keys that start with the prefix, and their values, in the order of the keys.
    pub fn list(&self, ctx: &Ctx, prefix: Option<String>) -> Result<Vec<(String, Value)>> {
        let entries = ctx.kv().list_prefix(prefix.unwrap_or_default(), ListOptions::default())?;
        entries.into_iter().map(|(key, value)| Ok((String::from_utf8(key)?, from_cbor(&value)?))).collect()
    }

    /// Puts all pairs or none; at most 128.
    pub fn put_many(&self, ctx: &Ctx, pairs: Vec<(String, Value)>) -> Result<()> {
        let entries: Vec<_> =
            pairs.into_iter().map(|(key, value)| Ok((key, to_cbor(&value)?))).collect::<Result<_>>()?;
        ctx.kv().put_batch(entries)
    }
}

export!(KvStore);

#[cfg(test)]
mod tests;
