//! Memory that many take of, each for a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bytes::Bytes;

use crate::ActorError;

/// Memory that many take of, in bytes.
#[derive(Debug)]
pub struct Budget {
    left_bytes: AtomicUsize,
    what: &'static str,
}

/// What one has taken of a budget. Given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    budget: Arc<Budget>,
    taken_bytes: usize,
}

impl Budget {
    /// So much memory for something, which the error names that there is when it is used up: a plural.
    pub fn new(bytes: usize, what: &'static str) -> Arc<Self> {
        Arc::new(Self { left_bytes: AtomicUsize::new(bytes), what })
    }

    /// A share in which nothing is yet.
    pub fn share(self: &Arc<Self>) -> Share {
        Share { budget: self.clone(), taken_bytes: 0 }
    }
}

impl Share {
    /// Takes so many bytes more.
    ///
    /// # Errors
    /// `actor.overloaded`: they are not left. What was taken before stays.
    pub fn take(&mut self, more_bytes: usize) -> Result<(), ActorError> {
        let left = |left: usize| left.checked_sub(more_bytes);
        if self.budget.left_bytes.fetch_update(Relaxed, Relaxed, left).is_err() {
            let message = format!("{} take up too much memory; try again later", self.budget.what);
            return Err(ActorError::actor("overloaded", message));
        }
        self.taken_bytes += more_bytes;
        Ok(())
    }

    /// These bytes, which keep the share until they are dropped.
    pub fn keep(self, bytes: impl AsRef<[u8]> + Send + 'static) -> Bytes {
        Bytes::from_owner(Kept { bytes, _share: self })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.left_bytes.fetch_add(self.taken_bytes, Relaxed);
    }
}

struct Kept<B> {
    bytes: B,
    _share: Share,
}

impl<B: AsRef<[u8]>> AsRef<[u8]> for Kept<B> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_and_comes_back() {
        let budget = Budget::new(10, "all of these");
        let (mut one, mut two) = (budget.share(), budget.share());
        one.take(0).unwrap();
        one.take(4).unwrap();
        one.take(2).unwrap();
        two.take(4).unwrap();
        let refused = two.take(1).unwrap_err();
        assert_eq!(refused.path(), "actor.overloaded");
        assert!(refused.to_string().contains("all of these take up too much memory"), "{refused}");
        let kept = one.keep(vec![1, 2]);
        let slice = kept.slice(1..);
        drop(kept);
        assert!(two.take(1).is_err());
        assert_eq!(slice, [2].as_slice());
        drop(slice);
        two.take(6).unwrap();
        drop(two);
        assert_eq!(budget.left_bytes.load(Relaxed), 10);
    }
}
