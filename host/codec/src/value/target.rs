//! What a value can be written to.

use crate::error::CodecError;
use crate::value::bigint::BigInt;

/// The largest integer that a JavaScript Number holds exactly, and all below it.
pub(crate) const SAFE_INTEGER: u64 = (1 << 53) - 1;

/// A place that a value is written to, piece by piece and in order.
pub(crate) trait Target {
    /// What `array_start` must remember for `array_end`.
    type Array;

    /// Whether map keys must be text.
    fn text_keys(&self) -> bool;

    /// Whether a pair that starts with a `$` text needs one more `$` here.
    fn escapes(&self) -> bool;

    fn undefined(&mut self);
    fn null(&mut self);
    fn bool(&mut self, value: bool);
    /// A Number that is integral and safe.
    fn integer(&mut self, value: i64);
    /// Any other Number.
    fn float(&mut self, value: f64);
    fn bigint(&mut self, value: &BigInt<'_>);
    fn bytes(&mut self, value: &[u8]);
    fn text(&mut self, value: &str);
    /// A date, in seconds since the Unix epoch.
    fn date(&mut self, seconds: f64);

    /// An array of this length, or of one that is known only at its end.
    fn array_start(&mut self, len: Option<u64>) -> Self::Array;
    /// Before each element.
    fn element(&mut self, array: &mut Self::Array, index: u64) -> Result<(), CodecError>;
    fn array_end(&mut self, array: Self::Array, len: u64) -> Result<(), CodecError>;

    /// A map of this many entries, or of as many as is known only at its end: then `map_end` may need to know where it
    /// starts.
    fn map_start(&mut self, len: Option<u64>) -> Option<usize>;
    /// Before each key.
    fn entry(&mut self, index: u64);
    /// Between a key and its value.
    fn colon(&mut self);
    fn map_end(&mut self, unsized_start: Option<usize>, len: u64);

    /// Before the array of a Set's elements. Says whether a client could take that array for a compat array.
    fn set_start(&mut self) -> bool;
    /// After it.
    fn set_end(&mut self);

    /// Any other tag, before its content.
    fn tag(&mut self, tag: u64);

    /// A Number: JavaScript has one type for integers and floats.
    fn number(&mut self, value: f64) {
        let integral = value.trunc() == value && value.abs() <= SAFE_INTEGER as f64;
        if integral && !(value == 0.0 && value.is_sign_negative()) {
            self.integer(value as i64);
        } else {
            self.float(value);
        }
    }
}
