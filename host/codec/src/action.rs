//! The call of an action over HTTP (client-protocol.md section 5).

use bytes::Bytes;

use crate::bare::{Reader, put_version};
use crate::client::Format;
use crate::encoding::Encoding;
use crate::envelope::{MapIn, MapOut, arguments, put_value};
use crate::error::CodecError;
use crate::value;

/// Reads the body of an action call: its arguments, one array in guest form.
pub fn decode_action(encoding: Encoding, body: &[u8]) -> Result<Bytes, CodecError> {
    let args = match encoding {
        Encoding::Json | Encoding::Cbor => MapIn::read(encoding, body)?.field("args")?,
        Encoding::Bare(_) => {
            let (version, mut reader) = Reader::new(body)?;
            let args = value::from_wire(Encoding::Bare(version), reader.data()?)?;
            reader.end()?;
            Some(args.into())
        }
    };
    Ok(arguments(args))
}

/// Writes the answer to an action call. `output` is what the guest answered: any CBOR, empty for undefined.
pub fn encode_output(format: impl Into<Format>, output: &[u8]) -> Result<Bytes, CodecError> {
    let format = format.into();
    let mut out = Vec::with_capacity(output.len() + 24);
    match format.encoding {
        Encoding::Json | Encoding::Cbor => {
            let mut map = MapOut::open(&mut out, format, 1);
            map.value("output", output)?;
            map.close();
        }
        Encoding::Bare(version) => {
            put_version(&mut out, version);
            put_value(&mut out, format, output)?;
        }
    }
    Ok(out.into())
}
