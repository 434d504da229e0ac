//! Clients that leave while their actor starts again are not counted any more.

use std::time::{Duration, Instant};

use serde_json::json;
use support::{Link, ToClient};

use crate::{host, keeper, wait_until_stopped};

const CLIENTS: usize = 40;
const ROUNDS: usize = 30;
/// How long the count may take to come down before the test is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks until nobody is there but the one that looks.
fn wait_until_alone(link: &mut Link) {
    let until = Instant::now() + PATIENCE;
    loop {
        // Each look is a turn of the actor: those that take leave get theirs in between.
        let count = link.output("connCount", json!([]));
        if count == 1 {
            return;
        }
        assert!(Instant::now() < until, "{count} are counted, and one is there");
    }
}

#[test]
fn who_leaves_while_the_actor_starts_is_not_counted() {
    let host = host();
    for round in 0..ROUNDS {
        let key = round.to_string();
        let mut links: Vec<Link> = (0..CLIENTS).map(|_| keeper(&host, &key)).collect();
        let mut staying = links.pop().unwrap();
        assert_eq!(staying.call("crash", json!([])).unwrap_err().path, "actor.panicked");
        wait_until_stopped(&host, "gate-keeper", &key);
        // This starts the actor; they leave before that is over, at its beginning, or amid.
        let call = staying.send_call("connCount", &json!([]));
        for link in links {
            (0..round % 3).for_each(|_| assert_eq!(host.http().get("/health").status, 200));
            drop(link);
        }
        assert!(matches!(staying.receive(), ToClient::Answer(id, Ok(_)) if id == call));
        wait_until_alone(&mut staying);
    }
}
