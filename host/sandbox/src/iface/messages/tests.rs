//! The queue over a store, from one instance to the next.

use super::*;
use crate::iface::queue_index::Queue;
use crate::iface::workbench::{Workbench, nobody};

fn code<T: std::fmt::Debug>(refused: Result<T, Fault>) -> String {
    match refused.unwrap_err() {
        Fault::Guest(error) => error.path(),
        Fault::Host(error) => panic!("{error:#}"),
    }
}

fn send(inside: &mut Inside, name: &str) -> MessageId {
    inside.queue_message(name.to_owned(), Bytes::from_static(&[1]), 7).unwrap()
}

/// Receives all there is, and gives numbers and attempts.
fn receive(inside: &mut Inside, names: &[&str]) -> Vec<(MessageId, u32)> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let taken = inside.receive(&names, 100, false, 7).unwrap();
    taken.iter().map(|message| (message.id, message.attempts)).collect()
}

fn end(bench: &Workbench, inside: &mut Inside) {
    bench.commit(inside.overlay().unwrap().take());
    inside.queue.begin_turn();
}

#[test]
fn the_next_instance_finds_the_queue() {
    let bench = Workbench::new();
    let mut inside = bench.inside();
    assert_eq!(["a", "b", "a"].map(|name| send(&mut inside, name)), [1, 2, 3]);
    end(&bench, &mut inside);
    let mut inside = bench.inside();
    assert_eq!(receive(&mut inside, &["a"]), [(1, 1), (3, 1)]);
    end(&bench, &mut inside);
    let mut inside = bench.inside();
    assert_eq!(receive(&mut inside, &[]), [(2, 1)]);
    // The newest number is known when no message is left.
    end(&bench, &mut inside);
    assert_eq!(send(&mut bench.inside(), "a"), 4);
}

#[test]
fn what_a_trapped_turn_received_is_back_and_what_it_sent_is_not() {
    let bench = Workbench::new();
    let mut inside = bench.inside();
    send(&mut inside, "a");
    end(&bench, &mut inside);
    send(&mut inside, "b");
    assert_eq!(receive(&mut inside, &[]), [(1, 1), (2, 1)]);
    inside.drop_turn();
    bench.commit(inside.messages_after_trap(7).unwrap());
    assert_eq!(receive(&mut bench.inside(), &[]), [(1, 2)]);
}

#[test]
fn no_number_is_used_twice_whatever_a_trapped_turn_had_sent() {
    let bench = Workbench::new();
    let mut inside = bench.inside();
    inside.queue = Queue::new(QueueLimits { attempts: 1, ..QueueLimits::default() });
    send(&mut inside, "a");
    end(&bench, &mut inside);
    send(&mut inside, "b");
    receive(&mut inside, &["a"]);
    inside.drop_turn();
    bench.commit(inside.messages_after_trap(7).unwrap());
    assert_eq!(send(&mut bench.inside(), "c"), 2);
}

#[test]
fn dead_letters_are_bounded() {
    let bench = Workbench::new();
    let mut inside = bench.inside();
    inside.queue = Queue::new(QueueLimits { attempts: 1, ..QueueLimits::default() });
    for _ in 0..=limits::DEAD_LETTERS {
        let id = send(&mut inside, "a");
        end(&bench, &mut inside);
        assert_eq!(receive(&mut inside, &[]), [(id, 1)]);
        inside.drop_turn();
        bench.commit(inside.messages_after_trap(7).unwrap());
        inside.queue = Queue::new(inside.queue.limits);
    }
    let all = KeyRange::prefix(inside.identity.actor.as_bytes(), usize::MAX);
    let dead = inside.overlay().unwrap().scan(Table::DeadLetters, &all).unwrap();
    assert_eq!((dead.len(), message_id(&dead[0].0)), (limits::DEAD_LETTERS, Some(2)));
    assert_eq!(receive(&mut inside, &[]), []);
}

#[test]
fn what_is_received_too_often_is_given_up_when_it_is_next() {
    let bench = Workbench::new();
    let mut inside = bench.inside();
    send(&mut inside, "a");
    send(&mut inside, "b");
    for attempt in 1..=limits::QUEUE_ATTEMPTS as u32 {
        // As instances do that end before they complete it.
        inside.drop_hand();
        let taken = inside.receive(&["a".to_owned()], 1, true, 7).unwrap();
        assert_eq!((taken[0].id, taken[0].attempts), (1, attempt));
    }
    inside.drop_hand();
    assert_eq!(receive(&mut inside, &[]), [(2, 1)]);
    assert_eq!(code(inside.remove_message(1)), "queue.already_completed");
}

#[test]
fn what_a_turn_receives_can_be_written_again_in_one_commit() {
    let bench = Workbench::new();
    let mut inside = bench.inside();
    let body = Bytes::from(vec![0x40; limits::QUEUE_MESSAGE_BYTES as usize]);
    for _ in 0..2 * limits::TURN_WRITE_BYTES / body.len() - 50 {
        inside.queue_message("a".to_owned(), body.clone(), 7).unwrap();
        end(&bench, &mut inside);
    }
    let mut received = 0;
    let refused = loop {
        match inside.receive(&[], 1_000, false, 7) {
            Ok(taken) => received += taken.len(),
            Err(fault) => break code(Err::<(), _>(fault)),
        }
    };
    assert_eq!(refused, "actor.turn_too_large");
    inside.drop_turn();
    // The bench panics if the commit is refused.
    bench.commit(inside.messages_after_trap(7).unwrap());
    let again = bench.inside().receive(&[], 1, false, 7).unwrap();
    assert_eq!((again[0].id, again[0].attempts, received > 400), (1, 2, true));
}

#[test]
fn what_is_in_hand_is_nobody_elses() {
    let bench = Workbench::new();
    let mut inside = bench.inside();
    send(&mut inside, "a");
    send(&mut inside, "b");
    inside.receive(&["a".to_owned()], 1, true, 7).unwrap();
    assert!(!inside.queue.has_any(&["a".to_owned()]) && inside.queue.has_any(&[]));
    end(&bench, &mut inside);
    let in_hand = inside.queue.in_hand.clone();
    inside.queue.go_on(in_hand);
    inside.load_queue().unwrap();
    assert!(!inside.queue.has_any(&["a".to_owned()]) && inside.queue.has_any(&["b".to_owned()]));
    inside.drop_hand();
    assert_eq!(receive(&mut inside, &[]), [(1, 2), (2, 1)]);
}

#[test]
fn names_are_checked_and_a_component_that_describes_itself_has_no_queue() {
    let bench = Workbench::new();
    let mut inside = bench.inside();
    let long = "x".repeat(limits::QUEUE_NAME_BYTES + 1);
    for name in ["", &long] {
        assert_eq!(code(inside.queue_message(name.to_owned(), Bytes::new(), 7)), "queue.invalid_name");
    }
    let many = vec!["a".to_owned(); limits::QUEUE_NAMES + 1];
    assert_eq!(code(inside.receive(&many, 1, false, 7)), "queue.too_many_names");
    let sent = nobody().queue_message("a".to_owned(), Bytes::new(), 7);
    assert_eq!(code(sent), "actor.invalid_operation");
}

#[test]
fn what_the_guest_holds_is_no_receipt_and_nobody_elses() {
    let bench = Workbench::new();
    let mut inside = bench.inside();
    for _ in 0..3 {
        send(&mut inside, "a");
    }
    end(&bench, &mut inside);
    let mut inside = bench.inside();
    inside.hold_messages(vec![2, 3, 9]).unwrap();
    let refused = inside.receive(&[], 1, false, 7);
    assert_eq!(code(refused), "queue.previous_message_not_completed");
    inside.hold_messages(vec![3]).unwrap();
    inside.remove_message(3).unwrap();
    assert_eq!(receive(&mut inside, &[]), [(1, 1), (2, 1)]);
}
