//! What waits to be written to one socket.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use rivet_ground::{CloseReason, Outcome, SocketMessage, limits};
use tokio::sync::Notify;

/// Something that an actor says to one socket, after the turn that said it is durable.
#[derive(Debug)]
pub enum Outgoing {
    /// The answer to an action that came through the socket.
    Answer {
        /// The client's id of the call.
        id: u64,
        /// The output (CBOR; empty for `undefined`), or the error.
        outcome: Outcome,
    },
    /// An event.
    Event(Arc<Broadcast>),
    /// A message of a raw WebSocket.
    Message(SocketMessage),
    /// The end: nothing comes after it.
    Close(CloseReason),
}

/// An event on its way to any number of sockets.
#[derive(Debug)]
pub struct Broadcast {
    /// The event's name.
    pub name: String,
    /// Its arguments: one CBOR array.
    pub args: Bytes,
    /// The bytes that sockets write, by the form that they speak.
    forms: Mutex<Vec<(u8, Bytes)>>,
}

impl Broadcast {
    /// An event that nobody has written yet.
    pub fn new(name: String, args: Bytes) -> Self {
        Self { name, args, forms: Mutex::default() }
    }

    /// The bytes of a form; the first to ask for them makes them, for all.
    pub fn form(&self, form: u8, make: impl FnOnce(&Self) -> Bytes) -> Bytes {
        let mut forms = self.forms.lock();
        if let Some((_, bytes)) = forms.iter().find(|(known, _)| *known == form) {
            return bytes.clone();
        }
        let bytes = make(self);
        forms.push((form, bytes.clone()));
        bytes
    }
}

/// The queue between an actor and one socket. Who says something never waits: a socket that reads too slowly loses
/// what waits for it, and is closed.
#[derive(Default)]
pub struct Outlet {
    queue: Mutex<Queue>,
    /// Bytes that wait in all outlets of the host.
    total_bytes: Arc<AtomicUsize>,
    changed: Notify,
    overflowed: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Outgoing>,
    len_bytes: usize,
    /// Whether the end is in the queue, or was.
    ended: bool,
    overflowed: bool,
}

/// How many messages an outlet has room for while it is empty.
const KEPT_MESSAGES: usize = 16;

/// The close code of a socket that reads too slowly: "try again later" of the IANA registry.
const SLOW: u16 = 1013;

impl Outlet {
    /// An outlet of a host whose outlets hold this many bytes.
    pub(super) fn new(total_bytes: Arc<AtomicUsize>) -> Self {
        Self { queue: Mutex::default(), total_bytes, changed: Notify::new(), overflowed: Notify::new() }
    }

    /// Adds something for the socket.
    pub(super) fn push(&self, outgoing: Outgoing) {
        let mut queue = self.queue.lock();
        if queue.ended {
            return;
        }
        let crowded = queue.len_bytes > limits::OUTLET_SURE_BYTES
            && self.total_bytes.load(Ordering::Relaxed) > limits::OUTLETS_BYTES;
        let full = queue.len_bytes > limits::OUTLET_BYTES || queue.waiting.len() >= limits::OUTLET_MESSAGES;
        if full || crowded {
            self.total_bytes.fetch_sub(queue.len_bytes, Ordering::Relaxed);
            queue.end(CloseReason { code: SLOW, reason: "ws.slow_consumer".to_owned() });
            queue.overflowed = true;
            self.overflowed.notify_one();
        } else {
            let len_bytes = outgoing.len_bytes();
            queue.len_bytes += len_bytes;
            self.total_bytes.fetch_add(len_bytes, Ordering::Relaxed);
            queue.ended = matches!(outgoing, Outgoing::Close(_));
            queue.waiting.push_back(outgoing);
        }
        drop(queue);
        self.changed.notify_one();
    }

    /// Waits for something to write, and appends all there is to `batch`. Cancel-safe.
    pub async fn recv(&self, batch: &mut Vec<Outgoing>) {
        loop {
            {
                let mut queue = self.queue.lock();
                if !queue.waiting.is_empty() {
                    self.total_bytes.fetch_sub(std::mem::take(&mut queue.len_bytes), Ordering::Relaxed);
                    batch.extend(queue.waiting.drain(..));
                    queue.waiting.shrink_to(KEPT_MESSAGES);
                    return;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Waits until the socket has read too slowly: what is being written to it is to be given up.
    pub async fn overflowed(&self) {
        while !self.queue.lock().overflowed {
            self.overflowed.notified().await;
        }
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.total_bytes.fetch_sub(self.queue.get_mut().len_bytes, Ordering::Relaxed);
    }
}

impl Queue {
    fn end(&mut self, reason: CloseReason) {
        self.waiting.clear();
        self.len_bytes = 0;
        self.waiting.push_back(Outgoing::Close(reason));
        self.ended = true;
    }
}

impl Outgoing {
    fn len_bytes(&self) -> usize {
        match self {
            Self::Answer { outcome: Ok(output), .. } => output.len(),
            Self::Answer { outcome: Err(error), .. } => {
                error.message.len() + error.metadata.as_ref().map_or(0, Bytes::len)
            }
            Self::Event(event) => event.name.len() + event.args.len(),
            Self::Message(SocketMessage::Text(text)) => text.len(),
            Self::Message(SocketMessage::Binary(data)) => data.len(),
            Self::Close(reason) => reason.reason.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(len_bytes: usize) -> Outgoing {
        Outgoing::Event(Arc::new(Broadcast::new(String::new(), vec![0; len_bytes].into())))
    }

    async fn received(outlet: &Outlet) -> Vec<Outgoing> {
        let mut batch = Vec::new();
        outlet.recv(&mut batch).await;
        batch
    }

    async fn check_closed(outlet: &Outlet) {
        outlet.overflowed().await;
        let batch = received(outlet).await;
        let [Outgoing::Close(reason)] = batch.as_slice() else { panic!("{batch:?}") };
        assert_eq!((reason.code, reason.reason.as_str()), (1013, "ws.slow_consumer"));
    }

    #[tokio::test]
    async fn a_socket_that_does_not_read_is_closed() {
        let outlet = Outlet::default();
        outlet.push(event(limits::OUTLET_BYTES + 1));
        assert_eq!(received(&outlet).await.len(), 1, "one may be as large as it likes");
        outlet.push(event(limits::OUTLET_BYTES + 1));
        outlet.push(event(1));
        outlet.push(event(1));
        check_closed(&outlet).await;
        assert_eq!(outlet.total_bytes.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn messages_are_bounded_in_number() {
        let outlet = Outlet::default();
        (0..=limits::OUTLET_MESSAGES).for_each(|_| outlet.push(event(0)));
        check_closed(&outlet).await;
    }

    #[tokio::test]
    async fn in_a_crowd_only_what_is_sure_may_wait() {
        let total = Arc::new(AtomicUsize::new(limits::OUTLETS_BYTES));
        let (greedy, modest) = (Outlet::new(total.clone()), Outlet::new(total.clone()));
        greedy.push(event(limits::OUTLET_SURE_BYTES + 1));
        greedy.push(event(1));
        modest.push(event(limits::OUTLET_SURE_BYTES));
        modest.push(event(1));
        check_closed(&greedy).await;
        assert_eq!(received(&modest).await.len(), 2);
        modest.push(event(7));
        drop(modest);
        assert_eq!(total.load(Ordering::Relaxed), limits::OUTLETS_BYTES);
    }

    #[tokio::test]
    async fn nothing_comes_after_the_end() {
        let outlet = Outlet::default();
        outlet.push(Outgoing::Close(CloseReason { code: 1000, reason: String::new() }));
        outlet.push(event(1));
        assert!(matches!(received(&outlet).await.as_slice(), [Outgoing::Close(_)]));
    }

    #[test]
    fn a_form_is_made_once() {
        let event = Broadcast::new("e".to_owned(), Bytes::new());
        assert_eq!(event.form(3, |_| Bytes::from_static(b"a")), "a");
        assert_eq!(event.form(3, |_| unreachable!()), "a");
        assert_eq!(event.form(4, |_| Bytes::from_static(b"b")), "b");
    }
}
