use super::*;
use crate::iface::workbench::{Workbench, nobody};
use rivet_ground::Event;
use rivet_store::Workflows;

fn name(name: &str) -> wit::Segment {
    wit::Segment::Name(name.to_owned())
}

fn code<T>(done: Result<T, Fault>) -> String {
    match done {
        Err(Fault::Guest(error)) => error.path(),
        _ => panic!("it was not refused"),
    }
}

fn turn(inside: &mut Inside, kind: EventKind) {
    inside.begin_turn(&Event::bare(kind, 9));
}

#[test]
fn the_history_is_kept_with_the_turn() {
    let bench = Workbench::new();
    let mut inside = bench.inside();
    inside.put_history(vec![name("b")], vec![1]).unwrap();
    inside.put_history(vec![name("a"), wit::Segment::Iteration(3), name("x")], vec![2]).unwrap();
    inside.set_workflow_run(vec![3]).unwrap();
    bench.commit(inside.end_turn(true).unwrap().writes);
    inside.put_history(vec![name("c")], vec![4]).unwrap();
    assert_eq!(inside.workflow_history().unwrap().len(), 3);
    inside.drop_turn();
    let values = |inside: &mut Inside| {
        inside.workflow_history().unwrap().into_iter().map(|entry| entry.value).collect::<Vec<_>>()
    };
    assert_eq!(values(&mut inside), [[2], [1]]);
    let mut next = bench.inside();
    assert_eq!(
        (values(&mut next), next.workflow_run().unwrap().as_deref()),
        (vec![vec![2], vec![1]], Some(&[3][..]))
    );
    next.delete_history(vec![name("a")]).unwrap();
    bench.commit(next.end_turn(true).unwrap().writes);
    assert_eq!(Workflows::new(bench.store.clone()).history(bench.actor).unwrap().len(), 1);
}

#[test]
fn it_is_bounded_and_what_is_refused_has_written_nothing() {
    let bench = Workbench::new();
    let mut inside = bench.inside();
    assert_eq!(code(inside.put_history(vec![], vec![])), "workflow.invalid_location");
    assert_eq!(code(inside.put_history(vec![name("")], vec![])), "workflow.invalid_location");
    assert_eq!(code(inside.delete_history(vec![name(&"n".repeat(257))])), "workflow.invalid_location");
    let deep = vec![wit::Segment::Iteration(0); limits::WORKFLOW_SEGMENTS + 1];
    assert_eq!(code(inside.put_history(deep, vec![])), "workflow.invalid_location");
    let large = vec![0; limits::WORKFLOW_VALUE_BYTES + 1];
    assert_eq!(code(inside.put_history(vec![name("a")], large.clone())), "workflow.value_too_large");
    assert_eq!(code(inside.set_workflow_run(large)), "workflow.value_too_large");
    assert_eq!(code(nobody().put_history(vec![name("a")], vec![])), "actor.invalid_operation");
    assert!(inside.end_turn(true).unwrap().writes.is_empty());
    // 63 of them, and not 64: their locations count, too.
    let largest = || vec![0; limits::WORKFLOW_VALUE_BYTES];
    for number in 0..63 {
        inside.put_history(vec![wit::Segment::Iteration(number)], largest()).unwrap();
        bench.commit(inside.end_turn(true).unwrap().writes);
    }
    assert_eq!(code(inside.put_history(vec![name("a")], largest())), "workflow.history_too_large");
    inside.put_history(vec![wit::Segment::Iteration(0)], vec![]).unwrap();
    inside.put_history(vec![name("a")], largest()).unwrap();
    bench.commit(inside.end_turn(true).unwrap().writes);
    // Another instance counts the same.
    let mut inside = bench.inside();
    assert_eq!(code(inside.put_history(vec![name("b")], largest())), "workflow.history_too_large");
    inside.delete_history(vec![name("a")]).unwrap();
    inside.put_history(vec![name("b")], largest()).unwrap();
}

#[test]
fn so_many_entries_and_no_more() {
    let bench = Workbench::new();
    let mut inside = bench.inside();
    let entry = |number| vec![name("loop"), wit::Segment::Iteration(number)];
    for number in 0..limits::WORKFLOW_ENTRIES as u32 {
        inside.put_history(entry(number), vec![]).unwrap();
    }
    assert_eq!(code(inside.put_history(entry(1 << 20), vec![])), "workflow.history_too_large");
    inside.put_history(entry(0), vec![1]).unwrap();
    inside.delete_history(vec![name("loop")]).unwrap();
    inside.put_history(entry(1 << 20), vec![]).unwrap();
    assert_eq!(inside.workflow_history().unwrap().len(), 1);
}

#[test]
fn traps_are_counted_while_it_goes_on() {
    let bench = Workbench::new();
    let trap = |kind| {
        let mut inside = bench.inside();
        turn(&mut inside, kind);
        inside.put_history(vec![name("lost")], vec![]).unwrap();
        inside.drop_turn();
        let writes = inside.workflow_after_trap();
        let is_noted = !writes.is_empty();
        bench.commit(writes);
        is_noted
    };
    let set_run = |run: &[u8]| {
        let mut inside = bench.inside();
        inside.set_workflow_run(run.to_vec()).unwrap();
        bench.commit(inside.end_turn(true).unwrap().writes);
    };
    assert!(!trap(EventKind::Run), "there is no workflow");
    set_run(b"\xa1\x65state\x67running");
    assert!(!trap(EventKind::Action), "that of somebody's call is none of it");
    assert!(trap(EventKind::Run) && trap(EventKind::Completion));
    let mut inside = bench.inside();
    assert_eq!(inside.traps().unwrap(), 2);
    inside.put_history(vec![name("a")], vec![]).unwrap();
    assert_eq!(inside.traps().unwrap(), 0);
    inside.drop_turn();
    assert_eq!(inside.traps().unwrap(), 2);
    inside.put_history(vec![name("a")], vec![]).unwrap();
    bench.commit(inside.end_turn(true).unwrap().writes);
    assert_eq!(bench.inside().traps().unwrap(), 0);
    set_run(b"\xa1\x65state\x66failed");
    assert!(!trap(EventKind::Run), "it has ended");
}
