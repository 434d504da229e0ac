//! The open sockets of actors. They belong to no instance: an actor may stop and start beneath them.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use rivet_ground::{ActorError, ActorId, CloseReason, ConnectionId, limits};

use crate::actor::outlet::{Broadcast, Outgoing, Outlet};

/// The open sockets of one actor, and what each listens to.
#[derive(Default)]
pub(super) struct Sockets {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    sockets: HashMap<ConnectionId, Socket>,
    /// Who listens to an event, ordered by id. Each entry is one of the sockets above.
    listeners: HashMap<String, Arc<Vec<Listener>>>,
}

type Listener = (ConnectionId, Arc<Outlet>);

struct Socket {
    outlet: Arc<Outlet>,
    events: Vec<String>,
}

impl Sockets {
    pub(super) fn open(&self, id: ConnectionId, outlet: Arc<Outlet>) {
        self.inner.lock().sockets.insert(id, Socket { outlet, events: Vec::new() });
    }

    /// The outlet of a socket, if it is open.
    pub(super) fn outlet(&self, id: ConnectionId) -> Option<Arc<Outlet>> {
        self.inner.lock().sockets.get(&id).map(|socket| socket.outlet.clone())
    }

    /// Lets a socket hear an event from now on.
    pub(super) fn subscribe(&self, id: ConnectionId, event: String) -> Result<(), ActorError> {
        let inner = &mut *self.inner.lock();
        let Some(socket) = inner.sockets.get_mut(&id) else { return Ok(()) };
        if socket.events.contains(&event) {
            return Ok(());
        }
        if socket.events.len() >= limits::SUBSCRIPTIONS || event.len() > limits::EVENT_NAME_BYTES {
            let message = format!(
                "a connection may subscribe to {} events, with names of at most {} bytes",
                limits::SUBSCRIPTIONS,
                limits::EVENT_NAME_BYTES
            );
            return Err(ActorError::new("message", "too_many_subscriptions", message));
        }
        socket.events.push(event.clone());
        // Copied only while a broadcast of it is on its way.
        let listeners = Arc::make_mut(inner.listeners.entry(event).or_default());
        if let Err(at) = listeners.binary_search_by_key(&id, |(listener, _)| *listener) {
            listeners.insert(at, (id, socket.outlet.clone()));
        }
        Ok(())
    }

    pub(super) fn unsubscribe(&self, id: ConnectionId, event: &str) {
        let inner = &mut *self.inner.lock();
        if let Some(socket) = inner.sockets.get_mut(&id) {
            socket.events.retain(|known| known != event);
        }
        inner.unlisten(id, event);
    }

    /// Forgets a socket.
    pub(super) fn close(&self, id: ConnectionId) {
        let inner = &mut *self.inner.lock();
        if let Some(socket) = inner.sockets.remove(&id) {
            socket.events.iter().for_each(|event| inner.unlisten(id, event));
        }
    }

    /// Tells everyone who listens.
    pub(super) fn broadcast(&self, event: &Arc<Broadcast>) {
        let listeners = self.inner.lock().listeners.get(&event.name).cloned();
        for (_, outlet) in listeners.iter().flat_map(|listeners| listeners.iter()) {
            outlet.push(Outgoing::Event(event.clone()));
        }
    }

    /// Closes all sockets: the actor is gone.
    pub(super) fn end_all(&self, reason: &CloseReason) {
        let inner = std::mem::take(&mut *self.inner.lock());
        for socket in inner.sockets.into_values() {
            socket.outlet.push(Outgoing::Close(reason.clone()));
        }
    }
}

impl Inner {
    fn unlisten(&mut self, id: ConnectionId, event: &str) {
        if let Some(listeners) = self.listeners.get_mut(event) {
            if let Ok(at) = listeners.binary_search_by_key(&id, |(listener, _)| *listener) {
                Arc::make_mut(listeners).remove(at);
            }
            if listeners.is_empty() {
                self.listeners.remove(event);
            }
        }
    }
}

/// The sockets of all actors. Instances and sockets keep an actor's alive.
#[derive(Default)]
pub(super) struct SocketsByActor {
    actors: Mutex<HashMap<ActorId, Weak<Sockets>>>,
}

impl SocketsByActor {
    /// The sockets of an actor, or a place for them.
    pub(super) fn of(&self, actor: ActorId) -> Arc<Sockets> {
        let mut actors = self.actors.lock();
        let known = actors.get(&actor).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let sockets = Arc::new(Sockets::default());
            actors.insert(actor, Arc::downgrade(&sockets));
            sockets
        })
    }

    /// Gives the sockets of an actor up; the last to do so frees the place.
    pub(super) fn release(&self, actor: ActorId, sockets: Arc<Sockets>) {
        let mut actors = self.actors.lock();
        drop(sockets);
        if actors.get(&actor).is_some_and(|sockets| sockets.strong_count() == 0) {
            actors.remove(&actor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn heard(outlet: &Outlet) -> usize {
        outlet.push(Outgoing::Close(CloseReason { code: 1000, reason: String::new() }));
        let mut batch = Vec::new();
        outlet.recv(&mut batch).await;
        batch.len() - 1
    }

    fn event(name: &str) -> Arc<Broadcast> {
        Arc::new(Broadcast::new(name.to_owned(), bytes::Bytes::new()))
    }

    #[tokio::test]
    async fn only_those_who_listen_hear() {
        let sockets = Sockets::default();
        let outlets: Vec<Arc<Outlet>> = (0..3).map(|_| Arc::default()).collect();
        for (id, outlet) in (1..).zip(&outlets) {
            sockets.open(id, outlet.clone());
            sockets.subscribe(id, "a".to_owned()).unwrap();
            sockets.subscribe(id, "a".to_owned()).unwrap();
        }
        sockets.unsubscribe(2, "a");
        sockets.close(3);
        sockets.broadcast(&event("a"));
        sockets.broadcast(&event("b"));
        let counts = [heard(&outlets[0]).await, heard(&outlets[1]).await, heard(&outlets[2]).await];
        assert_eq!(counts, [1, 0, 0]);
    }

    #[test]
    fn subscriptions_are_bounded() {
        let sockets = Sockets::default();
        sockets.open(1, Arc::default());
        (0..limits::SUBSCRIPTIONS).for_each(|n| sockets.subscribe(1, n.to_string()).unwrap());
        assert_eq!(sockets.subscribe(1, "more".to_owned()).unwrap_err().code, "too_many_subscriptions");
    }

    #[test]
    fn the_last_one_out_frees_the_place() {
        let all = SocketsByActor::default();
        let id = ActorId::new(1, [0; 10]);
        let (a, b) = (all.of(id), all.of(id));
        assert!(Arc::ptr_eq(&a, &b));
        all.release(id, a);
        assert_eq!(all.actors.lock().len(), 1);
        all.release(id, b);
        assert_eq!(all.actors.lock().len(), 0);
    }
}
