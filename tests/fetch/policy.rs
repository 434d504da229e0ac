//! Nothing may be reached that was not named.

use std::process::Command;

use serde_json::json;
use support::{HostOptions, component, host_binary};

use crate::server::Server;
use crate::{error, fetcher, get, host, options};

#[test]
fn without_a_pattern_nothing_is_reached() {
    let server = Server::start();
    let host = host(&[]);
    for url in [server.url("/echo"), server.local_url("/echo"), "https://a.example/".to_owned()] {
        let came = get(&host, &url);
        assert_eq!(error(&came), "fetch.denied", "{url}");
        assert!(came["message"].as_str().unwrap().contains("--allow-net"), "{came}");
    }
    assert_eq!(server.connections(), 0);
    assert!(!host.output().text().contains("outbound"), "{}", host.output().text());
}

#[test]
fn a_pattern_allows_its_host_and_its_port() {
    let (one, two) = (Server::start(), Server::start());
    let only_one = host(&[&one.address()]);
    assert_eq!(get(&only_one, &one.url("/echo"))["status"], 200);
    assert_eq!(error(&get(&only_one, &two.url("/echo"))), "fetch.denied");
    // By another name it is another host.
    assert_eq!(error(&get(&only_one, &one.local_url("/echo"))), "fetch.denied");
    assert_eq!(two.connections(), 0);
    only_one.output().wait_for(&["outbound", &one.address()]);
    let any_port = host(&["127.0.0.0/8"]);
    for server in [&one, &two] {
        assert_eq!(get(&any_port, &server.url("/echo"))["status"], 200);
    }
    let others = host(&["a.example", "*.b.example:443", "10.0.0.0/8"]);
    assert_eq!(error(&get(&others, &one.url("/echo"))), "fetch.denied");
    assert_eq!(error(&get(&others, "http://b.example/")), "fetch.denied");
}

#[test]
fn patterns_come_by_commas_and_from_the_environment() {
    let (one, two, three) = (Server::start(), Server::start(), Server::start());
    let both = format!("a.example,{},{}", one.address(), two.address());
    let listed = host(&[&both]);
    for server in [&one, &two] {
        assert_eq!(get(&listed, &server.url("/echo"))["status"], 200);
    }
    assert_eq!(error(&get(&listed, &three.url("/echo"))), "fetch.denied");
    let said = HostOptions::new([component("fetcher")]).env("RIVET_HOST_ALLOW_NET", &both).start_deployed();
    assert_eq!(get(&said, &two.url("/echo"))["status"], 200);
    assert_eq!(error(&get(&said, &three.url("/echo"))), "fetch.denied");
    let empty = HostOptions::new([component("fetcher")]).env("RIVET_HOST_ALLOW_NET", "").start_deployed();
    assert_eq!(error(&get(&empty, &one.url("/echo"))), "fetch.denied");
}

#[test]
fn what_is_no_pattern_keeps_the_host_from_starting() {
    for (pattern, why) in [
        ("http://a.example", "without the scheme"),
        ("a.example:0", "a port is a number"),
        ("", "give a host"),
    ] {
        let data = tempfile::tempdir().unwrap();
        let mut command = Command::new(host_binary());
        command.args(["run", "--port", "0", "--allow-net", pattern, "--data"]).arg(data.path());
        let output = command.output().unwrap();
        let printed = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && printed.contains(why), "{pattern}: {printed}");
    }
}

#[test]
fn no_proxy_of_the_environment_is_used() {
    let (server, proxy) = (Server::start(), Server::start());
    let mut with_proxy = options(&[&server.address()]);
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        with_proxy = with_proxy.env(name, &proxy.url(""));
    }
    let host = with_proxy.start_deployed();
    assert_eq!(fetcher(&host).output("ask", json!([{"url": server.url("/echo")}]))["status"], 200);
    assert_eq!((server.connections(), proxy.connections()), (1, 0));
}
