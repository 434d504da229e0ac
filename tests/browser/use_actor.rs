//! `useActor` of @rivetkit/react: calls and events on a page.

use support::{Host, example, npm_build, root};

use crate::{arg, script, visit};

#[test]
fn react_counts() {
    let pages = npm_build(&root().join("tests/browser"));
    let host = Host::start([example("counter")]);
    let mut counter = script("counter.mjs");
    counter.args([arg(&pages), host.url()]);
    visit(counter, |asked| panic!("the page asks for {asked}"));
}
