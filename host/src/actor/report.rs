//! What the log says of an actor that failed.

use rivet_ground::{ActorError, Event, EventKind, cut, limits};
use rivet_sandbox::Trap;
use rivet_store::ActorRecord;

/// What a turn was about: `action "increment"`.
pub(super) fn subject(event: &Event) -> String {
    match event.kind {
        EventKind::Create => "create".to_owned(),
        EventKind::Wake => "wake".to_owned(),
        EventKind::Action => format!("action {:?}", event.name),
        EventKind::Completion => format!("completion of operation {}", event.id),
        EventKind::Destroy => "destroy".to_owned(),
        EventKind::Connect => "connect".to_owned(),
        EventKind::Disconnect => "disconnect".to_owned(),
        EventKind::Subscribe => format!("subscription to {:?}", event.name),
        EventKind::Request => "request".to_owned(),
        EventKind::Message => "message of a WebSocket".to_owned(),
        EventKind::Run => "run".to_owned(),
        EventKind::Sleep => "sleep".to_owned(),
        EventKind::Resume => "resume".to_owned(),
        EventKind::Publish => format!("leave to send to {:?}", event.name),
    }
}

/// Reports a trap: who, in what, where in the guest's source, and its stack.
pub(super) fn trapped(actor: &ActorRecord, component: &str, subject: &str, trap: &Trap) {
    let mut stack = String::new();
    for frame in trap.own_frames() {
        stack.push_str("\n    at ");
        stack.push_str(&frame.function);
        if let Some(source) = &frame.source {
            stack.push_str(" (");
            stack.push_str(source);
            stack.push(')');
        }
    }
    tracing::error!(
        actor = %actor.id, name = %actor.name, key = %actor.key.serialize(), %component,
        "{subject} trapped; the turn is rolled back: {trap}{stack}",
    );
}

/// Reports an answer whose words the caller does not get to see.
pub(super) fn refused(actor: &ActorRecord, component: &str, subject: &str, error: &ActorError) {
    tracing::warn!(
        actor = %actor.id, name = %actor.name, key = %actor.key.serialize(), %component,
        "{subject} failed: {}", cut(&error.to_string(), limits::REPORT_TEXT_BYTES),
    );
}

/// What the caller of a turn that trapped sees.
pub(super) fn panicked(trap: &Trap) -> ActorError {
    ActorError::actor("panicked", trap.to_string())
}
