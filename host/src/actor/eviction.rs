//! Sends the actors to sleep that have been idle for longest, while there is not room enough.

use std::sync::{Arc, Weak};
use std::time::Duration;

use rivet_ground::limits;

use crate::actor::call::Message;
use crate::actor::live::Handle;
use crate::actor::supervisor::Shared;

/// Looks after the room of a host for as long as the host lives.
pub(super) async fn run(shared: Weak<Shared>) {
    while let Some(shared) = shared.upgrade() {
        shared.room.needed().await;
        while shared.room.shortage() > 0 && !shared.is_closing() {
            evict(&shared, shared.room.shortage());
            // Those that were asked may be busy after all: then the next ones are.
            tokio::time::sleep(Duration::from_millis(limits::EVICT_EVERY_MS)).await;
        }
    }
}

fn evict(shared: &Arc<Shared>, count: usize) {
    let mut idlest: Vec<Handle> = shared.live.all();
    // Those that wait for a place themselves, or fall asleep already, have none to give.
    idlest.retain(|handle| handle.pulse.may_be_pressed());
    let at = count.min(idlest.len());
    if at < idlest.len() {
        idlest.select_nth_unstable_by_key(at, |handle| handle.pulse.last_active_ms());
    }
    for handle in idlest.into_iter().take(at) {
        // Whoever has a full mailbox is not idle. Whoever stays awake has beaten now, and others come first next time.
        handle.pulse.beat(shared.clock.monotonic());
        // Noted before: it may look at it at once.
        handle.pulse.press();
        if handle.mailbox.try_send(Box::new(Message::Press)).is_err() {
            handle.pulse.released();
        }
    }
}
