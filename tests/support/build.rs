//! The programs under test: each is built at most once by a test binary, and cargo does nothing when
//! another one built it before.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, OnceLock};

/// The root of the repository.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        // Cargo tells a test at run time, too; what it told the compiler may be a clone that moved.
        let tests = std::env::var("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").to_owned());
        Path::new(&tests).parent().expect("the tests lie in the repository").to_owned()
    });
    &ROOT
}

/// The host's binary: the one that `RIVET_HOST_BIN` names, else one built with the profile of the test.
pub fn host_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("RIVET_HOST_BIN") {
            return PathBuf::from(path);
        }
        // A test runs as TARGET/PROFILE/deps/NAME.
        let test = std::env::current_exe().expect("the path of this test");
        let profile = test.ancestors().nth(2).expect("the directory of the profile");
        let target = profile.parent().expect("the target directory");
        let mut cargo = cargo(root(), target);
        cargo.args(["build", "--package", "rivet-host", "--bin", "rivet-host"]);
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        run(cargo);
        profile.join("rivet-host")
    })
}

/// A component of `tests/guests`, by the name of its crate.
pub fn component(name: &str) -> PathBuf {
    wasm(&root().join("tests/guests"), name)
}

/// A component of `guest-examples`, by the name of its crate.
pub fn example(name: &str) -> PathBuf {
    wasm(&root().join("guest-examples"), name)
}

/// Builds a workspace of guests and gives the path of one of its components.
fn wasm(workspace: &Path, name: &str) -> PathBuf {
    static BUILT: LazyLock<Mutex<HashMap<PathBuf, ()>>> = LazyLock::new(Mutex::default);
    let target = workspace.join("target");
    BUILT.lock().expect("no build failed before").entry(workspace.to_owned()).or_insert_with(|| {
        let mut cargo = cargo(workspace, &target);
        cargo.args(["build", "--release", "--target", "wasm32-wasip2"]);
        run(cargo);
    });
    target.join("wasm32-wasip2/release").join(format!("{}.wasm", name.replace('-', "_")))
}

/// Cargo in a directory, free of what the cargo that runs this test has set.
pub(crate) fn cargo(directory: &Path, target: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(directory).env("CARGO_TARGET_DIR", target).env_remove("RUSTFLAGS");
    cargo
}

/// Runs a command that must succeed.
pub(crate) fn run(mut command: Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?} did not start: {e}"));
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
