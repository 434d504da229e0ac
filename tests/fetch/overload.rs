//! How much may be under way.

use serde_json::{Value, json};

use crate::{LOOK_EVERY, PATIENCE, both, fetcher};

/// `limits::FETCHES_ACTOR`.
const ACTOR_MAX: usize = 64;

fn count(ends: &Value, end: &str) -> usize {
    ends.as_array().unwrap().iter().filter(|other| *other == end).count()
}

#[test]
fn an_actor_has_so_many_under_way_and_no_more() {
    let (server, host) = both();
    let ends = fetcher(&host).output("askOften", json!([server.url("/status/200"), ACTOR_MAX + 10]));
    assert_eq!((count(&ends, "200"), count(&ends, "actor.overloaded")), (ACTOR_MAX, 10), "{ends}");
    assert_eq!(server.asked().len(), ACTOR_MAX);
    // Those that have ended make room.
    let ends = fetcher(&host).output("askOften", json!([server.url("/status/200"), ACTOR_MAX]));
    assert_eq!(count(&ends, "200"), ACTOR_MAX, "{ends}");
}

#[test]
fn a_host_has_so_many_under_way_and_no_more() {
    const FILES: u32 = 256 + 64 + 4 * 20;
    const HOST_MAX: usize = 20;
    let server = crate::Server::start();
    let host = crate::options(&[&server.address()]).open_files(FILES, FILES).start_deployed();
    let server_url = server.url("/hang");
    std::thread::scope(|scope| {
        let many = host.actor("fetcher", "many");
        let asking = scope.spawn(move || many.call("askOften", json!([server_url, HOST_MAX])));
        server.wait_for_asked(HOST_MAX);
        let came = crate::get(&host, &server.url("/status/200"));
        assert_eq!(crate::error(&came), "actor.overloaded");
        // They are given up with their actor.
        let listed = host.http().get("/actors?namespace=default&name=fetcher&key=many").json();
        let id = listed["actors"][0]["actor_id"].as_str().unwrap().to_owned();
        let gone = host.http().send("DELETE", &format!("/actors/{id}?namespace=default"), &[], &[]).unwrap();
        assert_eq!(gone.status, 200, "{}", gone.text());
        let until = std::time::Instant::now() + PATIENCE;
        while crate::get(&host, &server.url("/status/200"))["status"] != 200 {
            assert!(std::time::Instant::now() < until);
            std::thread::sleep(LOOK_EVERY);
        }
        assert_ne!(asking.join().unwrap().status, 200);
    });
}
