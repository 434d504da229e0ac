//! `rivet-host run`: the banner, packages, port and base path.

use serde_json::json;
use support::{Host, HostOptions, example, root};

use crate::{printed, rivet_host};

#[test]
fn the_banner_shows_what_runs_where() {
    let host = Host::start([example("counter"), example("kv-store")]);
    let banner = host.output();
    for text in
        [host.url(), &host.data().display().to_string(), "counter", "increment", "kv-store", "putMany"]
    {
        banner.wait_for(&[text]);
    }
}

#[test]
fn a_package_directory_is_built_and_run() {
    let host = Host::start([root().join("guest-examples/counter")]);
    assert_eq!(host.actor("counter", "a").output("increment", json!([2])), 2);
}

#[test]
fn data_outlives_the_host() {
    let mut host = Host::start([example("counter")]);
    assert_eq!(host.actor("counter", "a").output("increment", json!([3])), 3);
    host.terminate();
    assert!(host.wait().success());
    host.restart();
    assert_eq!(host.actor("counter", "a").output("get", json!([])), 3);
}

#[test]
fn every_route_lies_under_the_base_path() {
    let host = HostOptions::new([example("counter")]).args(["--base-path", "/deep/er"]).start();
    let origin = host.url().trim_end_matches('/').trim_end_matches("/deep/er").to_owned();
    let http = support::Http::new(&origin);
    for path in ["/deep/er/metadata?namespace=default", "/api/rivet/metadata?namespace=default"] {
        assert_eq!(http.get(path).json()["runtime"], "rivetkit", "{path}");
    }
}

#[test]
fn wrong_arguments_are_explained() {
    let cases: [&[&str]; 4] = [
        &["run", "no-such-file.wasm"],
        &["run", "x.wasm", "--durability", "sometimes"],
        &["run", "x.wasm", "--memory-max", "lots"],
        &["run", "x.wasm", "--port", "http"],
    ];
    for args in cases {
        let output = rivet_host(args);
        assert!(!output.status.success(), "{args:?}");
        let printed = printed(&output);
        let wrong = args.last().unwrap();
        assert!(printed.contains(wrong), "{args:?}: {wrong:?} is not named:\n{printed}");
        assert!(!printed.contains("panicked"), "{printed}");
    }
}

#[test]
fn a_taken_port_is_explained() {
    let host = Host::start([example("counter")]);
    let port = host.url().rsplit(':').next().unwrap().trim_matches('/').to_owned();
    let data = tempfile::tempdir().unwrap();
    let output = rivet_host(&[
        "run",
        example("counter").to_str().unwrap(),
        "--port",
        &port,
        "--data",
        data.path().to_str().unwrap(),
    ]);
    assert!(!output.status.success());
    assert!(printed(&output).contains(&port), "{}", printed(&output));
}
