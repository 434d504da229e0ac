//! Events: what the actor says of its own accord.

use serde::Serialize;

use crate::cbor::{ARRAY, NULL};
use crate::host::events;
use crate::{Error, Result};

/// An event for [`crate::Ctx::broadcast`] and [`crate::Conn::send`]. Implemented by `#[derive(Event)]` alone;
/// all but its name changes without notice.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "not an event",
    note = "put `#[derive(rivet_guest::Event, serde::Serialize)]` on `{Self}`"
)]
pub trait Event: Serialize {
    /// The name that clients listen to.
    const NAME: &'static str;

    /// Whether serde writes the event as the list of its arguments, and not as the only argument.
    #[doc(hidden)]
    const IS_ARGS: bool;
}

/// Tells everybody who has subscribed.
pub(crate) fn broadcast<E: Event>(event: &E) -> Result<()> {
    events::broadcast(E::NAME, &args(event)?).map_err(Error::from)
}

/// The same for an event whose name is known only at run time.
pub(crate) fn broadcast_named<T: Serialize>(name: &str, args: &T) -> Result<()> {
    events::broadcast(name, &array(crate::to_cbor(args)?)?).map_err(Error::from)
}

/// The arguments of an event: one CBOR array.
pub(crate) fn args<E: Event>(event: &E) -> Result<Vec<u8>> {
    if E::IS_ARGS { array(crate::to_cbor(event)?) } else { crate::to_cbor(&[event]) }
}

/// The same bytes, if they are one CBOR array; null, as serde writes what has no fields, is the empty one.
pub(crate) fn array(cbor: Vec<u8>) -> Result<Vec<u8>> {
    match cbor.first() {
        Some(&NULL) => Ok(vec![ARRAY << 5]),
        Some(first) if first >> 5 == ARRAY => Ok(cbor),
        _ => Err(Error::internal("the arguments of an event are no tuple and no array")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, rivet_guest_macros::Event)]
    struct NewCount(i64);

    #[derive(Serialize, rivet_guest_macros::Event)]
    #[event(name = "moved.to")]
    struct Moved(i64, &'static str);

    #[derive(Serialize, rivet_guest_macros::Event)]
    struct Said<'a, T: Serialize> {
        text: &'a T,
    }

    #[derive(Serialize, rivet_guest_macros::Event)]
    struct Tick;

    fn value<E: Event>(event: &E) -> serde_json::Value {
        crate::from_cbor(&args(event).unwrap()).unwrap()
    }

    #[test]
    fn fields_are_arguments() {
        assert_eq!(value(&NewCount(3)), serde_json::json!([3]));
        assert_eq!(value(&Moved(3, "a")), serde_json::json!([3, "a"]));
        assert_eq!(value(&Said { text: &"a" }), serde_json::json!([{"text": "a"}]));
        assert_eq!(value(&Tick), serde_json::json!([]));
    }

    #[test]
    fn names_come_from_the_struct_or_the_attribute() {
        assert_eq!([NewCount::NAME, Moved::NAME, Tick::NAME], ["newCount", "moved.to", "tick"]);
    }

    #[test]
    fn arguments_are_a_list() {
        assert_eq!(array(crate::to_cbor(&("a", 1)).unwrap()).unwrap()[0], 0x82);
        assert_eq!(array(crate::to_cbor(&()).unwrap()).unwrap(), [0x80]);
        assert!(array(crate::to_cbor(&"a").unwrap()).is_err());
    }
}
