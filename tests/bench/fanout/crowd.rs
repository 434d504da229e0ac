//! A caller, and a crowd that hears what its calls say.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use support::Host;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::socket::{self, Socket};
use crate::{LISTENERS, address, floor};

/// What came of a measurement.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Events that arrived, a second, all listeners together.
    pub deliveries_per_s: f64,
    /// The time from call to last delivery that half of the events did not exceed, in microseconds.
    pub p50_us: f64,
    /// The time that 99 of 100 did not exceed, in microseconds.
    pub p99_us: f64,
}

/// A caller and its listeners.
pub struct Crowd {
    caller: Socket,
    listeners: Vec<JoinHandle<()>>,
    heard: Rc<Heard>,
    /// Events that were called for.
    called: u64,
}

/// What the listeners have heard, all together.
#[derive(Default)]
struct Heard {
    events: Cell<u64>,
    /// At how many of them somebody wants to know.
    wanted: Cell<u64>,
    enough: Notify,
}

impl Crowd {
    /// At an actor that says what it is asked to.
    pub async fn at_host(host: &Host) -> Self {
        let path = host.actor("deaf", "crowd").place("/connect");
        let caller = Socket::open(address(host), &path).await;
        let mut listeners = Vec::new();
        for _ in 0..LISTENERS {
            let mut listener = Socket::open(address(host), &path).await;
            listener.send(&socket::subscription()).await;
            listener.send(&socket::hello()).await;
            // The answer comes after the subscription was taken.
            listener.frames(1).await;
            listeners.push(listener);
        }
        Self::new(caller, listeners)
    }

    /// At the floor.
    pub async fn at_floor(address: &str) -> Self {
        let mut listeners = Vec::new();
        for _ in 0..LISTENERS {
            let mut listener = Socket::connect(address).await;
            listener.send(floor::LISTENER).await;
            listener.frames(1).await;
            listeners.push(listener);
        }
        let mut caller = Socket::connect(address).await;
        caller.send(floor::CALLER).await;
        Self::new(caller, listeners)
    }

    fn new(caller: Socket, listeners: Vec<Socket>) -> Self {
        let heard = Rc::<Heard>::default();
        let listen = |mut listener: Socket| {
            let heard = Rc::clone(&heard);
            tokio::task::spawn_local(async move {
                loop {
                    heard.add(listener.frames(1).await);
                }
            })
        };
        let listeners = listeners.into_iter().map(listen).collect();
        Self { caller, listeners, heard, called: 0 }
    }

    /// Has so many events on their way at a time, for as long as this; gives the deliveries a second.
    pub async fn deliver(&mut self, window: u64, run_for: Duration) -> f64 {
        let (started, before) = (Instant::now(), self.called);
        while started.elapsed() < run_for {
            self.call().await;
            self.heard_all_but(window - 1).await;
        }
        self.heard_all_but(0).await;
        let deliveries = (self.called - before) * LISTENERS as u64;
        deliveries as f64 / started.elapsed().as_secs_f64()
    }

    /// Has one event on its way at a time; gives how long each took.
    pub async fn time(&mut self, run_for: Duration) -> Vec<Duration> {
        let started = Instant::now();
        let mut times = Vec::new();
        while started.elapsed() < run_for {
            let called = Instant::now();
            self.call().await;
            self.heard_all_but(0).await;
            times.push(called.elapsed());
            // Its answer, which must not pile up.
            self.caller.frames(1).await;
        }
        times
    }

    async fn call(&mut self) {
        self.caller.send(&socket::call(self.called as u8)).await;
        self.called += 1;
    }

    async fn heard_all_but(&self, events: u64) {
        let wanted = self.called.saturating_sub(events) * LISTENERS as u64;
        self.heard.wanted.set(wanted);
        while self.heard.events.get() < wanted {
            self.heard.enough.notified().await;
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.listeners.iter().for_each(JoinHandle::abort);
    }
}

impl Heard {
    fn add(&self, events: u64) {
        self.events.set(self.events.get() + events);
        if self.events.get() >= self.wanted.get() {
            self.enough.notify_one();
        }
    }
}
