//! SQL that does not end, in more actors than there are processors.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::{assert_panicked, bystander_answers, host_with};

#[test]
fn others_are_served_while_actors_query() {
    let host = host_with("sql");
    let queries = 2 * std::thread::available_parallelism().unwrap().get();
    let (ready, ended) = (std::sync::Barrier::new(queries + 1), AtomicUsize::new(0));
    let forever = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    std::thread::scope(|scope| {
        for query in 0..queries {
            let actor = host.actor("sql", &format!("query {query}"));
            actor.output("execute", json!(["SELECT 1"]));
            let (ready, ended) = (&ready, &ended);
            scope.spawn(move || {
                ready.wait();
                let answer = actor.call("execute", json!([forever]));
                ended.fetch_add(1, Ordering::SeqCst);
                assert_panicked(&answer);
            });
        }
        ready.wait();
        // So that all of them are at it.
        std::thread::sleep(std::time::Duration::from_millis(200));
        for _ in 0..10 {
            bystander_answers(&host);
        }
        let ended = ended.load(Ordering::SeqCst);
        assert_eq!(ended, 0, "the counter had to wait for queries of others");
    });
    host.output().wait_for(&["out of CPU time"]);
    bystander_answers(&host);
}
