//! The handles that a guest holds, mirrored: which resource each index of its table stands for.
//!
//! A guest keeps the numbers of its handles in its memory (a libc opens its std streams once), so a restored instance
//! must have the same resources under the same numbers. wasmtime numbers handles from 1 and gives the number that was
//! freed last out first; every resource that a guest can get comes from our own host functions, which note it here.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::instrument::Opener;

/// What a handle stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum HandleKind {
    Stdin,
    Stdout,
    Stderr,
    /// What tells whether a stream is ready: the index of the stream.
    ReadyOf(u32),
    /// A clock's alarm: it cannot be opened again.
    Alarm,
    /// An error that was looked at: it cannot be had again.
    Error,
}

/// The handles of one instance.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    live: BTreeMap<u32, HandleKind>,
    /// The index of a resource, by the number that the host knows it by.
    by_rep: HashMap<u32, u32>,
    free: Vec<u32>,
    /// The highest index that was ever given out.
    last: u32,
}

impl HandleKind {
    /// The function that opens it, if one does.
    pub(super) fn opener(self) -> Option<Opener> {
        match self {
            Self::Stdin => Some(Opener::Stdin),
            Self::Stdout => Some(Opener::Stdout),
            Self::Stderr => Some(Opener::Stderr),
            Self::ReadyOf(_) | Self::Alarm | Self::Error => None,
        }
    }

    /// Why it cannot be had again in another instance, if it cannot.
    pub(super) fn obstacle(self) -> Option<&'static str> {
        match self {
            Self::Alarm => Some("it holds an alarm of the clock (wasi:clocks)"),
            Self::Error => Some("it holds an error of a stream (wasi:io/error)"),
            _ => None,
        }
    }
}

impl Handles {
    /// A resource is on its way to the guest, which will know it by the next free index.
    pub(crate) fn give(&mut self, kind: HandleKind, rep: u32) {
        let index = self.free.pop().unwrap_or_else(|| {
            self.last += 1;
            self.last
        });
        self.live.insert(index, kind);
        self.by_rep.insert(rep, index);
    }

    /// The guest has dropped a resource.
    pub(crate) fn take_back(&mut self, rep: u32) {
        if let Some(index) = self.by_rep.remove(&rep) {
            self.live.remove(&index);
            self.free.push(index);
        }
    }

    /// The index by which the guest knows a resource.
    pub(crate) fn index(&self, rep: u32) -> Option<u32> {
        self.by_rep.get(&rep).copied()
    }

    /// What the guest holds, by index.
    pub(crate) fn live(&self) -> &BTreeMap<u32, HandleKind> {
        &self.live
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_freed_last_is_given_first() {
        let mut handles = Handles::default();
        for rep in 10..13 {
            handles.give(HandleKind::Stdout, rep);
        }
        handles.take_back(10);
        handles.take_back(11);
        handles.give(HandleKind::Stderr, 20);
        handles.give(HandleKind::ReadyOf(2), 21);
        handles.give(HandleKind::Stdin, 22);
        assert_eq!([20, 21, 22].map(|rep| handles.index(rep)), [Some(2), Some(1), Some(4)]);
        handles.take_back(99);
        assert_eq!(handles.live().len(), 4);
    }
}
