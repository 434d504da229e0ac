//! The frames that are to be written to a socket.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use crate::wire::socket::frame::Frame;

/// How many parts of frames one write takes.
const PARTS: usize = 64;
/// How many frames a backlog has room for while it is empty.
const KEPT_FRAMES: usize = 16;

/// The frames that are to be written to a socket, in order. What was written stays written if the write is given up.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    frames: VecDeque<Frame>,
    /// Of the first frame.
    written_bytes: usize,
}

impl Backlog {
    /// Adds a frame.
    pub(super) fn push(&mut self, frame: Frame) {
        self.frames.push_back(frame);
    }

    /// Whether all is written.
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Drops what is not begun. A frame that is has to be ended before another one begins.
    pub(super) fn cut(&mut self) {
        self.frames.truncate(usize::from(self.written_bytes > 0));
    }

    /// Writes as much as `write` takes, many frames at a time.
    ///
    /// # Errors
    /// Those of `write`: [`io::ErrorKind::WouldBlock`] when there is more to write, later.
    pub(super) fn write(
        &mut self,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<()> {
        while !self.is_empty() {
            let mut slices = [IoSlice::new(&[]); PARTS];
            let parts = self.frames.iter().flat_map(Frame::parts);
            for (slice, part) in slices.iter_mut().zip(parts) {
                *slice = IoSlice::new(part);
            }
            let mut rest = &mut slices[..];
            IoSlice::advance_slices(&mut rest, self.written_bytes);
            match write(rest)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written_bytes => self.advance(written_bytes),
            }
        }
        self.frames.shrink_to(KEPT_FRAMES);
        Ok(())
    }

    fn advance(&mut self, written_bytes: usize) {
        self.written_bytes += written_bytes;
        while let Some(first) = self.frames.front()
            && let Some(rest) = self.written_bytes.checked_sub(first.len())
        {
            self.written_bytes = rest;
            self.frames.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::wire::socket::frame::Opcode;

    fn backlog(frames: usize) -> (Backlog, Vec<u8>) {
        let mut backlog = Backlog::default();
        let mut expected = Vec::new();
        for i in 0..frames {
            let frame = Frame::new(Opcode::Binary, vec![i as u8; i % 200].into());
            expected.extend(frame.parts().concat());
            backlog.push(frame);
        }
        (backlog, expected)
    }

    /// Takes so many bytes of each write.
    fn taking<'a>(
        at_most: usize,
        taken: &'a mut Vec<u8>,
    ) -> impl FnMut(&[IoSlice<'_>]) -> io::Result<usize> + 'a {
        move |slices| {
            let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            let part = &all[..at_most.min(all.len())];
            taken.extend_from_slice(part);
            Ok(part.len())
        }
    }

    #[test]
    fn frames_arrive_whole_however_they_are_taken() {
        for at_most in [1, 2, 3, 7, 100, 4096, usize::MAX] {
            let (mut backlog, expected) = backlog(300);
            let mut taken = Vec::new();
            backlog.write(taking(at_most, &mut taken)).unwrap();
            assert!(taken == expected, "{at_most} bytes at a time");
            assert!(backlog.is_empty());
        }
    }

    #[test]
    fn a_frame_that_is_begun_is_ended() {
        let (mut backlog, expected) = backlog(3);
        let mut writes = [Ok(3), Err(io::ErrorKind::WouldBlock.into())].into_iter();
        let blocked = backlog.write(|_| writes.next().unwrap());
        assert_eq!(blocked.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        backlog.cut();
        backlog.push(Frame::of_whole(Bytes::from_static(b"end")));
        let mut taken = Vec::new();
        backlog.write(taking(2, &mut taken)).unwrap();
        // The first frame has two bytes, the second three.
        assert_eq!(taken, [&expected[3..5], b"end"].concat());
    }

    #[test]
    fn what_is_not_begun_is_dropped() {
        let (mut backlog, _) = backlog(3);
        backlog.cut();
        assert!(backlog.is_empty());
    }

    #[test]
    fn a_socket_that_takes_nothing_is_broken() {
        assert_eq!(backlog(1).0.write(|_| Ok(0)).unwrap_err().kind(), io::ErrorKind::WriteZero);
    }
}
