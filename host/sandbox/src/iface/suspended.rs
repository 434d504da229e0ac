//! What an instance waits for between two turns, so that another one can go on in its place.

use std::collections::{BTreeMap, BTreeSet};

use rivet_ground::{CallId, MessageId, OperationId};
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
    /// When they end, in milliseconds since the Unix epoch.
    #[serde(default)]
    timer_times: BTreeMap<OperationId, u64>,
    /// The operations that nobody outside will end any more.
    pub lost: Vec<OperationId>,
    /// Those that wait for a message of the queue, each with the names that it waits for.
    #[serde(default)]
    waits: Vec<(OperationId, Vec<String>)>,
    /// Those that wait for a message to be completed.
    #[serde(default)]
    responses: Vec<(OperationId, MessageId)>,
    /// The messages that the guest has received, and is to complete.
    #[serde(default)]
    in_hand: BTreeSet<MessageId>,
    last_operation: OperationId,
    holds: BTreeMap<u64, HoldKind>,
    last_hold: u64,
}

impl Suspended {
    /// Leaves the queue behind, for a copy of the actor that has none of it: nothing is in hand, and nobody will respond.
    pub fn leave_queue(&mut self) {
        self.in_hand.clear();
        self.lost.extend(std::mem::take(&mut self.responses).into_iter().map(|(operation, _)| operation));
    }
}

impl Inside {
    /// What the guest waits for now.
    pub(crate) fn suspended(&self) -> Suspended {
        let mut timer_times = BTreeMap::new();
        let (mut timers, mut lost, mut waits, mut responses) = (vec![], vec![], vec![], vec![]);
        for (operation, pending) in &self.pending_operations {
            match pending {
                Pending::Timer { at_ms } => {
                    timers.push(*operation);
                    timer_times.insert(*operation, *at_ms);
                }
                Pending::Message { names, .. } => waits.push((*operation, names.clone())),
                Pending::Response { message, .. } => responses.push((*operation, *message)),
                Pending::Read { .. } | Pending::Write { .. } | Pending::Ask | Pending::Fetch => {
                    lost.push(*operation)
                }
            }
        }
        timers.sort_unstable();
        lost.sort_unstable();
        waits.sort_unstable();
        responses.sort_unstable();
        let mut open_calls: Vec<CallId> = self.open_calls.keys().copied().collect();
        open_calls.sort_unstable();
        Suspended {
            open_calls,
            timers,
            timer_times,
            lost,
            waits,
            responses,
            in_hand: self.queue.in_hand.clone(),
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
        // One that was lost ends like a timer, and at once: nothing else of it is left.
        let at_ms = |operation| suspended.timer_times.get(&operation).copied().unwrap_or_default();
        self.pending_operations
            .extend(pending.map(|operation| (operation, Pending::Timer { at_ms: at_ms(operation) })));
        // Whether there is a time-out is not known here any more: that it is cancelled harms nobody.
        let has_timeout = true;
        self.pending_operations.extend(
            suspended.waits.into_iter().map(|(operation, names)| {
                (operation, Pending::Message { names, has_timeout, is_over: false })
            }),
        );
        let responses = suspended.responses.into_iter();
        self.pending_operations.extend(
            responses.map(|(operation, message)| (operation, Pending::Response { message, has_timeout })),
        );
        self.queue.go_on(suspended.in_hand);
        self.last_operation = suspended.last_operation;
        self.holds = suspended.holds;
        self.last_hold = suspended.last_hold;
    }
}
