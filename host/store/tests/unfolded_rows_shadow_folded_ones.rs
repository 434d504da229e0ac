//! Reads see one ordered set of rows, wherever they lie: in an overlay, unfolded, or in the database.

#![allow(clippy::indexing_slicing, reason = "a failed test panics")]

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rivet_store::{Durability, KeyRange, Overlay, Store, Table, WriteSet};

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

fn random_row(rng: &mut StdRng) -> (Vec<u8>, Option<Vec<u8>>) {
    let key: Vec<u8> = (0..rng.random_range(0..3)).map(|_| rng.random_range(0..6)).collect();
    let value = vec![rng.random(); rng.random_range(0..9)];
    (key, rng.random_bool(0.6).then_some(value))
}

fn note(model: &mut Rows, key: &[u8], value: &Option<Vec<u8>>) {
    match value {
        Some(value) => model.insert(key.to_vec(), value.clone()),
        None => model.remove(key),
    };
}

fn random_bound(rng: &mut StdRng, key: &'static [u8]) -> Bound<&'static [u8]> {
    match rng.random_range(0..3) {
        0 => Bound::Included(key),
        1 => Bound::Excluded(key),
        _ => Bound::Unbounded,
    }
}

fn random_key(rng: &mut StdRng) -> &'static [u8] {
    const KEYS: [&[u8]; 6] = [b"", &[0], &[1, 3], &[2], &[2, 5], &[5, 9]];
    KEYS[rng.random_range(0..KEYS.len())]
}

/// What a scan should find: written as plainly as can be.
fn expected(
    model: &Rows,
    start: Bound<&[u8]>,
    end: Bound<&[u8]>,
    reverse: bool,
    limits: (usize, usize),
) -> List {
    let inside = |key: &[u8]| std::ops::RangeBounds::<[u8]>::contains(&(start, end), key);
    let mut rows: List =
        model.iter().filter(|(key, _)| inside(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
    if reverse {
        rows.reverse();
    }
    let mut bytes = 0;
    let taken = rows.iter().take(limits.0).take_while(|(key, value)| {
        let before = bytes;
        bytes += key.len() + value.len();
        before <= limits.1
    });
    let taken = taken.count();
    rows.truncate(taken);
    rows
}

type List = Vec<(Vec<u8>, Vec<u8>)>;

fn check(
    rng: &mut StdRng,
    model: &Rows,
    scan: impl Fn(&KeyRange) -> Vec<(Bytes, Bytes)>,
    get: impl Fn(&[u8]) -> Option<Bytes>,
) {
    for _ in 0..20 {
        let (start_key, end_key) = (random_key(rng), random_key(rng));
        let (start, end) = (random_bound(rng, start_key), random_bound(rng, end_key));
        let (reverse, limits) = (rng.random(), (rng.random_range(0..12), rng.random_range(0..60)));
        let range = KeyRange::new(start, end, limits.0).reversed(reverse).limit_bytes(limits.1);
        let found: List = scan(&range).into_iter().map(|(k, v)| (k.to_vec(), v.to_vec())).collect();
        assert_eq!(found, expected(model, start, end, reverse, limits), "{range:?}");
        assert_eq!(get(start_key).as_deref(), model.get(start_key).map(Vec::as_slice));
    }
}

#[test]
fn in_every_layer() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let mut rng = StdRng::seed_from_u64(1);
    let mut model = Rows::new();
    for round in 0..150 {
        let mut overlay = Overlay::new(store.clone());
        let mut turn = model.clone();
        for _ in 0..rng.random_range(0..8) {
            let (key, value) = random_row(&mut rng);
            note(&mut turn, &key, &value);
            match value {
                Some(value) => overlay.put(Table::Kv, key, value),
                None => overlay.delete(Table::Kv, key),
            }
        }
        check(
            &mut rng,
            &turn,
            |r| overlay.scan(Table::Kv, r).unwrap(),
            |k| overlay.get(Table::Kv, k).unwrap(),
        );
        check(&mut rng, &model, |r| store.scan(Table::Kv, r).unwrap(), |k| store.get(Table::Kv, k).unwrap());
        if rng.random_bool(0.2) {
            overlay.clear();
            turn = model;
        }
        let (len_bytes, is_empty) = (overlay.len_bytes(), overlay.is_empty());
        let writes = overlay.take();
        assert_eq!((writes.len_bytes(), writes.is_empty()), (len_bytes, is_empty));
        assert!(overlay.is_empty());
        store.commit_wait(writes).unwrap();
        model = turn;
        check(&mut rng, &model, |r| store.scan(Table::Kv, r).unwrap(), |k| store.get(Table::Kv, k).unwrap());
        if round % 10 == 9 {
            store.fold().unwrap();
            check(
                &mut rng,
                &model,
                |r| store.scan(Table::Kv, r).unwrap(),
                |k| store.get(Table::Kv, k).unwrap(),
            );
        }
    }
    assert!(store.scan(Table::State, &KeyRange::prefix(b"", 1)).unwrap().is_empty(), "another table");
}

#[test]
fn rows_of_a_commit_are_seen_together_while_folds_run() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let pair = |number: u32| {
        let mut writes = WriteSet::new();
        writes.put(Table::Kv, "first", number.to_be_bytes().to_vec());
        writes.put(Table::Kv, "second", number.to_be_bytes().to_vec());
        writes
    };
    store.commit_wait(pair(0)).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 1..2_000 {
                store.commit_wait(pair(number)).unwrap();
                if number % 100 == 0 {
                    store.fold().unwrap();
                }
            }
        });
        let mut newest = Bytes::new();
        while !writer.is_finished() {
            let rows = store.scan(Table::Kv, &KeyRange::prefix(b"", 9)).unwrap();
            assert_eq!(rows.len(), 2);
            assert_eq!(rows[0].1, rows[1].1);
            assert!(rows[0].1 >= newest, "a read went back in time");
            newest = rows[0].1.clone();
        }
    });
}
