//! Raw WebSockets: what the hook is told, in which order, and what becomes of its errors.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::time::Duration;

use rivet_guest::testing::{Frame, TestActor};
use rivet_guest::{Actor, Conn, Ctx, Result, SocketEvent, UserError, WebSocket, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Default, Serialize, Deserialize)]
struct Line {
    log: Vec<String>,
}

#[actor]
impl Line {
    fn on_connect(&mut self, _conn: Conn) {
        self.log.push("connect".to_owned());
    }

    fn on_disconnect(&mut self, _conn: Conn) {
        self.log.push("disconnect".to_owned());
    }

    async fn on_web_socket(&mut self, ctx: &Ctx, socket: WebSocket, event: SocketEvent) -> Result<()> {
        let path = ctx.request().map(|request| request.path());
        self.log.push(format!("{event:?} {path:?}"));
        assert_eq!(ctx.conn(), Some(socket.conn()));
        match event {
            SocketEvent::Text(text) if text == "fail" => Err(UserError::new("no").with_code("nope").into()),
            SocketEvent::Text(text) if text == "close" => socket.close(3000, "done"),
            SocketEvent::Text(text) if text == "wrong close" => socket.close(1001, ""),
            SocketEvent::Text(text) => socket.send_text(&text.to_uppercase()),
            SocketEvent::Binary(data) => socket.send_binary(&data),
            SocketEvent::Open | SocketEvent::Close { .. } => Ok(()),
        }
    }
}

fn line() -> TestActor<Line> {
    TestActor::create().unwrap()
}

fn log(line: &TestActor<Line>) -> Vec<String> {
    line.saved_state::<Line>().unwrap().log
}

#[test]
fn the_hook_is_listed() {
    let manifest: Value = serde_json::from_str(&Line::MANIFEST.to_json()).unwrap();
    assert_eq!(manifest["hooks"], json!(["connect", "disconnect", "message", "sleep", "resume"]));
    assert_eq!(manifest["options"], Value::Null);
}

#[test]
fn events_come_in_order_between_the_hooks_of_the_connection() {
    let mut line = line();
    let socket = line.open_socket("/a?b", json!({"x": 1})).unwrap();
    assert_eq!(socket.conn().params::<Value>().unwrap(), json!({"x": 1}));
    socket.send_text("hi");
    socket.send_binary(&[1]);
    assert_eq!(socket.received(), [Frame::Text("HI".to_owned()), Frame::Binary(vec![1])]);
    socket.close(4002, "bye");
    let expect = [
        "connect",
        "Open Some(\"/a?b\")",
        "Text(\"hi\") None",
        "Binary([1]) None",
        "Close { code: 4002, reason: \"bye\" } None",
        "disconnect",
    ];
    assert_eq!(log(&line), expect);
}

#[test]
fn the_actor_may_end_it() {
    let mut line = line();
    let socket = line.open_socket("/", ()).unwrap();
    socket.send_text("close");
    assert_eq!(socket.closed(), Some((3000, "done".to_owned())));
    assert_eq!(log(&line)[3..], ["Close { code: 3000, reason: \"done\" } None", "disconnect"]);
}

#[test]
fn an_error_is_logged_and_ends_it() {
    for (text, code) in [("fail", "user.nope"), ("wrong close", "connection.invalid_close_code")] {
        let mut line = line();
        let socket = line.open_socket("/", ()).unwrap();
        socket.send_text(text);
        assert_eq!(socket.closed(), Some((1011, code.to_owned())));
        assert!(!socket.is_being_heard(), "an error is the end of a message, too");
        assert!(line.log()[0].starts_with(&format!("error: on_web_socket failed: {code}: ")));
    }
}

#[test]
fn a_socket_is_heard_one_message_at_a_time() {
    #[derive(Default, Serialize, Deserialize)]
    struct Slow;
    #[actor]
    impl Slow {
        async fn on_web_socket(&self, ctx: &Ctx, socket: WebSocket, event: SocketEvent) -> Result<()> {
            if let SocketEvent::Text(text) = event {
                socket.send_text(&format!("{text} begins"))?;
                ctx.sleep(Duration::from_millis(10)).await?;
                socket.send_text(&format!("{text} ends"))?;
            }
            Ok(())
        }
    }

    let mut slow = TestActor::<Slow>::create().unwrap();
    let (socket, other) = (slow.open_socket("/", ()).unwrap(), slow.open_socket("/", ()).unwrap());
    ["a", "b"].into_iter().for_each(|text| socket.send_text(text));
    other.send_text("c");
    let text = |text: &str| Frame::Text(text.to_owned());
    assert_eq!((socket.received(), other.received()), (vec![text("a begins")], vec![text("c begins")]));
    slow.advance(Duration::from_millis(10));
    assert_eq!(socket.received(), [text("a ends"), text("b begins")]);
    assert!(socket.is_being_heard() && !other.is_being_heard());
    slow.advance(Duration::from_millis(10));
    assert!(!socket.is_being_heard());
}

#[test]
fn one_that_was_refused_while_its_hooks_waited_is_never_open() {
    #[derive(Default, Serialize, Deserialize)]
    struct Porter {
        log: Vec<String>,
    }
    #[actor]
    impl Porter {
        async fn on_connect(&mut self, ctx: &Ctx, _conn: Conn) -> Result<()> {
            self.log.push("connect".to_owned());
            ctx.sleep(Duration::from_millis(10)).await
        }

        fn on_web_socket(&mut self, _socket: WebSocket, event: SocketEvent) {
            self.log.push(format!("{event:?}"));
        }
    }

    let mut porter = TestActor::<Porter>::create().unwrap();
    assert_eq!(porter.open_socket("/", ()).err().unwrap().code(), "callback_timed_out");
    porter.advance(Duration::from_millis(10));
    assert_eq!(porter.saved_state::<Porter>().unwrap().log, ["connect"]);
}

#[test]
fn one_that_does_not_hibernate_ends_with_the_instance() {
    let mut line = line();
    let socket = line.open_socket("/", ()).unwrap();
    let client = line.connect(()).unwrap();
    line.restart().unwrap();
    assert_eq!(socket.conn().send_named("gone", &()).unwrap_err().code(), "not_found");
    assert_eq!(socket.conn().id(), "");
    assert_eq!(client.conn().id().len(), 36, "a client's connection goes on");
    assert_eq!(log(&line)[2..], ["connect"], "nobody is told");
}

#[test]
fn one_that_hibernates_goes_on_after_a_cold_start() {
    #[derive(Default, Serialize, Deserialize)]
    struct Sleeper {
        #[serde(skip)]
        seen: u64,
    }
    #[actor(can_hibernate_web_socket = true)]
    impl Sleeper {
        fn create_conn_state(&self) -> u64 {
            0
        }

        fn on_web_socket(&mut self, socket: WebSocket, event: SocketEvent) -> Result<()> {
            if let SocketEvent::Text(_) = event {
                self.seen += 1;
                let of_connection = socket.conn().state::<u64>()?.unwrap_or(0) + 1;
                socket.conn().set_state(&of_connection)?;
                socket.send_text(&format!("{} {of_connection}", self.seen))?;
            }
            Ok(())
        }
    }

    let mut sleeper = TestActor::<Sleeper>::create().unwrap();
    let socket = sleeper.open_socket("/", ()).unwrap();
    socket.send_text("a");
    sleeper.restart().unwrap();
    socket.send_text("b");
    assert_eq!(socket.received(), ["1 1", "1 2"].map(|text| Frame::Text(text.to_owned())));
}
