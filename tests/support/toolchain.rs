//! Components of other toolchains than Rust's, and changed copies of components.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::build::run;
use crate::{node, npm_install, root};

/// Test binaries may run side by side, and so may tests: one builds, the others wait.
static BUILDING: Mutex<()> = Mutex::new(());

/// A component of `tests/guests/c`, compiled by clang with these further arguments. A source with a directory of its name
/// beside it has a world of its own there; the others have that of `wit`.
pub fn c_component(source: &str, name: &str, args: &[&str]) -> PathBuf {
    let _turn = BUILDING.lock().unwrap();
    let out = directory("c").join(format!("{name}-{}.wasm", std::process::id()));
    let core = out.with_extension("core");
    let mut clang = Command::new("clang-19");
    clang.args(["--target=wasm32-wasi", "--sysroot=/usr", "-mexec-model=reactor", "-O2"]);
    clang.args(["-Wall", "-Wextra", "-Werror", "-Wl,-s"]).args(args);
    clang.arg(root().join("tests/guests/c").join(source)).arg("-o").arg(&core);
    run(clang);
    let mut module = std::fs::read(&core).unwrap();
    let mut resolve = Resolve::default();
    let (mut package, _) = resolve.push_dir(root().join("wit")).unwrap();
    let own = root().join("tests/guests/c").join(source.trim_end_matches(".c"));
    if own.is_dir() {
        (package, _) = resolve.push_dir(own).unwrap();
    }
    let world = resolve.select_world(&[package], None).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut encoder = ComponentEncoder::default().module(&module).unwrap();
    let (name, adapter) = (WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER);
    // A libc that does nothing with files and clocks needs none.
    if module.windows(name.len()).any(|bytes| bytes == name.as_bytes()) {
        encoder = encoder.adapter(name, adapter).unwrap();
    }
    std::fs::write(&out, encoder.encode().unwrap()).unwrap();
    out
}

/// A component of `tests/guests/js`, made by componentize-js.
pub fn js_component(source: &str, name: &str) -> PathBuf {
    let _turn = BUILDING.lock().unwrap();
    let js = root().join("tests/guests/js");
    npm_install(&js);
    let (source, out) = (js.join(source), directory("js").join(format!("{name}.wasm")));
    let is_newer = |than: &Path| {
        let time = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
        time(&out).zip(time(than)).is_some_and(|(out, than)| out > than)
    };
    let wit = root().join("wit");
    let mut made_of: Vec<PathBuf> = wit.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    made_of.extend([source.clone(), js.join("build.mjs"), js.join("package-lock.json")]);
    if !made_of.iter().all(|path| is_newer(path)) {
        let mut build = node(&js.join("build.mjs"));
        build.args([&source, &wit, &out]);
        run(build);
    }
    out
}

/// The same component with other bytes: another version of it.
pub fn changed(component: &Path, version: u8) -> PathBuf {
    let mut bytes = std::fs::read(component).unwrap();
    // A custom section (id 0) of four bytes: a name of two, and the version.
    bytes.extend_from_slice(&[0, 4, 2, b'v', b'n', version]);
    let out = directory("changed").join(format!("{}-{version}.wasm", std::process::id()));
    std::fs::write(&out, bytes).unwrap();
    out
}

fn directory(name: &str) -> PathBuf {
    let out = root().join("tests/guests/target").join(name);
    std::fs::create_dir_all(&out).unwrap();
    out
}
