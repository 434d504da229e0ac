//! Whenever the power fails, the next open finds the commits up to some point, each whole, in order, and
//! at `Durability::Sync` none that was acknowledged is missing. The same holds when it fails again during
//! recovery.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rivet_store::{Durability, KeyRange, Store, Table, WriteSet};

mod power_loss;
use power_loss::{PowerLossDisk, Unsynced};

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

const COMMITS: u64 = 24;
/// Holds the number of the newest commit, which every commit writes.
const COUNTER: &[u8] = b"counter";

/// A commit: always the same for the same number.
fn commit(number: u64) -> WriteSet {
    let mut set = WriteSet::new();
    for (key, value) in writes(number) {
        match value {
            Some(value) => set.put(Table::Kv, key, value),
            None => set.delete(Table::Kv, key),
        }
    }
    set
}

/// What it writes.
fn writes(number: u64) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let mut rng = StdRng::seed_from_u64(number);
    let mut rows = vec![(COUNTER.to_vec(), Some(number.to_be_bytes().to_vec()))];
    for _ in 0..rng.random_range(1..4) {
        let key = vec![rng.random_range(0..16)];
        let value = vec![number as u8; rng.random_range(0..1500)];
        rows.push((key, rng.random_bool(0.7).then_some(value)));
    }
    rows
}

/// The rows after the first so many commits.
fn model(commits: u64) -> Rows {
    let mut model = Rows::new();
    for (key, value) in (1..=commits).flat_map(writes) {
        match value {
            Some(value) => model.insert(key, value),
            None => model.remove(&key),
        };
    }
    model
}

/// Runs the script until it ends or the power fails. Returns the newest commit that was acknowledged and the
/// newest that was made.
fn run(disk: &PowerLossDisk, durability: Durability) -> (u64, u64) {
    let Ok(store) = Store::open_on(Arc::new(disk.clone()), durability) else { return (0, 0) };
    let acknowledged = Arc::new(AtomicU64::new(0));
    let mut made = 0;
    for number in 1..=COMMITS {
        let newest = Arc::clone(&acknowledged);
        let committed = store.commit(commit(number), move |outcome| {
            if outcome.is_ok() {
                assert_eq!(newest.swap(number, SeqCst), number - 1);
            }
        });
        if committed.is_err() {
            break;
        }
        made = number;
        // Alone, then in groups of a few; and a fold now and then.
        let waited = number % 3 != 0 || store.commit_wait(WriteSet::new()).is_ok();
        let folded = number % 8 != 0 || store.fold().is_ok();
        if !waited || !folded {
            break;
        }
    }
    drop(store);
    (acknowledged.load(SeqCst), made)
}

/// Opens what is left, compares it with the model, and goes on from there. Returns the newest commit that
/// was found.
fn check(disk: PowerLossDisk, least: u64, most: u64, what: &str) -> u64 {
    let store =
        Store::open_on(Arc::new(disk.clone()), Durability::Sync).unwrap_or_else(|e| panic!("{what}: {e}"));
    let found = newest(&store, what);
    assert!((least..=most).contains(&found), "{what}: found {found}, not {least} to {most}");
    store.commit_wait(commit(found + 1)).unwrap();
    let later = disk.after_power_loss(Unsynced::Torn, found);
    let store =
        Store::open_on(Arc::new(later), Durability::Sync).unwrap_or_else(|e| panic!("{what}, later: {e}"));
    assert_eq!(newest(&store, what), found + 1, "{what}, later");
    found
}

/// The newest commit in a store, which has it and all before it, and nothing else.
fn newest(store: &Store, what: &str) -> u64 {
    let counter = store.get(Table::Kv, COUNTER).unwrap();
    let newest = counter.map_or(0, |bytes| u64::from_be_bytes(bytes.as_ref().try_into().unwrap()));
    assert_eq!(store.last_seq(), newest, "{what}");
    let rows = store.scan(Table::Kv, &KeyRange::prefix(b"", usize::MAX)).unwrap();
    let rows: Rows = rows.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
    assert!(rows == model(newest), "{what}: not the rows after {newest} commits");
    newest
}

fn crash_everywhere(durability: Durability) {
    let whole = PowerLossDisk::default();
    assert_eq!(run(&whole, durability), (COMMITS, COMMITS));
    assert_eq!(check(whole.after_power_loss(Unsynced::Lost, 0), COMMITS, COMMITS, "closed"), COMMITS);
    let mut partly = 0;
    for step in 1..=whole.steps() {
        let disk = PowerLossDisk::default();
        disk.fail_at(step);
        let (acknowledged, made) = run(&disk, durability);
        let least = if durability == Durability::Sync { acknowledged } else { 0 };
        for unsynced in [Unsynced::Lost, Unsynced::Kept, Unsynced::Torn] {
            let what = format!("{durability}, step {step}, unsynced {unsynced:?}");
            let found = check(disk.after_power_loss(unsynced, step), least, made, &what);
            partly += u64::from(found > 0 && found < COMMITS);

            let again = disk.after_power_loss(unsynced, step);
            again.fail_at(1 + step % 29);
            drop(Store::open_on(Arc::new(again.clone()), durability));
            let what = format!("{what}, and again in recovery");
            assert_eq!(check(again.after_power_loss(Unsynced::Torn, step), found, found, &what), found);
        }
    }
    assert!(partly > 100, "only {partly} crashes left something to lose");
}

#[test]
fn when_every_group_is_synced() {
    crash_everywhere(Durability::Sync);
}

#[test]
fn when_no_group_is_synced() {
    crash_everywhere(Durability::None);
}
