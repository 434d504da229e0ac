//! What components that are gone leave on disk: nothing.

use std::path::Path;

use serde_json::json;
use support::Host;

use crate::{another_build, guest, host, upload};

/// The names of all files below a folder.
fn files(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let names = entries.flat_map(|path| match path.is_dir() {
        true => files(&path),
        false => vec![path.file_name().unwrap().to_str().unwrap().to_owned()],
    });
    names.collect()
}

/// The files of components and of their compiled code that are there for a digest.
fn kept(host: &Host, digest: &serde_json::Value) -> usize {
    let digest = digest.as_str().unwrap();
    let all = ["components", "cache"].map(|folder| files(&host.data().join(folder)));
    all.iter().flatten().filter(|name| name.starts_with(digest)).count()
}

#[test]
fn an_older_version_leaves_no_files() {
    let mut host = host();
    let mut digests = Vec::new();
    for mark in 1..=3 {
        let deployed = upload(&host, "mine", &another_build(guest("huge-reply"), mark)).json();
        assert_eq!(deployed["version"], mark);
        digests.push(deployed["digest"].clone());
    }
    let counts: Vec<_> = digests.iter().map(|digest| kept(&host, digest)).collect();
    assert_eq!(counts, [0, 0, 3], "the bytes, the code and its checksum");
    host.kill();
    host.restart();
    assert_eq!(host.actor("huge-reply", "a").output("small", json!([])), true);
    let next = upload(&host, "mine", &another_build(guest("huge-reply"), 4)).json();
    assert_eq!(next["version"], 4, "numbers are not given twice");
}

#[test]
fn a_removed_component_leaves_no_files() {
    let host = host();
    let deployed = upload(&host, "mine", &guest("huge-reply")).json();
    assert_eq!(kept(&host, &deployed["digest"]), 3);
    assert_eq!(host.http().delete("/components/mine").status, 200);
    assert_eq!(kept(&host, &deployed["digest"]), 0);
}
