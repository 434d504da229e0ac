//! The messages of a raw WebSocket that hibernates keep their order when the instance ends among them.

use support::Received;

use crate::host;

const MESSAGES: usize = 6_000;
const PLACES: [usize; 4] = [200, 400, 800, 1_000];

#[test]
fn messages_keep_their_order_over_a_crash() {
    let host = host();
    // After each of these come more than the mailbox of an actor holds, before the instance is over.
    for crash_at in PLACES {
        let mut socket = host.actor("sleeper-sockets", &crash_at.to_string()).web_socket("/");
        // Nothing is read meanwhile: all of it fits into the kernel's buffers.
        for number in 0..MESSAGES {
            if number == crash_at {
                socket.send_text("crash");
            }
            socket.send_text(&format!("#{number}"));
        }
        for number in 0..MESSAGES {
            assert_eq!(socket.message(), Received::Text(format!("#{number}")), "crash at {crash_at}");
        }
        // Nothing came twice.
        socket.send_text("#end");
        assert_eq!(socket.message(), Received::Text("#end".to_owned()));
    }
    let trapped = |line: &&String| line.contains("message of a WebSocket trapped");
    assert_eq!(host.output().lines().iter().filter(trapped).count(), PLACES.len());
}
