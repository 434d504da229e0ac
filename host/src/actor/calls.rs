//! The calls between actors that wait for an answer: which of them waits for which, so that one that could never be
//! answered is refused at once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};

use parking_lot::Mutex;
use rivet_ground::{Access, ActorId, Share, limits};

/// The number of a call from one actor to another. Never 0.
pub(super) type AskId = u64;

/// Where a call comes from that another actor makes.
#[derive(Debug)]
pub struct Origin {
    /// Which call it is.
    pub(super) ask: AskId,
    /// The actor that calls.
    pub(super) actor: ActorId,
    /// The call from an actor that it answers by it, if there is one.
    pub(super) parent: Option<AskId>,
    /// How the answering of that call uses the calling actor.
    pub(super) hold: Access,
    /// Says, if the calling actor waits for that call before it sleeps, that it takes no others any more.
    pub(super) closing: Option<Arc<AtomicBool>>,
    /// What the question takes of the memory for calls between actors, wherever it waits.
    pub(super) _share: Share,
}

/// The calls between actors of a host. Cloning is cheap.
#[derive(Clone, Default)]
pub(super) struct Calls {
    last: Arc<AtomicU64>,
    graph: Arc<Mutex<Graph>>,
}

/// A call that may be waited for. Whoever asks, whoever answers and what goes between them have one each: it is waited for
/// until the first of these is dropped.
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
    asks: HashMap<AskId, Ask>,
    /// The calls that are made to answer a call.
    children: HashMap<AskId, Vec<AskId>>,
    /// The calls that an actor makes while it keeps others out.
    holders: HashMap<ActorId, Vec<AskId>>,
}

#[derive(Clone, Debug)]
struct Ask {
    origin: Arc<Origin>,
    to: ActorId,
    /// How its answering will use the other actor.
    access: Access,
    depth: usize,
}

impl Origin {
    /// How the calling actor is used now.
    fn holds(&self) -> Access {
        let is_closed = self.closing.as_ref().is_some_and(|closing| closing.load(SeqCst));
        if is_closed { Access::Closed } else { self.hold }
    }
}

impl Calls {
    /// A call that is not made yet.
    pub(super) fn next(&self) -> Waiting {
        Waiting { calls: self.clone(), id: self.last.fetch_add(1, Relaxed) + 1 }
    }

    /// Notes that a call is made, whose answering will use the other actor so.
    pub(super) fn wait(&self, origin: Arc<Origin>, to: ActorId, access: Access) -> Result<Waiting, Refusal> {
        let mut graph = self.graph.lock();
        let id = origin.ask;
        graph.add(origin, to, access)?;
        if let Some(circle) = graph.circle(id) {
            graph.remove(id);
            return Err(Refusal::Deadlock(circle));
        }
        drop(graph);
        Ok(Waiting { calls: self.clone(), id })
    }
}

impl Waiting {
    /// The same for somebody else who may end it.
    pub(super) fn shared(&self) -> Self {
        Self { calls: self.calls.clone(), id: self.id }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.calls.graph.lock().remove(self.id);
    }
}

impl Graph {
    fn add(&mut self, origin: Arc<Origin>, to: ActorId, access: Access) -> Result<(), Refusal> {
        if self.asks.len() >= limits::ACTOR_CALLS {
            return Err(Refusal::TooMany);
        }
        // A parent that is gone is waited for by nobody.
        let parent = origin.parent.and_then(|parent| self.asks.get(&parent));
        let depth = parent.map_or(1, |parent| parent.depth + 1);
        if depth > limits::ACTOR_CALL_DEPTH {
            return Err(Refusal::TooDeep);
        }
        let id = origin.ask;
        if let Some(parent) = origin.parent {
            self.children.entry(parent).or_default().push(id);
        }
        if origin.hold != Access::None || origin.closing.is_some() {
            self.holders.entry(origin.actor).or_default().push(id);
        }
        self.asks.insert(id, Ask { origin, to, access, depth });
        Ok(())
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
        // Those that want the same of an actor wait for the same.
        let mut doors = HashSet::new();
        // What was found, each with what it was found from.
        let mut found_from = BTreeMap::new();
        let mut open = vec![id];
        while let Some(from) = open.pop() {
            let ask = self.asks.get(&from).filter(|ask| doors.insert((ask.to, ask.access)));
            for next in self.waits_for(from, ask) {
                if next == id {
                    return Some(self.path(id, from, &found_from));
                }
                if seen.insert(next) {
                    if seen.len() > limits::ACTOR_CALLS_SEARCHED {
                        return None;
                    }
                    found_from.insert(next, from);
                    open.push(next);
                }
            }
        }
        None
    }

    /// The calls that have to be answered before this one can be: those that are made to answer it, and those that keep it out.
    fn waits_for(&self, id: AskId, ask: Option<&Ask>) -> impl Iterator<Item = AskId> {
        let children = self.children.get(&id).into_iter().flatten().copied();
        let holders = ask.and_then(|ask| self.holders.get(&ask.to)).into_iter().flatten().copied();
        let keeps_out = move |holder: &AskId| match (self.asks.get(holder).map(|it| it.origin.holds()), ask) {
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
    use rivet_ground::Budget;

    fn actor(name: u8) -> ActorId {
        ActorId::from_bytes([name; 16])
    }

    /// Calls of one actor each.
    impl Calls {
        fn make(
            &self,
            (from, parent, hold): (u8, Option<&Waiting>, Access),
            to: ActorId,
            access: Access,
        ) -> Result<Waiting, Refusal> {
            let (ask, parent) = (self.next().id, parent.map(|it| it.id));
            let share = Budget::new(0, "").share();
            let origin = Origin { ask, actor: actor(from), parent, hold, closing: None, _share: share };
            self.wait(origin.into(), to, access)
        }
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
        assert_eq!(circle(calls.make((1, None, EXCLUSIVE), actor(1), SHARED)), [1, 1]);
        assert_eq!(circle(calls.make((1, None, SHARED), actor(1), EXCLUSIVE)), [1, 1]);
        assert_eq!(circle(calls.make((1, None, SHARED), actor(1), SHARED)), [0u8; 0]);
        assert_eq!(circle(calls.make((1, None, Access::None), actor(1), EXCLUSIVE)), [0u8; 0]);
        // What takes nobody's turn waits for nobody.
        assert_eq!(circle(calls.make((1, None, EXCLUSIVE), actor(1), Access::None)), [0u8; 0]);
        // But who takes nothing yet takes that neither.
        assert_eq!(circle(calls.make((1, None, Access::Closed), actor(1), Access::None)), [1, 1]);
        assert!(calls.graph.lock().asks.is_empty() && calls.graph.lock().holders.is_empty());
    }

    #[test]
    fn a_chain_that_comes_back_is_a_circle_however_long() {
        for between in [Access::None, SHARED, EXCLUSIVE] {
            let calls = Calls::default();
            let a = calls.make((1, None, EXCLUSIVE), actor(2), EXCLUSIVE).unwrap();
            let b = calls.make((2, Some(&a), between), actor(3), EXCLUSIVE).unwrap();
            assert_eq!(circle(calls.make((3, Some(&b), between), actor(1), SHARED))[..1], [3]);
            // Another one may call on, and come back to who keeps nobody out.
            assert_eq!(circle(calls.make((3, Some(&b), between), actor(4), EXCLUSIVE)), [0u8; 0]);
            drop((a, b));
            assert!(calls.graph.lock().children.is_empty());
        }
    }

    #[test]
    fn two_that_call_each_other_at_once_are_a_circle() {
        let calls = Calls::default();
        let a = calls.make((1, None, EXCLUSIVE), actor(2), EXCLUSIVE).unwrap();
        assert_eq!(circle(calls.make((2, None, EXCLUSIVE), actor(1), EXCLUSIVE)), [2, 1, 2]);
        drop(a);
        assert_eq!(circle(calls.make((2, None, EXCLUSIVE), actor(1), EXCLUSIVE)), [0u8; 0]);
    }

    #[test]
    fn who_only_waits_behind_others_is_no_circle() {
        let calls = Calls::default();
        let _a = calls.make((1, None, EXCLUSIVE), actor(2), EXCLUSIVE).unwrap();
        let _b = calls.make((2, None, EXCLUSIVE), actor(3), EXCLUSIVE).unwrap();
        for caller in 10..20 {
            assert!(calls.make((caller, None, EXCLUSIVE), actor(1), EXCLUSIVE).is_ok());
        }
    }

    #[test]
    fn who_closes_is_waited_for_by_those_who_call_back() {
        let calls = Calls::default();
        let (ask, closing) = (calls.next().id, Arc::new(AtomicBool::new(false)));
        let (hold, closes, share) = (Access::None, Some(closing.clone()), Budget::new(0, "").share());
        let origin = Origin { ask, actor: actor(1), parent: None, hold, closing: closes, _share: share };
        let a = calls.wait(origin.into(), actor(2), SHARED).unwrap();
        let back = calls.make((2, Some(&a), Access::None), actor(1), SHARED);
        assert_eq!(circle(back), [0u8; 0]);
        closing.store(true, SeqCst);
        let back = calls.make((2, Some(&a), Access::None), actor(1), SHARED);
        assert_eq!(circle(back), [2, 1, 2]);
        drop(a);
        assert!(calls.graph.lock().asks.is_empty() && calls.graph.lock().holders.is_empty());
    }

    #[test]
    fn the_first_who_is_done_with_a_call_ends_it() {
        let calls = Calls::default();
        let a = calls.make((1, None, EXCLUSIVE), actor(2), EXCLUSIVE).unwrap();
        drop(a.shared());
        assert_eq!(circle(calls.make((2, None, EXCLUSIVE), actor(1), EXCLUSIVE)), [0u8; 0]);
    }

    /// Without an eye for what it has seen, it would look at a billion.
    #[test]
    fn those_who_wait_for_the_same_are_looked_at_once() {
        let calls = Calls::default();
        let mut made = Vec::new();
        for level in 1..=3 {
            for _ in 0..1_000 {
                made.push(calls.make((level, None, SHARED), actor(level + 1), EXCLUSIVE).unwrap());
            }
        }
        assert!(calls.make((9, None, EXCLUSIVE), actor(1), EXCLUSIVE).is_ok());
    }

    #[test]
    fn a_chain_has_an_end() {
        let calls = Calls::default();
        let mut chain = vec![calls.make((1, None, Access::None), actor(1), SHARED).unwrap()];
        while chain.len() < limits::ACTOR_CALL_DEPTH {
            chain.push(calls.make((1, chain.last(), Access::None), actor(1), SHARED).unwrap());
        }
        let next = calls.make((1, chain.last(), Access::None), actor(1), SHARED);
        assert_eq!(next.err(), Some(Refusal::TooDeep));
    }
}
