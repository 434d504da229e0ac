//! Where the kernel does not tell which pages were written to, all of them are compared, and the image is the same.

use std::sync::Arc;

use bytes::Bytes;
use rivet_ground::{ActorId, ActorKey, Effect, Event, EventKind, SystemClock};
use rivet_sandbox::{ActorView, Identity, Image, Instance, Program, Sandbox, SandboxConfig};
use rivet_store::{Durability, Overlay, Store};
use support::component;

/// One CBOR array of one small number: MiB to fill.
const TWO_MIB: &[u8] = &[0x81, 2];
const NOTHING: &[u8] = &[0x80];

#[tokio::test(flavor = "multi_thread")]
async fn comparing_is_as_good_as_being_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let wasm: Bytes = std::fs::read(component("memories")).unwrap().into();
    let mut kept = Vec::new();
    for compare_pages in [false, true] {
        let mut config = SandboxConfig::new(Arc::new(SystemClock::new()));
        (config.live_max, config.compare_pages) = (16, compare_pages);
        let program = Sandbox::new(config).unwrap().compile(wasm.clone()).await.unwrap();
        assert_eq!(program.no_snapshot(), None);
        let mut instance = Instance::new(&program, view(&store)).await.unwrap();
        instance.turn(Event::bare(EventKind::Create, 1)).await.unwrap();
        let sum = call(&mut instance, 2, "fill", TWO_MIB).await;
        let stored = instance.image().await.unwrap().encode();
        let mut again = restore(&program, &store, &stored).await;
        assert_eq!(call(&mut again, 3, "checksum", NOTHING).await, sum);
        // And once more, from an instance that began with an image.
        let stored = again.image().await.unwrap().encode();
        let mut again = restore(&program, &store, &stored).await;
        assert_eq!(call(&mut again, 4, "checksum", NOTHING).await, sum);
        kept.push((sum, Image::decode(&stored).unwrap().contents_bytes()));
    }
    assert_eq!(kept[0], kept[1]);
    assert!((2 << 20..3 << 20).contains(&kept[0].1), "{kept:?}");
}

async fn restore(program: &Program, store: &Store, stored: &[u8]) -> Instance {
    Instance::restore(program, view(store), Image::decode(stored).unwrap()).await.unwrap()
}

/// Calls an action; the bytes of its answer.
async fn call(instance: &mut Instance, id: u64, action: &str, args: &'static [u8]) -> Bytes {
    let (name, payload) = (action.to_owned(), Bytes::from_static(args));
    let event = Event { name, payload, ..Event::bare(EventKind::Action, id) };
    let turn = instance.turn(event).await.unwrap();
    match turn.effects.into_iter().next() {
        Some(Effect::Reply { outcome: Ok(output), .. }) => output,
        other => panic!("{other:?}"),
    }
}

fn view(store: &Store) -> ActorView {
    let identity = Identity {
        actor: ActorId::from_bytes([7; 16]),
        namespace: "default".to_owned(),
        name: "heap".to_owned(),
        key: ActorKey::default(),
        generation: 1,
    };
    let overlay = Overlay::new(store.clone());
    ActorView {
        identity,
        component: "test@1".into(),
        overlay,
        connections: Vec::new(),
        sql_max_bytes: rivet_ground::limits::SQL_ACTOR_BYTES,
    }
}
