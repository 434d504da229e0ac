//! Writes values as JSON, with the compat arrays that the client knows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::client::Client;
use crate::error::CodecError;
use crate::value::bigint::BigInt;
use crate::value::date::iso;
use crate::value::target::Target;

/// A value that is being written.
pub(crate) struct JsonOut<'a> {
    out: &'a mut Vec<u8>,
    client: Client,
}

impl<'a> JsonOut<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>, client: Client) -> Self {
        Self { out, client }
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A compat array whose text needs no escapes.
    fn pair(&mut self, tag: &str, text: &str) {
        for part in ["[\"", tag, "\",\"", text, "\"]"] {
            self.raw(part);
        }
    }
}

impl Target for JsonOut<'_> {
    type Array = ();

    fn text_keys(&self) -> bool {
        true
    }

    fn escapes(&self) -> bool {
        self.client != Client::Rust
    }

    fn undefined(&mut self) {
        self.raw(if self.client == Client::Current { "[\"$Undefined\",0]" } else { "null" });
    }

    fn null(&mut self) {
        self.raw("null");
    }

    fn bool(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    fn integer(&mut self, value: i64) {
        // Writing to memory cannot fail.
        serde_json::to_writer(&mut *self.out, &value).ok();
    }

    fn float(&mut self, value: f64) {
        // NaN and the infinities become null, as in JSON.stringify.
        serde_json::to_writer(&mut *self.out, &value).ok();
    }

    fn bigint(&mut self, value: &BigInt<'_>) {
        match value.as_64_bits() {
            Some(_) if self.client == Client::Rust => self.raw(&value.decimal()),
            _ => self.pair("$BigInt", &value.decimal()),
        }
    }

    fn bytes(&mut self, value: &[u8]) {
        self.pair("$Uint8Array", &STANDARD.encode(value));
    }

    fn text(&mut self, value: &str) {
        serde_json::to_writer(&mut *self.out, value).ok();
    }

    fn date(&mut self, seconds: f64) {
        match iso(seconds) {
            Some(text) => self.text(&text),
            None => self.null(),
        }
    }

    fn array_start(&mut self, _len: Option<u64>) {
        self.raw("[");
    }

    fn element(&mut self, (): &mut (), index: u64) -> Result<(), CodecError> {
        self.entry(index);
        Ok(())
    }

    fn array_end(&mut self, (): (), _len: u64) -> Result<(), CodecError> {
        self.raw("]");
        Ok(())
    }

    fn map_start(&mut self, _len: Option<u64>) -> Option<usize> {
        self.raw("{");
        None
    }

    fn entry(&mut self, index: u64) {
        if index > 0 {
            self.raw(",");
        }
    }

    fn colon(&mut self) {
        self.raw(":");
    }

    fn map_end(&mut self, _unsized_start: Option<usize>, _len: u64) {
        self.raw("}");
    }

    fn set_start(&mut self) -> bool {
        if self.client == Client::Current {
            self.raw("[\"$Set\",");
        }
        self.client != Client::Current
    }

    fn set_end(&mut self) {
        if self.client == Client::Current {
            self.raw("]");
        }
    }

    fn tag(&mut self, _tag: u64) {
        // JSON has no tags: the content stands for itself.
    }
}
