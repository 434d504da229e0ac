//! Raw WebSockets that an instance has let in are its own: the one before, which still comes to its end, does not
//! take them along.

use support::{Host, Received, WebSocket};

use crate::host;

const CRASHES: usize = 120;
const SOCKETS: usize = 6;
const MESSAGES: usize = 40;

/// Which instance a socket belongs to; none if it was closed, as it may be if it belongs to one that has ended.
fn generation(socket: &mut WebSocket) -> Option<u64> {
    socket.send_text("generation");
    match socket.message() {
        Received::Text(generation) => Some(generation.parse().unwrap()),
        Received::Closed(closed) => {
            assert_eq!((closed.code, closed.reason.as_str()), (1011, "actor.panicked"));
            None
        }
        other => panic!("{other:?}"),
    }
}

/// Lets an instance crash with writes under way while sockets come in; how many its successor has let in.
fn crash(host: &Host, key: &str) -> usize {
    let actor = host.actor("plain-sockets", key);
    let mut first = actor.web_socket("/");
    let before = generation(&mut first).unwrap();
    (0..MESSAGES).for_each(|_| first.send_text("write"));
    first.send_text("crash");
    let mut sockets: Vec<WebSocket> = (0..SOCKETS).map(|_| actor.web_socket("/")).collect();
    // Its end begins with the report of its trap.
    host.output().wait_for(&["name=plain-sockets", &format!("key={key} ")]);
    sockets.extend((0..SOCKETS).map(|_| actor.web_socket("/")));
    let generations: Vec<_> = sockets.iter_mut().map(generation).collect();
    assert_eq!(first.closed().code, 1011);
    let mut successors = 0;
    for (socket, after) in sockets.iter_mut().zip(generations) {
        let Some(after) = after.filter(|after| *after > before) else { continue };
        assert_eq!(generation(socket), Some(after), "it was let in by {after}, and {before} has ended");
        successors += 1;
    }
    successors
}

#[test]
fn sockets_of_the_next_instance_stay() {
    let host = host();
    let successors: usize = (0..CRASHES).map(|number| crash(&host, &number.to_string())).sum();
    assert!(successors > 0, "no socket came after a crash");
}
