use super::*;
use bytes::Bytes;
use serde_cbor::value::to_value;

/// What rivetkit 2.3.19 showed of a workflow that had completed.
const GOLDEN: &str = include_str!("../testdata/workflow-history.inspector.json");

fn shown(history: Vec<HistoryEntry>, state: Option<&str>, is_enabled: bool) -> Value {
    let state = state.map(str::to_owned);
    serde_json::to_value(WorkflowHistory::new(WorkflowRecords { history, state, is_enabled })).unwrap()
}

fn way(path: &str) -> Vec<Segment> {
    let segment = |part: &str| match part.strip_prefix('~') {
        Some(iteration) => Segment::Iteration(iteration.parse().unwrap()),
        None => Segment::Name(part.to_owned()),
    };
    path.split('/').map(segment).collect()
}

fn entry(path: &str, record: &Value) -> HistoryEntry {
    let value = serde_cbor::to_vec(&to_value(record).unwrap()).unwrap();
    HistoryEntry { location: way(path), value: value.into() }
}

/// With names in place of their numbers, and paths in place of ids.
fn resolved(mut shown: Value) -> Value {
    let names = shown["history"]["nameRegistry"].take();
    let by_id = shown["history"]["entryMetadata"].take();
    let mut metadata = Map::new();
    for entry in shown["history"]["entries"].as_array_mut().unwrap() {
        let mut path = Vec::new();
        for segment in entry["location"].as_array().unwrap() {
            let name = |index: &Value| names[index.as_u64().unwrap() as usize].as_str().unwrap().to_owned();
            match segment["tag"].as_str().unwrap() {
                "WorkflowNameIndex" => path.push(name(&segment["val"])),
                "WorkflowLoopIterationMarker" => {
                    assert_eq!(path.last(), Some(&name(&segment["val"]["loop"])));
                    path.push(format!("~{}", segment["val"]["iteration"]));
                }
                tag => panic!("{tag}"),
            }
        }
        let id = entry["id"].take();
        let of_it = by_id.get(id.as_str().unwrap()).cloned();
        metadata.extend(of_it.map(|of_it| (path.join("/"), of_it)));
        entry["location"] = path.join("/").into();
    }
    assert_eq!(by_id.as_object().unwrap().len(), metadata.len());
    shown["history"]["entryMetadata"] = metadata.into();
    shown
}

#[test]
fn it_is_shown_as_rivet_shows_it() {
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    let step = |id: &str, at: u64, done: u64, output: Value| {
        json!({
            "id": id, "kind": "step", "status": "completed", "attempts": 1, "createdAt": at,
            "lastAttemptAt": at, "completedAt": done, "output": output,
        })
    };
    let bare = |id: &str, kind: &str, rest: Value| {
        let mut record =
            json!({ "id": id, "kind": kind, "status": "completed", "attempts": 0, "createdAt": 1 });
        record.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        record
    };
    let message = |id: &str, key: u64, at: u64| {
        let data = json!({
            "__rivetWorkflowQueueMessage": 1, "id": key.to_string(), "name": "go", "body": { "k": key },
            "createdAt": at, "completed": true,
        });
        bare(id, "message", json!({ "name": "go", "data": data }))
    };
    let count = |id: &str| bare(id, "message", json!({ "name": "go:count", "data": 1 }));
    let bad = json!({
        "id": "bad", "kind": "step", "status": "exhausted", "attempts": 2, "createdAt": 1795333344763_u64,
        "lastAttemptAt": 1795333344886_u64, "error": "Error: nope",
    });
    let lp = json!({ "createdAt": 1795333345226_u64, "completedAt": 1795333347788_u64, "state": 1, "iteration": 1, "output": 1 });
    let branch = |output: Value| json!({ "status": "completed", "output": output });
    let history = vec![
        entry("s1", &step("s1", 1795333344693, 1795333344706, json!({ "v": 1 }))),
        entry("bad", &bad),
        entry("nap", &bare("nap", "sleep", json!({ "deadline": 1795333345087_u64, "state": "completed" }))),
        entry(
            "j",
            &bare("j", "join", json!({ "branches": { "a": branch(1.into()), "b": branch(2.into()) } })),
        ),
        entry("j/a/ja", &step("ja", 1795333345116, 1795333345116, 1.into())),
        entry("j/b/jb", &step("jb", 1795333345116, 1795333345118, 2.into())),
        entry(
            "r",
            &bare(
                "r",
                "race",
                json!({ "winner": "fast", "branches": {
            "fast": branch("F".into()), "slow": { "status": "running" } } }),
            ),
        ),
        entry("r/fast/f", &step("f", 1795333345165, 1795333345166, "F".into())),
        entry("lp", &bare("lp", "loop", lp)),
        entry("lp/~0/m:count", &count("c0")),
        entry("lp/~0/m:0", &message("m0", 1, 1795333347407)),
        entry("lp/~1/m:count", &count("c1")),
        entry("lp/~1/m:0", &message("m1", 2, 1795333347651)),
        entry("fin", &step("fin", 1795333347807, 1795333347808, Value::Null)),
    ];
    assert_eq!(resolved(shown(history, Some("completed"), true)), resolved(golden));
}

#[test]
fn what_cannot_be_read_is_left_out_and_harms_nobody() {
    let raw =
        |path: &str, value: &[u8]| HistoryEntry { location: way(path), value: Bytes::copy_from_slice(value) };
    let deep = [0x81; 100_000];
    let history = vec![
        raw("a", b""),
        raw("b", &[0xff]),
        raw("c", &[0x01]),
        raw("d", &deep),
        entry("e", &json!({ "id": "e", "kind": "unknown" })),
        entry("f", &json!({ "kind": "step" })),
        entry("~7/g", &json!({ "id": "g", "kind": "join", "branches": [1], "status": 7 })),
        entry("h", &json!({ "id": "h", "kind": "step", "status": 7, "attempts": "x" })),
    ];
    let shown = shown(history, None, true);
    let entries = shown["history"]["entries"].as_array().unwrap();
    let ids: Vec<&str> = entries.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["h", "g"]);
    assert_eq!(entries[1]["kind"], json!({ "tag": "WorkflowJoinEntry", "val": { "branches": null } }));
    let marker = json!({ "tag": "WorkflowLoopIterationMarker", "val": { "loop": null, "iteration": 7 } });
    assert_eq!(entries[1]["location"][0], marker);
    assert_eq!(shown["history"]["entryMetadata"]["h"]["status"], Value::Null);
    assert_eq!(shown["workflowState"], "pending");
}

#[test]
fn values_are_made_safe_for_json() {
    let bytes = Cbor::Bytes(vec![1, 255]);
    let big = Cbor::Tag(2, Box::new(Cbor::Bytes(vec![1, 0, 0, 0, 0, 0, 0, 0, 0])));
    let map = [(Cbor::Integer(7), bytes), (Cbor::Text("big".to_owned()), big)];
    let float = Cbor::Float(f64::NAN);
    let all = Cbor::Array(vec![Cbor::Map(map.into_iter().collect()), Cbor::Integer(-1 - (1 << 64)), float]);
    let two_64 = 18_446_744_073_709_551_616.0;
    assert_eq!(plain(all), json!([{ "7": [1, 255], "big": two_64 }, -two_64, null]));
    assert_eq!(plain(Cbor::Integer(i128::from(u64::MAX))), json!(u64::MAX));
}

#[test]
fn without_a_workflow_there_is_nothing() {
    let nothing = json!({ "history": null, "workflowState": null, "isWorkflowEnabled": false });
    assert_eq!(shown(vec![], None, false), nothing);
    let begun = shown(vec![], Some("running"), true);
    assert_eq!(begun["history"], json!({ "nameRegistry": [], "entries": [], "entryMetadata": {} }));
}
