//! Who may write for an actor.

use std::collections::HashMap;

use rivet_ground::ActorId;

/// The right to write for an actor, of which the newest claim alone has it. Made by [`crate::Store::claim`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    actor: ActorId,
    generation: u64,
    /// Tells apart two claims of the same generation, of which the first never committed.
    serial: u64,
}

impl Claim {
    /// The actor.
    pub fn actor(&self) -> ActorId {
        self.actor
    }

    /// The generation of the actor, from 1: one more than the newest that has committed.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

/// The current claims.
#[derive(Default)]
pub(crate) struct Claims {
    held: HashMap<ActorId, Held>,
    last_serial: u64,
}

struct Held {
    serial: u64,
    /// Whether the generation's row was written, which its first commit does.
    committed: bool,
}

impl Claims {
    /// Makes a claim the actor's current one; the one before it is fenced.
    pub(crate) fn take(&mut self, actor: ActorId, generation: u64) -> Claim {
        self.last_serial += 1;
        self.held.insert(actor, Held { serial: self.last_serial, committed: false });
        Claim { actor, generation, serial: self.last_serial }
    }

    /// Gives a claim up, if it is still the current one.
    pub(crate) fn release(&mut self, claim: Claim) {
        if self.is_current(claim) {
            self.held.remove(&claim.actor);
        }
    }

    /// Whether commits under this claim are let through.
    pub(crate) fn is_current(&self, claim: Claim) -> bool {
        self.held.get(&claim.actor).is_some_and(|held| held.serial == claim.serial)
    }

    /// Notes a commit under a current claim; true for the first one.
    pub(crate) fn note_commit(&mut self, claim: Claim) -> bool {
        self.held.get_mut(&claim.actor).is_some_and(|held| !std::mem::replace(&mut held.committed, true))
    }
}
