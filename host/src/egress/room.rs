//! Memory for bodies, shared by all requests.

use std::sync::Arc;

use bytes::Bytes;
use rivet_ground::ActorError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What one request has taken of the memory for bodies. Given back when it is dropped.
pub(super) struct Room {
    shared: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// A room in which nothing is yet. A permit is one byte.
    pub(super) fn new(shared: &Arc<Semaphore>) -> Self {
        Self { shared: shared.clone(), taken: None }
    }

    /// Takes room for so many bytes more.
    pub(super) fn take(&mut self, more_bytes: usize) -> Result<(), ActorError> {
        let more = u32::try_from(more_bytes).ok();
        let more = more.and_then(|more| self.shared.clone().try_acquire_many_owned(more).ok());
        let more = more.ok_or_else(|| {
            let message =
                "the bodies of all requests to the outside take up too much memory; try again later";
            ActorError::actor("overloaded", message)
        })?;
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            None => self.taken = Some(more),
        }
        Ok(())
    }

    /// These bytes, which keep the room until they are dropped.
    pub(super) fn keep(self, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Kept { bytes, _room: self })
    }
}

struct Kept {
    bytes: Vec<u8>,
    _room: Room,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_bounded_and_comes_back() {
        let shared = Arc::new(Semaphore::new(10));
        let (mut one, mut two) = (Room::new(&shared), Room::new(&shared));
        one.take(0).unwrap();
        one.take(4).unwrap();
        one.take(2).unwrap();
        two.take(4).unwrap();
        assert_eq!(two.take(1).unwrap_err().path(), "actor.overloaded");
        let kept = one.keep(vec![1, 2]);
        let slice = kept.slice(1..);
        drop(kept);
        assert!(two.take(1).is_err());
        assert_eq!(slice, [2].as_slice());
        drop(slice);
        two.take(6).unwrap();
        drop(two);
        assert_eq!(shared.available_permits(), 10);
    }
}
