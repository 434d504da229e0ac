//! Actors that call actors (semantics.md section 12), seen from the clients.

use serde_json::{Value, json};
use support::{Driver, Host, HostOptions, component, example};

use crate::{get_or_create, with_each_client_of};

/// Checks a property with every client; each has keys of its own.
fn with_peers(check: impl Fn(&Host, &Driver, &dyn Fn(&str) -> String)) {
    let options = HostOptions::new([component("peers"), example("bank")]);
    with_each_client_of(options, |host, driver| {
        check(host, driver, &|key| format!("{key} {}", driver.client()));
    });
}

fn peer(key: String) -> Value {
    json!({ "actor": "peer", "by": "getOrCreate", "key": [key] })
}

fn registrar(driver: &Driver) -> Value {
    get_or_create(driver, "registrar", "r")
}

#[test]
fn an_actor_calls_another_and_gets_its_output() {
    with_peers(|_, driver, key| {
        let a = peer(key("a"));
        assert_eq!(driver.output(&a, "addVia", json!([key("b"), 5])), 10);
        assert_eq!(driver.output(&a, "addVia", json!([key("b"), 1])), 17);
        assert_eq!(driver.output(&peer(key("b")), "count", json!([])), 6);
        for value in [json!(null), json!(1.5), json!("text"), json!([1, { "k": true }]), json!(-1)] {
            assert_eq!(driver.output(&a, "ask", json!([key("b"), "echo", [value]])), value);
        }
    });
}

#[test]
fn the_error_of_another_actor_keeps_its_group_and_code() {
    with_peers(|_, driver, key| {
        let a = peer(key("errors"));
        // Of an error that is meant to be seen all is there, through both actors.
        let error = driver.call(&a, "ask", json!([key("b"), "fail", ["too_bad"]])).unwrap_err();
        assert_eq!((error.path.as_str(), error.message.as_str()), ("user.too_bad", "as it was told to"));
        let asks = registrar(driver);
        let seen = driver.output(&asks, "errorOf", json!([key("b"), "fail", ["too_bad"]]));
        assert_eq!((&seen["group"], &seen["metadata"]), (&json!("user"), &json!(7)));
        // Of others the words are masked, as for clients.
        for (action, path) in [
            ("crash", ("actor", "panicked")),
            ("nothing", ("actor", "action_not_found")),
            ("add", ("validation", "invalid_arguments")),
        ] {
            let seen = driver.output(&asks, "errorOf", json!([key("b"), action, []]));
            assert_eq!(
                (seen["group"].as_str(), seen["code"].as_str()),
                (Some(path.0), Some(path.1)),
                "{action}"
            );
        }
        let seen = driver.output(&asks, "errorOf", json!([key("b"), "slow", [60_000]]));
        assert_eq!(seen["code"], "action_timed_out");
    });
}

#[test]
fn actors_find_each_other_in_every_way() {
    with_peers(|_, driver, key| {
        let registrar = registrar(driver);
        // Seen by the actor: a client would try a call again that ends so.
        let missing = driver.output(&registrar, "errorOfOneThatIsThere", json!([[key("get")]]));
        assert_eq!((&missing["group"], &missing["code"]), (&json!("actor"), &json!("not_found")));
        let id = driver.output(&registrar, "resolve", json!([[key("get")]]));
        assert_eq!(driver.resolve(&peer(key("get"))).unwrap(), id.as_str().unwrap());
        assert_eq!(driver.output(&registrar, "ofOneThatIsThere", json!([[key("get")], "count"])), 0);
        assert_eq!(driver.output(&registrar, "ofId", json!([id, "count"])), 0);
        let nobody = driver.output(&registrar, "errorOfId", json!(["nobody"]));
        assert_eq!((&nobody["group"], &nobody["code"]), (&json!("actor"), &json!("not_found")));
        let input = driver.output(&registrar, "ofOneWithInput", json!([[key("input")], "first", "input"]));
        assert_eq!(input, "first");
        // It is there already: its input stays.
        let input = driver.output(&registrar, "ofOneWithInput", json!([[key("input")], "second", "input"]));
        assert_eq!(input, "first");
    });
}

#[test]
fn an_actor_creates_another_once() {
    with_peers(|_, driver, key| {
        let registrar = registrar(driver);
        let create = json!(["peer", [key("new")], "hello"]);
        let id = driver.output(&registrar, "create", create.clone());
        assert_eq!(driver.resolve(&peer(key("new"))).unwrap(), id.as_str().unwrap());
        assert_eq!(driver.output(&peer(key("new")), "input", json!([])), "hello");
        assert_eq!(driver.call(&registrar, "create", create).unwrap_err().path, "actor.duplicate_key");
        let unknown = driver.call(&registrar, "create", json!(["nobody", ["a"], "x"])).unwrap_err();
        assert_eq!(unknown.path, "actor.not_registered");
        let too_long =
            driver.call(&registrar, "create", json!(["peer", ["k".repeat(129)], "x"])).unwrap_err();
        assert_eq!(too_long.path, "actor.key_too_large");
    });
}

#[test]
fn parameters_reach_the_other_actor() {
    with_peers(|_, driver, key| {
        let seen = driver.output(&registrar(driver), "withParams", json!([[key("p")], { "token": "t" }]));
        assert_eq!(seen, json!({ "token": "t" }));
    });
}

#[test]
fn an_actor_sends_to_the_queue_of_another() {
    with_peers(|_, driver, key| {
        let a = peer(key("sends"));
        assert_eq!(driver.output(&a, "sendAndWait", json!([key("worker"), 21])), 42);
        driver.output(&a, "send", json!([key("worker"), "jobs", 1]));
        // To a queue that there is not, as for clients: nothing happens.
        driver.output(&a, "send", json!([key("worker"), "nothing", 1]));
        assert_eq!(driver.output(&a, "sendAndWait", json!([key("worker"), 4])), 8);
        let late = driver.call(&a, "sendAndWait", json!([key("busy"), 13])).unwrap_err();
        assert_eq!(late.path, "queue.timed_out");
    });
}

#[test]
fn who_waits_for_its_own_queue_while_it_receives_waits_in_vain() {
    with_peers(|_, driver, key| {
        let a = peer(key("waits for itself"));
        let answered = driver.publish_and_wait(&a, "jobs", json!(7), Some(30_000)).unwrap();
        assert_eq!(
            (&answered["response"]["group"], &answered["response"]["code"]),
            (&json!("queue"), &json!("timed_out"))
        );
        // The job was sent all the same, and is done.
        assert_eq!(driver.output(&a, "sendAndWait", json!([key("waits for itself"), 4])), 8);
    });
}

#[test]
fn a_call_that_would_wait_for_itself_is_refused_at_once() {
    with_peers(|_, driver, key| {
        let began = std::time::Instant::now();
        let error =
            driver.call(&peer(key("self")), "askAlone", json!([key("self"), "count", []])).unwrap_err();
        assert_eq!(error.path, "actor.deadlock");
        let chain = format!("peer {0} -> peer {0}", key("self"));
        assert!(error.message.contains(&chain), "{}", error.message);
        // The time-out would be 2 s.
        assert!(began.elapsed().as_millis() < 1_500, "{:?}", began.elapsed());
    });
}

#[test]
fn money_moves_between_accounts() {
    with_peers(|_, driver, key| {
        let account = |name: &str| json!({ "actor": "bank", "by": "getOrCreate", "key": [key(name)] });
        let (a, b) = (account("a"), account("b"));
        assert_eq!(driver.output(&a, "deposit", json!([100])), 100);
        assert_eq!(driver.output(&a, "transfer", json!([key("b"), 30])), 70);
        assert_eq!(driver.output(&a, "transfer", json!([[key("b")], 1])), 69);
        assert_eq!(driver.output(&b, "balance", json!([])), 31);
        let refused = driver.call(&b, "transfer", json!([key("a"), 32])).unwrap_err();
        assert_eq!(refused.path, "user.insufficient_funds");
        // What cannot arrive comes back.
        let refused = driver.call(&b, "transfer", json!([["k".repeat(129)], 5])).unwrap_err();
        assert_eq!(refused.path, "actor.key_too_large");
        assert_eq!(driver.output(&b, "transfer", json!([key("b"), 31])), 31, "to itself");
        assert_eq!(driver.output(&b, "balance", json!([])), 31);
    });
}
