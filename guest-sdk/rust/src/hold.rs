//! What holds the actor up.

use crate::host::lifecycle::{self, HoldKind};
use crate::{Error, Result};

/// Holds the actor up until it is dropped.
pub(crate) struct Hold(u64);

impl Hold {
    /// Against falling asleep by itself.
    pub(crate) fn keep_awake() -> Result<Self> {
        Self::new(HoldKind::KeepAwake)
    }

    /// Only while it goes to sleep.
    pub(crate) fn wait_until() -> Result<Self> {
        Self::new(HoldKind::WaitUntil)
    }

    fn new(kind: HoldKind) -> Result<Self> {
        lifecycle::hold(kind).map(Self).map_err(Error::from)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        lifecycle::let_go(self.0);
    }
}
