//! The shape of the sources: sizes, names, and which room may use which.

#[path = "tidy/dependencies.rs"]
mod dependencies;
#[path = "tidy/names.rs"]
mod names;
#[path = "tidy/rooms.rs"]
mod rooms;
#[path = "tidy/sizes.rs"]
mod sizes;
#[path = "tidy/source.rs"]
mod source;

use source::Source;

/// A rule: what is wrong with a source, one line each.
type Rule = fn(&Source) -> Vec<String>;

/// Holds a rule against every source of the repository.
fn hold(rule: Rule) {
    let sources = Source::all();
    assert!(sources.len() > 20, "only {} sources were found", sources.len());
    let wrong: Vec<String> = sources.iter().flat_map(rule).collect();
    assert!(wrong.is_empty(), "{} violations:\n{}", wrong.len(), wrong.join("\n"));
}

/// Checks that a rule sees what is wrong with a snippet, and nothing else.
fn catches(rule: Rule, path: &str, text: &str, expected: &[&str]) {
    let found = rule(&Source::new(path, text));
    assert_eq!(found.len(), expected.len(), "{path}: {text}\nfound {found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found:?} does not say {expected:?}");
    }
}
