//! Programs in JavaScript, with the packages and the Node of their lock files.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};

use crate::build::run;
use crate::root;

/// The command that runs a script with the Node of `tests/js`.
pub fn node(script: &Path) -> Command {
    let js = root().join("tests/js");
    npm_install(&js);
    let mut node = Command::new(js.join("node_modules/.bin/node"));
    node.arg(script);
    node
}

/// Installs the packages of a directory, at the versions of its lock file.
pub fn npm_install(directory: &Path) {
    static INSTALLED: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);
    let mut installed = INSTALLED.lock().unwrap();
    if installed.contains(directory) {
        return;
    }
    // Test binaries may run side by side: one of them installs, the others wait.
    let lock = std::fs::File::create(directory.join(".install-lock")).unwrap();
    lock.lock().unwrap();
    let mut install = Command::new("bash");
    install.arg(root().join("tests/js/install.sh")).arg(directory);
    run(install);
    installed.insert(directory.to_owned());
}

/// Builds the page of a directory and gives the directory of what came out.
pub fn npm_build(directory: &Path) -> PathBuf {
    npm_install(directory);
    let mut build = Command::new("npm");
    build.current_dir(directory).args(["run", "--silent", "build"]);
    run(build);
    directory.join("dist")
}
