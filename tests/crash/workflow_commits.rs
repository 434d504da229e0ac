//! kill -9 between every two commits of a workflow, whatever it does: it goes on by itself, and ends as if nothing had happened.
//!
//! `strace` kills the host as it syncs the journal for the n-th time: what was written then survives, what comes after is never
//! written, and nobody was told of either.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use support::{Host, HostOptions, component};

const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// More than any of these workflows makes, starts included.
const COMMITS_MAX: usize = 100;
/// The last commit that a journal may begin with.
const SEQ_MAX: usize = 4_000;

/// What is left of a workflow that has ended: how, what it did, and its history without what is different each time.
#[derive(Debug, PartialEq)]
struct Remains {
    state: String,
    did: Value,
    history: Map<String, Value>,
}

#[test]
fn steps_are_done_once() {
    let remains = ends_the_same("steps");
    assert_eq!(remains.did["seen"], json!(["first", "flaky", "flaky", "flaky", "last"]));
}

#[test]
fn failures_are_caught_once() {
    let remains = ends_the_same("tries");
    assert_eq!(remains.did["seen"], json!(["bad", "bad", "exhausted", "inside", "caught"]));
}

#[test]
fn loops_go_on() {
    let remains = ends_the_same("loops");
    assert_eq!(remains.did["seen"].as_array().unwrap().len(), 6);
}

#[test]
fn timers_end() {
    ends_the_same("timers");
}

#[test]
fn messages_are_received_once() {
    let remains = ends_the_same("messages");
    let seen = ["sent", "one 1", "many 2", "job 4", "job 5", "late"];
    assert_eq!(remains.did["seen"], json!(seen));
}

#[test]
fn branches_are_joined() {
    let remains = ends_the_same("joins");
    assert_eq!(remains.did["seen"], json!(["a 1", "a 2", "b"]));
}

#[test]
fn races_have_one_winner() {
    let remains = ends_the_same("races");
    assert_eq!(remains.did["seen"], json!(["slow", "fast", "fast 2"]));
}

#[test]
fn what_was_done_is_undone_once() {
    let remains = ends_the_same("rollback");
    let seen = ["before", "flight", "hotel", "pay", "undo hotel", "undo flight"];
    assert_eq!((remains.state.as_str(), &remains.did["seen"]), ("failed", &json!(seen)));
}

#[test]
fn what_loops_and_branches_did_is_undone_once() {
    let remains = ends_the_same("undoings");
    let seen =
        ["leg 0", "leg 1", "fast", "too late", "bad", "undo bad", "undo fast", "undo leg 1", "undo leg 0"];
    assert_eq!((remains.state.as_str(), &remains.did["seen"]), ("failed", &json!(seen)));
}

#[test]
fn versions_stay() {
    let remains = ends_the_same("marks");
    assert_eq!(remains.did["seen"], json!(["version 3", "last"]));
}

/// Runs a workflow undisturbed; then one for each of its commits that is killed there; then one that is killed at each. What
/// is left is the same of all.
fn ends_the_same(name: &str) -> Remains {
    let mut host = HostOptions::new([component("flows")]).start_deployed();
    let began = Instant::now();
    create(&host, name, "undisturbed");
    let undisturbed = remains(&mut host, name, "undisturbed").unwrap();
    assert!(undisturbed.did["rows"].as_array().is_some_and(|rows| !rows.is_empty()));
    let mut commits = 0;
    loop {
        assert!(commits < COMMITS_MAX, "it makes commits for ever");
        let key = format!("killed at {}", commits + 1);
        restart_to_be_killed(&mut host, commits + 1);
        create(&host, name, &key);
        let left = remains(&mut host, name, &key);
        if let Some(left) = left {
            assert_eq!(left, undisturbed, "not killed");
            break;
        }
        host.restart();
        assert_eq!(remains(&mut host, name, &key).unwrap(), undisturbed, "{key}");
        commits += 1;
    }
    let steps = undisturbed.did["seen"].as_array().unwrap().len();
    assert!(commits > steps, "{steps} steps in {commits} commits: it was not killed between them");
    let mut kills = 0;
    let left = loop {
        assert!(kills < COMMITS_MAX, "it never ends");
        restart_to_be_killed(&mut host, 1);
        if kills == 0 {
            create(&host, name, "always killed");
        }
        if let Some(left) = remains(&mut host, name, "always killed") {
            break left;
        }
        kills += 1;
    };
    assert_eq!(left, undisturbed, "killed {kills} times");
    assert!(kills > steps, "{steps} steps and {kills} kills");
    println!("{name}: {commits} commits, {kills} kills, {:?}", began.elapsed());
    undisturbed
}

/// Starts the host again; it is killed with its n-th commit from then on.
fn restart_to_be_killed(host: &mut Host, commit: usize) {
    if host.is_running() {
        host.kill();
    }
    let journal = host.data().join("journal");
    let mut runner = vec!["strace".to_owned(), "-D".to_owned(), "-f".to_owned()];
    // Which it cannot count with, but which is quicker.
    runner.extend((commit == 1).then(|| "--seccomp-bpf".to_owned()));
    // Syncs of the database are no commits.
    for seq in 0..SEQ_MAX {
        runner.extend(["-P".to_owned(), journal.join(format!("{seq:020}.log")).to_str().unwrap().to_owned()]);
    }
    let inject = format!("inject=fdatasync:signal=KILL:when={commit}");
    runner.extend(["-e", "trace=fdatasync", "-e", &inject, "-o", "/dev/null"].map(str::to_owned));
    host.restart_under(runner);
}

/// Creates an actor, which may be killed by that.
fn create(host: &Host, name: &str, key: &str) {
    let body = json!({ "name": name, "key": key, "runner_name_selector": "default" }).to_string();
    let headers = [("content-type", "application/json")];
    let _killed = host.http().send("PUT", "/actors?namespace=default", &headers, body.as_bytes());
}

/// The id of an actor, if it is there and the host is.
fn id(host: &Host, name: &str, key: &str) -> Option<String> {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("namespace", "default"), ("name", name), ("key", key)])
        .finish();
    let listed = host.http().send("GET", &format!("/actors?{query}"), &[], b"").ok()?.json();
    listed["actors"][0]["actor_id"].as_str().map(str::to_owned)
}

/// What an actor's workflow has done. To ask does not wake it.
fn history(host: &Host, id: &str) -> Option<Value> {
    let answer = host.http().send("GET", &format!("/actors/{id}/workflow-history"), &[], b"").ok()?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    Some(answer.json())
}

/// Waits until the workflow of an actor has ended, which nobody helps; none if the host is killed before.
fn remains(host: &mut Host, name: &str, key: &str) -> Option<Remains> {
    let until = Instant::now() + PATIENCE;
    let mut last = Value::Null;
    while host.is_running() {
        assert!(Instant::now() < until, "{name} {key} does not end: {last}");
        if let Some(shown) = id(host, name, key).and_then(|id| history(host, &id)) {
            let state = shown["workflowState"].as_str().unwrap_or_default().to_owned();
            if ["completed", "failed"].contains(&state.as_str()) {
                return did(host, name, key).map(|did| Remains { state, did, history: shape(&shown) });
            }
            last = shown;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    None
}

fn did(host: &Host, name: &str, key: &str) -> Option<Value> {
    let answer = host.actor(name, key).try_call("look", json!([])).ok()?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut did = answer.json()["output"].clone();
    if name == "joins" {
        // Which branch is the first depends on when the actor is up.
        for list in ["seen", "rows"] {
            did[list].as_array_mut().unwrap().sort_by_key(Value::to_string);
        }
    }
    Some(did)
}

/// The entries by their paths, without ids and times.
fn shape(shown: &Value) -> Map<String, Value> {
    let history = &shown["history"];
    let name = |index: &Value| history["nameRegistry"][index.as_u64().unwrap() as usize].as_str().unwrap();
    let mut shape = Map::new();
    for entry in history["entries"].as_array().unwrap() {
        let mut path = String::new();
        for segment in entry["location"].as_array().unwrap() {
            let value = &segment["val"];
            let part = match segment["tag"].as_str() {
                Some("WorkflowNameIndex") => name(value).to_owned(),
                _ => format!("~{}", value["iteration"]),
            };
            path = format!("{path}/{part}");
        }
        let mut kind = entry["kind"].clone();
        for volatile in ["/val/deadline", "/val/messageData/createdAt"] {
            kind.pointer_mut(volatile).into_iter().for_each(|time| *time = json!(".."));
        }
        let metadata = &history["entryMetadata"][entry["id"].as_str().unwrap()];
        let [status, attempts, error] = ["status", "attempts", "error"].map(|field| metadata[field].clone());
        let undone = metadata["rollbackCompletedAt"].is_u64();
        let known = shape.insert(path.clone(), json!([kind, status, attempts, error, undone]));
        assert_eq!(known, None, "{path}");
    }
    shape
}
