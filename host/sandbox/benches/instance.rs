//! What the sandbox costs, without network and disk: an instance of the counter, and a turn of it.
//!
//! `cargo bench -p rivet-sandbox` after `cargo build --release --target wasm32-wasip2` in `guest-examples`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rivet_ground::{ActorId, ActorKey, Event, EventKind, SystemClock};
use rivet_sandbox::{
    ActorView, Identity, Instance, Program, QueueLimits, Sandbox, SandboxConfig, SchedulesView,
};
use rivet_store::{Durability, Overlay, Store};

const ROUNDS: usize = 2_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async { tokio::spawn(bench()).await.unwrap() });
}

async fn bench() {
    let wasm = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../guest-examples/target/wasm32-wasip2/release/counter.wasm");
    let bytes = Bytes::from(std::fs::read(&wasm).unwrap_or_else(|_| panic!("build guest-examples first")));
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let sandbox = Sandbox::new(SandboxConfig::new(Arc::new(SystemClock::new()))).unwrap();
    let began = Instant::now();
    let program = sandbox.compile(bytes).await.unwrap();
    println!("compile                    {:>10.1?}", began.elapsed());

    let mut new = Vec::new();
    let mut create = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut instance = instance(&program, &store).await;
        new.push(began.elapsed());
        let began = Instant::now();
        instance.turn(Event::bare(EventKind::Create, 1)).await.unwrap();
        create.push(began.elapsed());
    }
    show("instantiate", new);
    show("first turn (create)", create);

    let mut instance = instance(&program, &store).await;
    instance.turn(Event::bare(EventKind::Create, 1)).await.unwrap();
    for (label, action) in [("turn: get", "get"), ("turn: increment", "increment")] {
        let mut turns = Vec::new();
        for call in 0..ROUNDS as u64 * 10 {
            let event = Event {
                name: action.to_owned(),
                payload: Bytes::from_static(&[0x80]),
                ..Event::bare(EventKind::Action, call + 2)
            };
            let began = Instant::now();
            let turn = instance.turn(event).await.unwrap();
            turns.push(began.elapsed());
            assert_eq!(turn.effects.len(), 1);
        }
        show(label, turns);
    }
}

async fn instance(program: &Program, store: &Store) -> Instance {
    let identity = Identity {
        actor: ActorId::from_bytes([7; 16]),
        namespace: "default".to_owned(),
        name: "counter".to_owned(),
        key: ActorKey::default(),
        generation: 1,
    };
    let view = ActorView {
        identity,
        component: "counter@1".into(),
        overlay: Overlay::new(store.clone()),
        connections: Vec::new(),
        queue_limits: QueueLimits::default(),
        schedules: SchedulesView::default(),
        sql_max_bytes: rivet_ground::limits::SQL_ACTOR_BYTES,
    };
    Instance::new(program, view).await.unwrap()
}

fn show(label: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: f64| times.get((times.len() as f64 * part) as usize).copied().unwrap_or_default();
    println!("{label:26} p50 {:>9.2?}  p99 {:>9.2?}", at(0.5), at(0.99));
}
