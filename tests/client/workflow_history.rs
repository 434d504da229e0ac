//! A workflow's history is shown as Rivet's inspector shows it (inspector.md, "Workflow history JSON").

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use support::{Driver, HostOptions, component};

/// What rivetkit 2.3.19 showed of the same workflow.
const GOLDEN: &str = include_str!("../../host/src/wire/testdata/workflow-history.inspector.json");

#[test]
fn it_is_that_of_the_same_workflow_in_rivet() {
    let host = HostOptions::new([component("workflows")]).start_deployed();
    let driver = Driver::start_all(host.url()).remove(0);
    let actor = json!({ "actor": "shown", "by": "getOrCreate", "key": ["history"] });
    for k in [1, 2] {
        driver.publish(&actor, "go", json!({ "k": k })).unwrap();
    }
    let route = format!("/actors/{}/workflow-history", driver.resolve(&actor).unwrap());
    let until = Instant::now() + Duration::from_secs(60);
    let shown = loop {
        let shown: Value = host.http().get(&route).json();
        if shown["workflowState"] == "completed" {
            break shown;
        }
        assert!(Instant::now() < until, "{shown}");
        std::thread::sleep(Duration::from_millis(20));
    };
    let golden = GOLDEN.replace("Error: nope", "user.user_error: nope");
    assert_eq!(comparable(shown), comparable(serde_json::from_str(&golden).unwrap()));
}

/// Entries by their paths, with names in place of numbers, and without what differs from run to run.
fn comparable(mut shown: Value) -> Value {
    let names = shown["history"]["nameRegistry"].take();
    let metadata = shown["history"]["entryMetadata"].take();
    let mut entries = Map::new();
    for entry in shown["history"]["entries"].as_array().unwrap() {
        let segment = |segment: &Value| match segment["tag"].as_str().unwrap() {
            "WorkflowNameIndex" => {
                names[segment["val"].as_u64().unwrap() as usize].as_str().unwrap().to_owned()
            }
            "WorkflowLoopIterationMarker" => {
                let looped = &names[segment["val"]["loop"].as_u64().unwrap() as usize];
                format!("{}~{}", looped.as_str().unwrap(), segment["val"]["iteration"])
            }
            tag => panic!("{tag}"),
        };
        let path: Vec<String> = entry["location"].as_array().unwrap().iter().map(segment).collect();
        let id = entry["id"].as_str().unwrap();
        let mut known = json!({ "kind": entry["kind"], "metadata": metadata[id] });
        without_times(&mut known);
        assert!(entries.insert(path.join("/"), known).is_none(), "{path:?} is there twice");
    }
    assert!(metadata.as_object().unwrap().len() < entries.len());
    shown["history"]["entries"] = entries.into();
    shown
}

/// Whether there is a time is to be the same, but not which.
fn without_times(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(without_times),
        Value::Object(map) => map.values_mut().for_each(without_times),
        Value::Number(number) if number.as_u64().is_some_and(|ms| ms > 1_700_000_000_000) => {
            *value = json!("a time");
        }
        _ => {}
    }
}
