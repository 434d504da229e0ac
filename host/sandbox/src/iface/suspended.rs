//! What an instance waits for between two turns, so that another one can go on in its place.

use std::collections::BTreeMap;

use rivet_ground::{CallId, OperationId};
use serde::{Deserialize, Serialize};

use crate::iface::calls::OpenCall;
use crate::iface::inside::{Inside, Stage};
use crate::iface::lifecycle::HoldKind;
use crate::iface::operation::Pending;

/// What a guest that was suspended waits for, and what the numbers go on from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Suspended {
    /// The calls that it has not answered and that are still open.
    pub open_calls: Vec<CallId>,
    /// The timers that have not fired.
    pub timers: Vec<OperationId>,
    /// The operations that nobody outside will end any more.
    pub lost: Vec<OperationId>,
    last_operation: OperationId,
    holds: BTreeMap<u64, HoldKind>,
    last_hold: u64,
}

impl Inside {
    /// What the guest waits for now.
    pub(crate) fn suspended(&self) -> Suspended {
        let operations = |timers: bool| {
            let pending = self.pending_operations.iter();
            let of_kind = pending.filter(|(_, pending)| matches!(pending, Pending::Timer) == timers);
            let mut ids: Vec<OperationId> = of_kind.map(|(id, _)| *id).collect();
            ids.sort_unstable();
            ids
        };
        let mut open_calls: Vec<CallId> = self.open_calls.keys().copied().collect();
        open_calls.sort_unstable();
        Suspended {
            open_calls,
            timers: operations(true),
            lost: operations(false),
            last_operation: self.last_operation,
            holds: self.holds.clone(),
            last_hold: self.last_hold,
        }
    }

    /// Goes on where an instance before was suspended.
    pub(crate) fn go_on(&mut self, suspended: Suspended) {
        // What the component did while it was instantiated is as if it had not been: its memory knows nothing of it.
        self.drop_turn();
        self.pending_operations.clear();
        self.kv_bytes = None;
        self.agenda.claimed = None;
        self.stage = Stage::Running;
        self.open_calls.extend(suspended.open_calls.into_iter().map(|call| (call, OpenCall::Plain)));
        let pending = suspended.timers.into_iter().chain(suspended.lost);
        // One that was lost ends like a timer: nothing else of it is left.
        self.pending_operations.extend(pending.map(|operation| (operation, Pending::Timer)));
        self.last_operation = suspended.last_operation;
        self.holds = suspended.holds;
        self.last_hold = suspended.last_hold;
    }
}
