//! A data directory has one host at a time.

use rivet_store::{Durability, Store, StoreError};

#[test]
fn until_the_first_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let first = Store::open(dir.path(), Durability::None).unwrap();
    let error = Store::open(dir.path(), Durability::None).err().unwrap();
    assert!(matches!(error, StoreError::Locked { .. }));
    let text = error.to_string();
    assert!(text.contains(&dir.path().display().to_string()), "{text}");
    assert!(text.contains("stop that host"), "{text}");

    first.close().unwrap();
    assert!(matches!(Store::open(dir.path(), Durability::None), Err(StoreError::Locked { .. })));
    drop(first);
    Store::open(dir.path(), Durability::None).unwrap();
}
