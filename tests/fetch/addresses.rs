//! A name that is allowed leads to public addresses alone; the others are named themselves.

use crate::server::Server;
use crate::{error, get, host};

#[test]
fn a_name_that_resolves_to_this_machine_is_refused() {
    let server = Server::start();
    let host = host(&["*"]);
    let came = get(&host, &server.local_url("/echo"));
    assert_eq!(error(&came), "fetch.private_address");
    // The operator is told how to allow it, and the guest where to look.
    assert!(came["message"].as_str().unwrap().contains("log"), "{came}");
    host.output().wait_for(&["is no public address", "would allow it"]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn an_address_is_private_however_it_is_written() {
    let server = Server::start();
    let (port, host) = (server.port(), host(&["*"]));
    let written = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "0x7f000001",
        "%31%32%37.0.0.1",
        "\u{ff11}27.0.0.1",
        "127.0.0.1.",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
    ];
    for address in written {
        let came = get(&host, &format!("http://{address}:{port}/echo"));
        assert_eq!(error(&came), "fetch.private_address", "{address}");
    }
    for address in
        ["10.0.0.1", "169.254.169.254", "192.168.0.1", "172.16.0.1", "100.64.0.1", "[fd00::1]", "[fe80::1]"]
    {
        assert_eq!(error(&get(&host, &format!("http://{address}/"))), "fetch.private_address", "{address}");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn what_is_named_itself_is_reached() {
    let server = Server::start();
    let port = server.port();
    let by_name = format!("localhost:{port}");
    let host_of = |patterns: &[&str]| host(patterns);
    let local = host_of(&[&by_name]);
    assert_eq!(get(&local, &server.local_url("/echo"))["status"], 200);
    // The name is allowed, and its addresses under it; not by themselves.
    assert_eq!(error(&get(&local, &server.url("/echo"))), "fetch.denied");
    let ranged = host_of(&["*", "127.0.0.0/8"]);
    assert_eq!(get(&ranged, &server.local_url("/echo"))["status"], 200);
    assert_eq!(get(&ranged, &format!("http://2130706433:{port}/echo"))["status"], 200);
    // A range of addresses allows no name.
    let only_range = host_of(&["127.0.0.0/8"]);
    assert_eq!(error(&get(&only_range, &server.local_url("/echo"))), "fetch.denied");
    let other_port = host_of(&["*", "127.0.0.0/8:1"]);
    assert_eq!(error(&get(&other_port, &server.local_url("/echo"))), "fetch.private_address");
}

#[test]
fn where_a_name_leads_is_not_told() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let name = format!("localhost:{}", nobody.port());
    let came = get(&host(&[&name]), &format!("http://{name}/"));
    assert_eq!(error(&came), "fetch.failed");
    let message = came["message"].as_str().unwrap();
    assert!(message.contains(&name) && !message.contains("127.0.0.1"), "{message}");
}
