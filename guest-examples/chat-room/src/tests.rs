use rivet_guest::testing::{TestActor, TestConn};
use serde_json::{Value, json};

use super::ChatRoom;

fn room() -> TestActor<ChatRoom> {
    TestActor::create().unwrap()
}

/// Somebody who listens to everything.
fn join(room: &mut TestActor<ChatRoom>, name: &str) -> TestConn<ChatRoom> {
    let conn = room.connect(json!({"name": name})).unwrap();
    for event in ["message", "joined", "left", "whisper"] {
        conn.subscribe(event).unwrap();
    }
    conn
}

fn heard(conn: &TestConn<ChatRoom>) -> Value {
    json!(conn.received::<Value>().unwrap())
}

#[test]
fn whoever_has_no_name_stays_outside() {
    let mut room = room();
    for params in [json!(null), json!({}), json!({"name": " "})] {
        assert_eq!(room.connect(params).err().unwrap().code(), "name_required");
    }
    assert_eq!(room.call::<Value>("who", ()).unwrap_err().code(), "name_required");
    assert_eq!(room.call_with::<Value>(json!({"name": "ann"}), "who", ()).unwrap(), json!([]));
}

#[test]
fn people_see_each_other_come_and_go() {
    let mut room = room();
    let ann = join(&mut room, "ann");
    let bob = join(&mut room, " bob ");
    assert_eq!(bob.call::<Value>("who", ()).unwrap(), json!(["ann", "bob"]));
    bob.disconnect();
    assert_eq!(heard(&ann), json!([["joined", [{"name": "bob"}]], ["left", [{"name": "bob"}]]]));
    assert_eq!(ann.call::<Value>("who", ()).unwrap(), json!(["ann"]));
}

#[test]
fn everybody_hears_a_message() {
    let mut room = room();
    let (ann, bob) = (join(&mut room, "ann"), join(&mut room, "bob"));
    heard(&ann);
    assert_eq!(ann.call::<u64>("sendMessage", ["hello"]).unwrap(), 1);
    let message = json!([["message", [{"id": 1, "from": "ann", "text": "hello", "at": 0}]]]);
    assert_eq!((heard(&ann), heard(&bob)), (message.clone(), message));
}

#[test]
fn the_history_outlives_the_instance_and_is_bounded() {
    let mut room = room();
    let ann = join(&mut room, "ann");
    for n in 1..=1_002 {
        assert_eq!(ann.call::<u64>("sendMessage", [format!("number {n}")]).unwrap(), n);
    }
    room.restart().unwrap();
    let texts =
        |history: Vec<Value>| history.iter().map(|message| message["text"].clone()).collect::<Vec<_>>();
    assert_eq!(texts(ann.call("history", [2]).unwrap()), ["number 1001", "number 1002"]);
    let all = texts(ann.call("history", [5_000]).unwrap());
    assert_eq!((all.len(), &all[0]), (1_000, &json!("number 3")));
    assert_eq!(ann.call::<u64>("sendMessage", ["and on"]).unwrap(), 1_003);
}

#[test]
fn a_whisper_reaches_those_of_the_name() {
    let mut room = room();
    let (ann, bob, other) = (join(&mut room, "ann"), join(&mut room, "bob"), join(&mut room, "bob"));
    (heard(&ann), heard(&bob));
    ann.call::<()>("whisper", ("bob", "psst")).unwrap();
    let whisper = json!([["whisper", [{"from": "ann", "text": "psst"}]]]);
    assert_eq!((heard(&ann), heard(&bob), heard(&other)), (json!([]), whisper.clone(), whisper));
    let error = ann.call::<()>("whisper", ("carol", "psst")).unwrap_err();
    assert_eq!((error.code(), error.message()), ("not_here", "carol is not here."));
}

#[test]
fn a_call_over_http_speaks_without_coming_in() {
    let mut room = room();
    let ann = join(&mut room, "ann");
    room.call_with::<u64>(json!({"name": "bot"}), "sendMessage", ["beep"]).unwrap();
    assert_eq!(heard(&ann), json!([["message", [{"id": 1, "from": "bot", "text": "beep", "at": 0}]]]));
    assert_eq!(ann.call::<Value>("who", ()).unwrap(), json!(["ann"]));
}

#[test]
fn a_message_has_a_bound() {
    let mut room = room();
    let ann = join(&mut room, "ann");
    let error = ann.call::<u64>("sendMessage", ["x".repeat(4_001)]).unwrap_err();
    assert_eq!(error.code(), "text_too_long");
    assert_eq!(ann.call::<u64>("sendMessage", ["x".repeat(4_000)]).unwrap(), 1);
}
