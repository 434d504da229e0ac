//! The page of the example `chat-room`: two people chat, and go on after the host was restarted.

use support::{HostOptions, example, npm_build, root};

use crate::{arg, screenshots, script, visit};

#[test]
fn two_people_chat() {
    let pages = npm_build(&root().join("guest-examples/chat-room/web"));
    let mut host = HostOptions::new([example("chat-room")]).keep_port().start();
    let mut chat = script("chat.mjs");
    chat.args([arg(&pages), host.url(), arg(&screenshots())]);
    visit(chat, |asked| {
        assert_eq!(asked, "restart the host");
        host.kill();
        host.restart();
    });
}
