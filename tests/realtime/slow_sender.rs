//! A message may take as long as it likes: every byte of it shows that somebody is there.

use std::io::{Read, Write};

use support::Received;

use crate::host;

#[test]
fn who_sends_slowly_is_not_silent() {
    let host = host();
    let mut slow = host.actor("raw-echo", "a").web_socket("/");
    assert_eq!(slow.message(), Received::Text("open /".to_owned()));
    // One that says nothing tells the time: it is asked, asked again, and given up.
    let mut clock = host.actor("raw-echo", "a").web_socket("/");
    assert_eq!(clock.message(), Received::Text("open /".to_owned()));
    // The head of a text of three bytes.
    slow.stream().write_all(&[0x81, 0x83, 0, 0, 0, 0]).unwrap();
    for byte in [b'a', b'b'] {
        let mut ping = [0; 2];
        clock.stream().read_exact(&mut ping).unwrap();
        assert_eq!(ping, [0x89, 0]);
        slow.stream().write_all(&[byte]).unwrap();
    }
    let end = clock.stream().read(&mut [0; 64]);
    assert!(end.as_ref().map_or(true, |count| *count == 0), "{end:?}");
    slow.stream().write_all(b"c").unwrap();
    assert_eq!(slow.message(), Received::Text("abc".to_owned()));
}
