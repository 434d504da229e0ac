//! How often a step is tried.

use std::time::Duration;

use crate::schedule::milliseconds;

/// How often a step is tried, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    pub max_retries: u32,
    backoff_ms: u64,
    max_backoff_ms: u64,
    /// No end if it is 0.
    pub timeout_ms: u64,
    pub retry_on_timeout: bool,
}

impl Default for Retry {
    /// As in Rivet (semantics.md of Rivet 2.3.19, section 16).
    fn default() -> Self {
        Self {
            max_retries: 3,
            backoff_ms: 100,
            max_backoff_ms: 30_000,
            timeout_ms: 30_000,
            retry_on_timeout: false,
        }
    }
}

impl Retry {
    pub fn set_backoff(&mut self, backoff: Duration) {
        self.backoff_ms = milliseconds(backoff);
    }

    pub fn set_max_backoff(&mut self, most: Duration) {
        self.max_backoff_ms = milliseconds(most);
    }

    /// How long to wait after so many attempts.
    pub fn delay_ms(&self, attempts: u32) -> u64 {
        let factor = 1_u64.checked_shl(attempts).unwrap_or(u64::MAX);
        self.backoff_ms.saturating_mul(factor).min(self.max_backoff_ms)
    }

    pub fn is_exhausted(&self, attempts: u32) -> bool {
        attempts > self.max_retries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_a_bound() {
        let mut retry = Retry::default();
        assert_eq!([1, 2, 3].map(|attempts| retry.delay_ms(attempts)), [200, 400, 800]);
        assert_eq!([9, 63, 64, u32::MAX].map(|attempts| retry.delay_ms(attempts)), [30_000; 4]);
        retry.set_backoff(Duration::ZERO);
        assert_eq!(retry.delay_ms(64), 0);
        assert!(!retry.is_exhausted(3) && retry.is_exhausted(4));
    }
}
