//! Wants an import that the host does not offer.

wit_bindgen::generate!({
    path: ["../../../wit", "wit"],
    world: "test:unoffered/traveller",
    generate_all,
});

use exports::rivet::actor::guest::{Event, Guest};

struct UnofferedImport;

impl Guest for UnofferedImport {
    fn describe() -> String {
        r#"{"actors":[{"name":"unoffered-import","actions":["jump"]}]}"#.to_owned()
    }

    fn dispatch(event: Event) -> u32 {
        let jumped = event.kind == 3 && test::unoffered::teleport::jump(&event.name);
        rivet::actor::reply::ok(event.id, &[0xf4 + u8::from(jumped)]);
        0
    }
}

export!(UnofferedImport);
