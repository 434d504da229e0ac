//! The calls between actors that wait for an answer: which of them waits for which, so that one that could never be
//! answered is refused at once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use rivet_ground::{Access, ActorId, limits};

/// The number of a call from one actor to another. Never 0.
pub(super) type AskId = u64;

/// Where a call comes from that another actor makes.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The actor that calls.
    pub(super) actor: ActorId,
    /// The call from an actor that it answers by it, if there is one.
    pub(super) parent: Option<AskId>,
    /// How the answering of that call uses the calling actor.
    pub(super) hold: Access,
}

/// The calls between actors of a host. Cloning is cheap.
#[derive(Clone, Default)]
pub(super) struct Calls {
    graph: Arc<Mutex<Graph>>,
}

/// A call that is waited for; dropped, it is so no more.
pub(super) struct Waiting {
    calls: Calls,
    pub(super) id: AskId,
}

/// Why a call is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It would wait for itself: the actors that wait for each other, the caller first and last.
    Deadlock(Vec<ActorId>),
    /// Too many calls were made to answer calls.
    TooDeep,
    /// Too many calls between actors are waited for.
    TooMany,
}

#[derive(Default)]
struct Graph {
    last: AskId,
    asks: HashMap<AskId, Ask>,
    /// The calls that are made to answer a call.
    children: HashMap<AskId, Vec<AskId>>,
    /// The calls that an actor makes while it keeps others out.
    holders: HashMap<ActorId, Vec<AskId>>,
}

#[derive(Clone, Debug)]
struct Ask {
    origin: Origin,
    to: ActorId,
    /// How its answering will use the other actor.
    access: Access,
    depth: usize,
}

impl Calls {
    /// Notes that a call is made, whose answering will use the other actor so.
    pub(super) fn wait(&self, origin: Origin, to: ActorId, access: Access) -> Result<Waiting, Refusal> {
        let mut graph = self.graph.lock();
        let id = graph.add(origin, to, access)?;
        if let Some(circle) = graph.circle(id) {
            graph.remove(id);
            return Err(Refusal::Deadlock(circle));
        }
        drop(graph);
        Ok(Waiting { calls: self.clone(), id })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.calls.graph.lock().remove(self.id);
    }
}

impl Graph {
    fn add(&mut self, origin: Origin, to: ActorId, access: Access) -> Result<AskId, Refusal> {
        if self.asks.len() >= limits::ACTOR_CALLS {
            return Err(Refusal::TooMany);
        }
        // A parent that is gone is waited for by nobody.
        let parent = origin.parent.and_then(|parent| self.asks.get(&parent));
        let depth = parent.map_or(1, |parent| parent.depth + 1);
        if depth > limits::ACTOR_CALL_DEPTH {
            return Err(Refusal::TooDeep);
        }
        self.last += 1;
        let id = self.last;
        if let Some(parent) = origin.parent {
            self.children.entry(parent).or_default().push(id);
        }
        if origin.hold != Access::None {
            self.holders.entry(origin.actor).or_default().push(id);
        }
        self.asks.insert(id, Ask { origin, to, access, depth });
        Ok(id)
    }

    fn remove(&mut self, id: AskId) {
        let Some(ask) = self.asks.remove(&id) else { return };
        if let Some(parent) = ask.origin.parent {
            forget(&mut self.children, parent, id);
        }
        forget(&mut self.holders, ask.origin.actor, id);
    }

    /// The actors through which a call waits for itself, if it does.
    fn circle(&self, id: AskId) -> Option<Vec<ActorId>> {
        let mut seen = HashSet::from([id]);
        // What was found, each with what it was found from.
        let mut found_from = BTreeMap::new();
        let mut open = vec![id];
        while let Some(from) = open.pop() {
            for next in self.waits_for(from) {
                if next == id {
                    return Some(self.path(id, from, &found_from));
                }
                if seen.len() < limits::ACTOR_CALLS_SEARCHED && seen.insert(next) {
                    found_from.insert(next, from);
                    open.push(next);
                }
            }
        }
        None
    }

    /// The calls that have to be answered before this one can be.
    fn waits_for(&self, id: AskId) -> impl Iterator<Item = AskId> {
        let children = self.children.get(&id).into_iter().flatten().copied();
        let ask = self.asks.get(&id);
        let holders = ask.and_then(|ask| self.holders.get(&ask.to)).into_iter().flatten().copied();
        let keeps_out = move |holder: &AskId| match (self.asks.get(holder).map(|it| it.origin.hold), ask) {
            (Some(Access::Closed), _) => true,
            (Some(Access::Exclusive), Some(ask)) => ask.access != Access::None,
            (Some(Access::Shared), Some(ask)) => ask.access == Access::Exclusive,
            _ => false,
        };
        children.chain(holders.filter(keeps_out))
    }

    fn path(&self, first: AskId, last: AskId, found_from: &BTreeMap<AskId, AskId>) -> Vec<ActorId> {
        let mut path = vec![last];
        let mut at = last;
        while let Some(from) = found_from.get(&at) {
            path.push(*from);
            at = *from;
        }
        path.reverse();
        path.push(first);
        path.iter().filter_map(|id| self.asks.get(id)).map(|ask| ask.origin.actor).collect()
    }
}

fn forget<K: std::hash::Hash + Eq>(lists: &mut HashMap<K, Vec<AskId>>, key: K, id: AskId) {
    if let std::collections::hash_map::Entry::Occupied(mut list) = lists.entry(key) {
        list.get_mut().retain(|other| *other != id);
        if list.get().is_empty() {
            list.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(name: u8) -> ActorId {
        ActorId::from_bytes([name; 16])
    }

    fn from(name: u8, parent: Option<&Waiting>, hold: Access) -> Origin {
        Origin { actor: actor(name), parent: parent.map(|it| it.id), hold }
    }

    fn circle(refused: Result<Waiting, Refusal>) -> Vec<u8> {
        match refused {
            Err(Refusal::Deadlock(circle)) => circle.iter().map(|id| id.as_bytes()[0]).collect(),
            Err(other) => panic!("{other:?}"),
            Ok(_) => vec![],
        }
    }

    const EXCLUSIVE: Access = Access::Exclusive;
    const SHARED: Access = Access::Shared;

    #[test]
    fn who_keeps_all_out_cannot_call_itself() {
        let calls = Calls::default();
        assert_eq!(circle(calls.wait(from(1, None, EXCLUSIVE), actor(1), SHARED)), [1, 1]);
        assert_eq!(circle(calls.wait(from(1, None, SHARED), actor(1), EXCLUSIVE)), [1, 1]);
        assert_eq!(circle(calls.wait(from(1, None, SHARED), actor(1), SHARED)), [0u8; 0]);
        assert_eq!(circle(calls.wait(from(1, None, Access::None), actor(1), EXCLUSIVE)), [0u8; 0]);
        // What takes nobody's turn waits for nobody.
        assert_eq!(circle(calls.wait(from(1, None, EXCLUSIVE), actor(1), Access::None)), [0u8; 0]);
        // But who takes nothing yet takes that neither.
        assert_eq!(circle(calls.wait(from(1, None, Access::Closed), actor(1), Access::None)), [1, 1]);
        assert!(calls.graph.lock().asks.is_empty() && calls.graph.lock().holders.is_empty());
    }

    #[test]
    fn a_chain_that_comes_back_is_a_circle_however_long() {
        for between in [Access::None, SHARED, EXCLUSIVE] {
            let calls = Calls::default();
            let a = calls.wait(from(1, None, EXCLUSIVE), actor(2), EXCLUSIVE).unwrap();
            let b = calls.wait(from(2, Some(&a), between), actor(3), EXCLUSIVE).unwrap();
            assert_eq!(circle(calls.wait(from(3, Some(&b), between), actor(1), SHARED))[..1], [3]);
            // Another one may call on, and come back to who keeps nobody out.
            assert_eq!(circle(calls.wait(from(3, Some(&b), between), actor(4), EXCLUSIVE)), [0u8; 0]);
            drop((a, b));
            assert!(calls.graph.lock().children.is_empty());
        }
    }

    #[test]
    fn two_that_call_each_other_at_once_are_a_circle() {
        let calls = Calls::default();
        let a = calls.wait(from(1, None, EXCLUSIVE), actor(2), EXCLUSIVE).unwrap();
        assert_eq!(circle(calls.wait(from(2, None, EXCLUSIVE), actor(1), EXCLUSIVE)), [2, 1, 2]);
        drop(a);
        assert_eq!(circle(calls.wait(from(2, None, EXCLUSIVE), actor(1), EXCLUSIVE)), [0u8; 0]);
    }

    #[test]
    fn who_only_waits_behind_others_is_no_circle() {
        let calls = Calls::default();
        let _a = calls.wait(from(1, None, EXCLUSIVE), actor(2), EXCLUSIVE).unwrap();
        let _b = calls.wait(from(2, None, EXCLUSIVE), actor(3), EXCLUSIVE).unwrap();
        for caller in 10..20 {
            assert!(calls.wait(from(caller, None, EXCLUSIVE), actor(1), EXCLUSIVE).is_ok());
        }
    }

    #[test]
    fn a_chain_has_an_end() {
        let calls = Calls::default();
        let mut chain = vec![calls.wait(from(1, None, Access::None), actor(1), SHARED).unwrap()];
        while chain.len() < limits::ACTOR_CALL_DEPTH {
            chain.push(calls.wait(from(1, chain.last(), Access::None), actor(1), SHARED).unwrap());
        }
        let next = calls.wait(from(1, chain.last(), Access::None), actor(1), SHARED);
        assert_eq!(next.err(), Some(Refusal::TooDeep));
    }
}
