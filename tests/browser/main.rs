//! Pages in a real browser, on a real host.

mod chat_room;
mod use_actor;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::{node, npm_install, root};

/// The command that runs a script of this folder.
fn script(name: &str) -> Command {
    let folder = root().join("tests/browser");
    npm_install(&folder);
    node(&folder.join(name))
}

/// Where screenshots go: beside what cargo has built.
fn screenshots() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let directory = test.ancestors().nth(3).unwrap().join("screenshots");
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// Runs a script to its end, which must be a success; does what it asks for with each line.
fn visit(mut script: Command, mut asked: impl FnMut(&str)) {
    let mut process = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut answers = process.stdin.take().unwrap();
    for line in BufReader::new(process.stdout.take().unwrap()).lines() {
        asked(&line.unwrap());
        writeln!(answers, "done").unwrap();
    }
    let status = process.wait().unwrap();
    assert!(status.success(), "{script:?}: {status}");
}

/// An argument that is a path.
fn arg(path: &Path) -> &str {
    path.to_str().expect("paths of tests are UTF-8")
}
