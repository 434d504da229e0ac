//! WebSocket frames as a server writes them: not masked, in one piece (RFC 6455 section 5.2).

use bytes::{BufMut, Bytes};
use rivet_ground::{CloseReason, cut, limits};

/// The most bytes that stand before what a frame carries.
pub(super) const HEAD_BYTES: usize = 10;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    /// A message of text.
    Text = 1,
    /// A message of bytes.
    Binary = 2,
    /// The end.
    Close = 8,
    /// The question whether the other side is there.
    Ping = 9,
}

/// A frame that is ready to be written.
#[derive(Debug)]
pub(super) struct Frame {
    head: Head,
    body: Bytes,
}

#[derive(Debug, Default)]
struct Head {
    bytes: [u8; HEAD_BYTES],
    len: usize,
}

impl Frame {
    /// A frame around a body, which is not copied.
    pub(super) fn new(opcode: Opcode, body: Bytes) -> Self {
        Self { head: Head::new(opcode, body.len()), body }
    }

    /// What [`whole`] made.
    pub(super) fn of_whole(frame: Bytes) -> Self {
        Self { head: Head::default(), body: frame }
    }

    /// The end of a socket.
    pub(super) fn close(reason: &CloseReason) -> Self {
        let text = cut(&reason.reason, limits::CLOSE_REASON_BYTES);
        let mut body = Vec::with_capacity(2 + text.len());
        body.put_u16(reason.code);
        body.extend_from_slice(text.as_bytes());
        Self::new(Opcode::Close, body.into())
    }

    /// The question whether the other side is there.
    pub(super) fn ping() -> Self {
        Self::new(Opcode::Ping, Bytes::new())
    }

    /// The bytes to write, in two parts.
    pub(super) fn parts(&self) -> [&[u8]; 2] {
        [self.head.bytes.get(..self.head.len).unwrap_or_default(), &self.body]
    }

    /// How many bytes there are to write.
    pub(super) fn len(&self) -> usize {
        self.head.len + self.body.len()
    }
}

/// A whole frame in one buffer, around what `write` appends. Any number of sockets may write the same one.
pub(super) fn whole<E>(
    opcode: Opcode,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<Bytes, E> {
    let mut frame = Vec::with_capacity(128);
    // How long the head is shows only afterwards.
    frame.extend_from_slice(&[0; HEAD_BYTES]);
    write(&mut frame)?;
    let head = Head::new(opcode, frame.len() - HEAD_BYTES);
    let start = HEAD_BYTES - head.len;
    for (place, byte) in frame.iter_mut().skip(start).zip(head.bytes).take(head.len) {
        *place = byte;
    }
    Ok(Bytes::from(frame).slice(start..))
}

impl Head {
    fn new(opcode: Opcode, body_len: usize) -> Self {
        let mut bytes = [0; HEAD_BYTES];
        let mut rest = &mut bytes[..];
        // The first bit says that no other frame belongs to the message.
        rest.put_u8(0x80 | opcode as u8);
        match body_len {
            0..126 => rest.put_u8(body_len as u8),
            126..0x1_0000 => {
                rest.put_u8(126);
                rest.put_u16(body_len as u16);
            }
            _ => {
                rest.put_u8(127);
                rest.put_u64(body_len as u64);
            }
        }
        let len = HEAD_BYTES - rest.len();
        Self { bytes, len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(len: usize) -> Vec<u8> {
        let frame = Frame::new(Opcode::Binary, vec![7; len].into());
        assert_eq!(frame.parts()[1].len(), len);
        assert_eq!(frame.len(), frame.parts().concat().len());
        let all = whole(Opcode::Binary, |out| {
            out.extend(vec![7; len]);
            Ok::<_, std::convert::Infallible>(())
        });
        assert_eq!(all.unwrap(), frame.parts().concat());
        frame.parts()[0].to_vec()
    }

    #[test]
    fn lengths_take_one_three_or_nine_bytes() {
        assert_eq!(head(0), [0x82, 0]);
        assert_eq!(head(125), [0x82, 125]);
        assert_eq!(head(126), [0x82, 126, 0, 126]);
        assert_eq!(head(65_535), [0x82, 126, 0xff, 0xff]);
        assert_eq!(head(65_536), [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn the_end_has_a_code_and_a_reason() {
        let close = |code, reason: &str| {
            Frame::close(&CloseReason { code, reason: reason.to_owned() }).parts().concat()
        };
        assert_eq!(close(4001, "bye"), [&[0x88, 5, 0x0f, 0xa1][..], b"bye"].concat());
        assert_eq!(close(1011, &"é".repeat(100)).len(), 2 + 2 + 122, "cut at a character");
        assert_eq!(Frame::ping().parts().concat(), [0x89, 0]);
    }
}
