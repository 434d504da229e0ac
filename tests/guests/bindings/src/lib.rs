//! What the hostile guests share: the bindings of the world `rivet:actor/actor`, and an actor that
//! does everything right unless it is told otherwise.

wit_bindgen::generate!({
    path: "../../../wit",
    world: "actor",
    pub_export_macro: true,
    default_bindings_module: "bindings",
});

pub use exports::rivet::actor::guest::{Event, Guest};
pub use rivet::actor::{events, kv, log, reply, state};

/// An actor; what it does not define is done right.
pub trait Actor {
    /// The name of the actor.
    const NAME: &'static str;
    /// The names of its actions.
    const ACTIONS: &'static [&'static str] = &["hello"];

    /// The kinds of event that it asks for.
    const HOOKS: &'static [&'static str] = &[];

    /// Describes the component.
    fn describe() -> String {
        let (name, actions, hooks) = (Self::NAME, Self::ACTIONS, Self::HOOKS);
        format!(r#"{{"actors":[{{"name":{name:?},"actions":{actions:?},"hooks":{hooks:?}}}]}}"#)
    }

    /// Takes a start.
    fn start(call: u64) {
        reply::ok(call, &[]);
    }

    /// Takes a call of an action; the arguments are one CBOR array.
    fn action(call: u64, name: &str, args: &[u8]);

    /// Takes a connection that asks to be let in.
    fn connect(call: u64) {
        reply::ok(call, &[]);
    }

    /// Takes leave of a connection.
    fn disconnect(call: u64) {
        reply::ok(call, &[]);
    }
}

/// Takes an event in the name of an actor.
pub fn dispatch<A: Actor>(event: &Event) -> u32 {
    match event.kind {
        1 | 2 => A::start(event.id),
        3 => A::action(event.id, &event.name, &event.payload),
        5 => {
            reply::ok(event.id, &[]);
        }
        6 => A::connect(event.id),
        7 => A::disconnect(event.id),
        _ => return 1,
    }
    0
}

/// Makes a type that implements `Actor` the component.
#[macro_export]
macro_rules! component {
    ($actor:ident) => {
        impl $crate::Guest for $actor {
            fn describe() -> String {
                <$actor as $crate::Actor>::describe()
            }

            fn dispatch(event: $crate::Event) -> u32 {
                $crate::dispatch::<$actor>(&event)
            }
        }

        $crate::export!($actor with_types_in $crate);
    };
}
