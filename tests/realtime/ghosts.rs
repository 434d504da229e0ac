//! Connections whose host was killed: the actor takes leave of each, once.

use serde_json::json;
use support::{Host, Link};

use crate::{host, keeper, wait_for_hooks};

/// Gives who looked.
fn assert_left_once(host: &Host, ids: &[String]) -> Link {
    let mut observer = keeper(host, "a");
    for id in ids {
        assert_eq!(wait_for_hooks(&mut observer, id, 2), ["connect", "disconnect"]);
    }
    observer
}

#[test]
fn ghosts_are_taken_leave_of_once() {
    let mut host = host();
    let links: Vec<Link> = (0..5).map(|_| keeper(&host, "a")).collect();
    let mut ids: Vec<String> = links.iter().map(|link| link.id().to_owned()).collect();
    host.kill();
    host.restart();
    let observer = assert_left_once(&host, &ids);
    ids.push(observer.id().to_owned());
    host.kill();
    host.restart();
    let mut observer = assert_left_once(&host, &ids);
    assert_eq!(observer.output("connCount", json!([])), 1);
}
