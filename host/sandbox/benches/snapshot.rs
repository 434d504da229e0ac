//! What sleeping and waking cost, without network and disk, beside a floor: to instantiate the component and to copy as
//! much memory.
//!
//! `cargo bench -p rivet-sandbox --bench snapshot` after `cargo build --release --target wasm32-wasip2` in
//! `guest-examples` and `tests/guests`; components of other toolchains are given as arguments: `NAME=PATH`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark"
)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rivet_ground::{ActorId, ActorKey, Event, EventKind, SystemClock};
use rivet_sandbox::{
    ActorView, Identity, Image, Instance, Program, QueueLimits, Sandbox, SandboxConfig, SchedulesView,
};
use rivet_store::{Durability, Overlay, Store};

const ROUNDS: usize = 2_000;
const FEWER_ROUNDS: usize = 100;

struct Guest {
    label: String,
    wasm: PathBuf,
    /// The actor in it.
    name: &'static str,
    /// An action that fills its memory, with its arguments.
    fill: Option<(&'static str, Vec<u8>)>,
    /// An action to wake it by.
    action: &'static str,
    rounds: usize,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async { tokio::spawn(bench()).await.unwrap() });
}

fn guests() -> Vec<Guest> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let counter = root.join("guest-examples/target/wasm32-wasip2/release/counter.wasm");
    let memories = root.join("tests/guests/target/wasm32-wasip2/release/memories.wasm");
    let guest = |label: &str, wasm, name, fill, action, rounds| Guest {
        label: label.to_owned(),
        wasm,
        name,
        fill,
        action,
        rounds,
    };
    let mut out = vec![
        guest("counter", counter, "counter", None, "get", ROUNDS),
        // One CBOR array of one number: 10 MiB.
        guest("heap of 10 MiB", memories, "heap", Some(("fill", vec![0x81, 0x0a])), "checksum", FEWER_ROUNDS),
    ];
    for argument in std::env::args().skip(1) {
        if let Some((label, path)) = argument.split_once('=') {
            out.push(guest(label, PathBuf::from(path), "counter", None, "get", FEWER_ROUNDS));
        }
    }
    out
}

async fn bench() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let sandbox = Sandbox::new(SandboxConfig::new(Arc::new(SystemClock::new()))).unwrap();
    for guest in guests() {
        let bytes =
            std::fs::read(&guest.wasm).unwrap_or_else(|_| panic!("build {} first", guest.wasm.display()));
        let program = sandbox.compile(bytes.into()).await.unwrap();
        measure(&guest, &program, &store).await;
    }
}

async fn measure(guest: &Guest, program: &Program, store: &Store) {
    println!("\n{}{}", guest.label, program.no_snapshot().map(|why| format!(": {why}")).unwrap_or_default());
    let mut instance = Instance::new(program, view(guest, store)).await.unwrap();
    instance.turn(Event::bare(EventKind::Create, 1)).await.unwrap();
    if let Some((action, args)) = &guest.fill {
        instance.turn(call(2, action, args)).await.unwrap();
    }
    instance.turn(call(3, guest.action, &[0x80])).await.unwrap();

    let (mut image, mut sleep) = (Vec::new(), Vec::new());
    let mut stored = Vec::new();
    for _ in 0..guest.rounds {
        let began = Instant::now();
        let taken = instance.image().await.unwrap();
        image.push(began.elapsed());
        stored = taken.encode();
        sleep.push(began.elapsed());
    }
    let contents_bytes = Image::decode(&stored).unwrap().contents_bytes();
    println!("stored snapshot            {} bytes, of {contents_bytes} bytes of memory", stored.len());
    show("image", image);
    show("sleep: image, compressed", sleep);

    let (mut restore, mut wake, mut floor) = (Vec::new(), Vec::new(), Vec::new());
    let source = vec![1u8; contents_bytes];
    let all = Instant::now();
    for _ in 0..guest.rounds {
        let began = Instant::now();
        let image = Image::decode(&stored).unwrap();
        let mut instance = Instance::restore(program, view(guest, store), image).await.unwrap();
        restore.push(began.elapsed());
        instance.turn(call(4, guest.action, &[0x80])).await.unwrap();
        wake.push(began.elapsed());
    }
    let per_second = guest.rounds as f64 / all.elapsed().as_secs_f64();
    for _ in 0..guest.rounds {
        let began = Instant::now();
        black_box(Instance::new(program, view(guest, store)).await.unwrap());
        // Into memory that nobody has touched, as that of the instance is.
        black_box(black_box(&source).clone());
        floor.push(began.elapsed());
    }
    show("restore", restore);
    let wake = show("wake: restore, first turn", wake);
    let floor = show("floor: instantiate, copy", floor);
    println!("wake / floor               {:.2}", wake.as_secs_f64() / floor.as_secs_f64());
    println!("wakes and ends a second    {per_second:.0}");
}

fn call(id: u64, action: &str, args: &[u8]) -> Event {
    let (name, payload) = (action.to_owned(), Bytes::copy_from_slice(args));
    Event { name, payload, ..Event::bare(EventKind::Action, id) }
}

fn view(guest: &Guest, store: &Store) -> ActorView {
    let identity = Identity {
        actor: ActorId::from_bytes([7; 16]),
        namespace: "default".to_owned(),
        name: guest.name.to_owned(),
        key: ActorKey::default(),
        generation: 1,
    };
    let overlay = Overlay::new(store.clone());
    ActorView {
        identity,
        component: "bench@1".into(),
        overlay,
        connections: Vec::new(),
        queue_limits: QueueLimits::default(),
        schedules: SchedulesView::default(),
        sql_max_bytes: rivet_ground::limits::SQL_ACTOR_BYTES,
    }
}

/// Prints the median and the slow end; gives the median.
fn show(label: &str, mut times: Vec<Duration>) -> Duration {
    times.sort();
    let at = |part: f64| times.get((times.len() as f64 * part) as usize).copied().unwrap_or_default();
    println!("{label:26} p50 {:>9.2?}  p99 {:>9.2?}", at(0.5), at(0.99));
    at(0.5)
}
