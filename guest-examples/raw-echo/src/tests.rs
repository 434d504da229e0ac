use rivet_guest::testing::{Frame, TestActor};
use serde_json::{Value, json};

use super::RawEcho;

fn echo() -> TestActor<RawEcho> {
    TestActor::create().unwrap()
}

#[test]
fn a_request_comes_back() {
    let body: Vec<u8> = (0..100_000_u32).flat_map(u32::to_be_bytes).collect();
    let headers = [("Content-Type", "application/x-numbers"), ("x-word", "naïve")];
    let response = echo().fetch("PATCH", "/numbers?from=0", &headers, &body).unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(response.body, body);
    let header = |name: &str| {
        let found = response.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    assert_eq!(header("x-echo-method"), "PATCH");
    assert_eq!(header("x-echo-path"), "/numbers?from=0");
    assert_eq!(header("content-type"), "application/x-numbers");
    assert!(header("x-echo-headers").is_ascii());
    let echoed: Value = serde_json::from_str(header("x-echo-headers")).unwrap();
    assert_eq!(echoed, json!({"content-type": "application/x-numbers", "x-word": "naïve"}));
}

#[test]
fn messages_come_back_as_they_came() {
    let mut echo = echo();
    let socket = echo.open_socket("/some/where?x=1", ()).unwrap();
    socket.send_text("häh");
    socket.send_binary(&[0, 255]);
    let text = |text: &str| Frame::Text(text.to_owned());
    assert_eq!(socket.received(), [text("open /some/where?x=1"), text("häh"), Frame::Binary(vec![0, 255])]);
    assert_eq!(socket.closed(), None);
}

#[test]
fn a_farewell_is_returned() {
    let mut echo = echo();
    let socket = echo.open_socket("/", ()).unwrap();
    socket.send_text("bye");
    assert_eq!(socket.closed(), Some((4001, "bye-now".to_owned())));
    assert_eq!(echo.log(), ["info: closed with 4001 \"bye-now\""]);
}

#[test]
fn the_actor_hears_of_the_end() {
    let mut echo = echo();
    echo.open_socket("/", ()).unwrap().close(4002, "so long");
    assert_eq!(echo.log(), ["info: closed with 4002 \"so long\""]);
}
