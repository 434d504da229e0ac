//! Connections whose host was killed: the actor takes leave of each, once.

use support::{Host, Link};

use crate::{host, keeper, wait_for_hooks};

fn assert_left_once(host: &Host, ids: &[String]) {
    let mut observer = keeper(host, "a");
    for id in ids {
        assert_eq!(wait_for_hooks(&mut observer, id, 2), ["connect", "disconnect"]);
    }
}

#[test]
fn ghosts_are_taken_leave_of_once() {
    let mut host = host();
    let links: Vec<Link> = (0..5).map(|_| keeper(&host, "a")).collect();
    let ids: Vec<String> = links.iter().map(|link| link.id().to_owned()).collect();
    host.kill();
    host.restart();
    assert_left_once(&host, &ids);
    host.kill();
    host.restart();
    assert_left_once(&host, &ids);
    let mut observer = keeper(&host, "a");
    assert_eq!(observer.output("connCount", serde_json::json!([])), 1);
}
