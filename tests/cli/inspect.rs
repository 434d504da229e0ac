//! `rivet-host inspect`: what a component is, without running it.

use support::{component, example};

use crate::{printed, rivet_host};

#[test]
fn a_component_is_shown() {
    let output = rivet_host(&["inspect", example("counter").to_str().unwrap()]);
    assert!(output.status.success(), "{}", printed(&output));
    let shown = printed(&output);
    for text in ["counter", "increment", "whoami", "rivet:actor/state@0.1.0", "rivet:actor/guest@0.1.0"] {
        assert!(shown.contains(text), "{text} is not shown:\n{shown}");
    }
    let is_digest =
        |word: &str| word.len() >= 64 && word.chars().filter(char::is_ascii_hexdigit).count() >= 64;
    assert!(shown.split_whitespace().any(is_digest), "no digest is shown:\n{shown}");
}

#[test]
fn an_import_that_is_not_offered_is_shown() {
    let output = rivet_host(&["inspect", component("unoffered-import").to_str().unwrap()]);
    let shown = printed(&output);
    assert!(shown.contains("test:unoffered/teleport"), "{shown}");
}

#[test]
fn what_is_no_component_is_named() {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let output = rivet_host(&["inspect", here]);
    assert!(!output.status.success());
    assert!(printed(&output).contains("component"), "{}", printed(&output));
}
