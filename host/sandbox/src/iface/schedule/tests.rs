use rivet_ground::{Cadence, Event, EventKind};
use rivet_store::{ActorDirectory, KeyRange, WriteSet};
use serde_cbor::Value;

use super::rows::{Firing, Job, Outcome};
use super::*;
use crate::iface::workbench::{Workbench, nobody};

const BASE_MS: u64 = 1_700_000_000_000;

fn bench() -> Workbench {
    let bench = Workbench::new();
    bench.clock.advance_ms(BASE_MS);
    bench
}

fn guest<T>(result: Result<T, Fault>) -> Result<T, String> {
    result.map_err(|fault| match fault {
        Fault::Guest(error) => error.path(),
        Fault::Host(error) => panic!("{error:#}"),
    })
}

fn at(inside: &mut Inside, time_ms: u64, action: &str) -> String {
    guest(inside.schedule_at(time_ms, action.to_owned(), vec![])).unwrap()
}

fn every(interval_ms: u64, action: &str, max_history: u32) -> Job {
    let cadence = Cadence::every(interval_ms).unwrap();
    Job { cadence, action: action.to_owned(), args: Blob(vec![0x81, 9]), max_history }
}

fn set(inside: &mut Inside, name: &str, job: &Job) {
    guest(inside.set_job(name, job)).unwrap();
}

fn end_turn(bench: &Workbench, inside: &mut Inside) {
    bench.commit(inside.end_turn(true).unwrap().writes);
    check_alarm(bench);
}

/// The actor has one alarm, at the time of the first that is due; or none.
fn check_alarm(bench: &Workbench) {
    let first_ms = ActorDirectory::new(bench.store.clone()).alarm_ms(bench.actor).unwrap();
    let alarms = bench.store.scan(Table::Alarms, &KeyRange::prefix(&[], 10)).unwrap();
    let alarms: Vec<_> = alarms.into_iter().map(|(key, _)| key.to_vec()).collect();
    let expected: Vec<_> =
        first_ms.map(|due_ms| rivet_store::alarm_row(due_ms, bench.actor)).into_iter().collect();
    assert_eq!(alarms, expected);
}

/// Claims what is due, and begins the turn that it is for: the action and its arguments.
fn fire(inside: &mut Inside, call: u64) -> Option<(String, Vec<Value>)> {
    let Claim::Action(action, args) = inside.claim_due().unwrap() else { return None };
    inside.begin_turn(&Event { name: action.clone(), ..Event::bare(EventKind::Action, call) });
    Some((action, serde_cbor::from_slice(&args).unwrap()))
}

/// Fires what is due, and answers at once.
fn run(bench: &Workbench, inside: &mut Inside, call: u64, error: Option<ActorError>) {
    fire(inside, call).unwrap();
    assert!(inside.reply(call, error.map_or(Ok(vec![].into()), Err)));
    end_turn(bench, inside);
}

fn history(inside: &mut Inside, name: &str) -> Vec<Firing> {
    guest(inside.history(name, 1_000)).unwrap()
}

fn code(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Error { group, code, .. } => format!("{group}.{code}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn schedules_are_made_seen_and_cancelled_in_their_order() {
    let bench = bench();
    let mut inside = bench.inside();
    let late = at(&mut inside, BASE_MS + 10_000, "late");
    let soon = at(&mut inside, BASE_MS + 5_000, "soon");
    end_turn(&bench, &mut inside);
    let mut inside = bench.inside();
    let listed = guest(inside.schedule_list()).unwrap();
    assert_eq!(listed.iter().map(|entry| &entry.id).collect::<Vec<_>>(), [&soon, &late]);
    let (_, entry) = guest(inside.schedule_get(&late)).unwrap().unwrap();
    assert_eq!((entry.action.as_str(), entry.run_at_ms, entry.args), ("late", BASE_MS + 10_000, vec![0x80]));
    assert_eq!(guest(inside.schedule_cancel(&soon)), Ok(true));
    assert_eq!(guest(inside.schedule_cancel(&soon)), Ok(false));
    assert_eq!(guest(inside.schedule_cancel("nonsense")), Ok(false));
    end_turn(&bench, &mut inside);
    assert_eq!(inside.agenda.due_ms, Some(BASE_MS + 10_000));
    assert_eq!(guest(inside.schedule_cancel(&late)), Ok(true));
    end_turn(&bench, &mut inside);
    assert_eq!(inside.agenda.due_ms, None);
    let far = at(&mut inside, u64::MAX, "far");
    assert_eq!(guest(inside.schedule_get(&far)).unwrap().unwrap().1.run_at_ms, limits::SCHEDULE_TIME_MS);
}

#[test]
fn a_turn_that_traps_has_scheduled_nothing() {
    let bench = bench();
    let mut inside = bench.inside();
    at(&mut inside, BASE_MS + 5_000, "kept");
    end_turn(&bench, &mut inside);
    at(&mut inside, BASE_MS + 1, "dropped");
    inside.drop_turn();
    assert!(inside.schedule_after_trap().is_empty());
    assert_eq!(guest(inside.schedule_list()).unwrap().len(), 1);
    at(&mut inside, BASE_MS + 2, "first");
    end_turn(&bench, &mut inside);
    assert_eq!(inside.agenda.due_ms, Some(BASE_MS + 2));
}

#[test]
fn there_may_be_so_many_and_no_more() {
    let bench = bench();
    let mut inside = bench.inside();
    set(&mut inside, "job", &every(5_000, "a", 1));
    for n in 1..1_000 {
        at(&mut inside, BASE_MS + n, "b");
    }
    end_turn(&bench, &mut inside);
    let mut inside = bench.inside();
    let full = Err("schedule.max_schedules_exceeded".to_owned());
    assert_eq!(guest(inside.schedule_at(BASE_MS, "c".to_owned(), vec![])), full);
    assert_eq!(guest(inside.set_job("other", &every(5_000, "a", 1))), full.map(drop));
    set(&mut inside, "job", &every(6_000, "replaced", 1));
    assert_eq!(guest(inside.delete_job("job")), Ok(true));
    at(&mut inside, BASE_MS + 1, "in its place");
    bench.clock.advance_ms(1);
    fire(&mut inside, 1).unwrap();
    set(&mut inside, "in the place of what has fired", &every(5_000, "a", 1));
}

#[test]
fn what_is_due_is_claimed_once_and_told_when() {
    let bench = bench();
    let mut inside = bench.inside();
    let id = guest(inside.schedule_at(BASE_MS + 5, "go".to_owned(), vec![0x82, 1, 2])).unwrap();
    at(&mut inside, BASE_MS + 5, "next");
    end_turn(&bench, &mut inside);
    bench.clock.advance_ms(4);
    assert!(fire(&mut inside, 1).is_none(), "too early");
    bench.clock.advance_ms(3);
    let mut inside = bench.inside();
    let mut fired = vec![fire(&mut inside, 1).unwrap()];
    end_turn(&bench, &mut inside);
    fired.push(fire(&mut inside, 2).unwrap());
    end_turn(&bench, &mut inside);
    assert!(fire(&mut inside, 3).is_none());
    let (_, args) = fired.into_iter().find(|(action, _)| action == "go").unwrap();
    let expected = serde_json::json!([1, 2,
        { "kind": "at", "id": id, "scheduledAt": BASE_MS + 5, "firedAt": BASE_MS + 7 }]);
    assert_eq!(serde_json::to_value(args).unwrap(), expected);
    assert!(guest(inside.schedule_list()).unwrap().is_empty());
}

#[test]
fn what_traps_has_fired() {
    let bench = bench();
    let mut inside = bench.inside();
    at(&mut inside, BASE_MS, "trap");
    set(&mut inside, "job", &every(5_000, "trap", 10));
    end_turn(&bench, &mut inside);
    fire(&mut inside, 1).unwrap();
    at(&mut inside, BASE_MS, "of the turn that trapped");
    inside.drop_turn();
    bench.commit(inside.schedule_after_trap());
    check_alarm(&bench);
    bench.clock.advance_ms(5_000);
    let mut inside = bench.inside();
    assert!(guest(inside.schedule_list()).unwrap().is_empty());
    assert_eq!(fire(&mut inside, 1).unwrap().0, "trap");
    inside.drop_turn();
    bench.commit(inside.schedule_after_trap());
    check_alarm(&bench);
    let mut inside = bench.inside();
    assert!(fire(&mut inside, 1).is_none());
    let [fired] = history(&mut inside, "job").try_into().unwrap();
    assert_eq!(code(&fired.outcome), "actor.panicked");
    assert_eq!(guest(inside.job("job")).unwrap().unwrap().1.next_ms, BASE_MS + 10_000);
}

#[test]
fn a_job_fires_on_its_anchor_and_never_beside_itself() {
    let bench = bench();
    let mut inside = bench.inside();
    set(&mut inside, "tick", &every(5_000, "tick", 10));
    end_turn(&bench, &mut inside);
    bench.clock.advance_ms(5_000);
    let (_, args) = fire(&mut inside, 1).unwrap();
    end_turn(&bench, &mut inside);
    let fired = serde_json::json!({ "kind": "every", "id": "tick", "name": "tick",
        "scheduledAt": BASE_MS + 5_000, "firedAt": BASE_MS + 5_000 });
    assert_eq!(serde_json::to_value(args).unwrap(), serde_json::json!([9, fired]));
    assert_eq!(code(&history(&mut inside, "tick")[0].outcome), "Running");
    bench.clock.advance_ms(11_000);
    let Claim::Settled(writes) = inside.claim_due().unwrap() else { panic!("its run goes on") };
    bench.commit(writes);
    check_alarm(&bench);
    let (_, progress) = guest(inside.job("tick")).unwrap().unwrap();
    assert_eq!((progress.next_ms, progress.last_ms), (BASE_MS + 20_000, Some(BASE_MS + 5_000)));
    inside.begin_turn(&Event::bare(EventKind::Completion, 7));
    assert!(inside.reply(1, Ok(vec![].into())));
    end_turn(&bench, &mut inside);
    let outcomes: Vec<_> = history(&mut inside, "tick").iter().map(|firing| code(&firing.outcome)).collect();
    assert_eq!(outcomes, ["Skipped", "Ok"]);
    assert_eq!(history(&mut inside, "tick")[1].finished_ms, Some(BASE_MS + 16_000));
    bench.clock.advance_ms(4_000);
    run(&bench, &mut inside, 2, None);
}

#[test]
fn a_host_that_was_down_over_minutes_fires_once() {
    let bench = bench();
    let mut inside = bench.inside();
    let cadence = Cadence::cron("*/5 * * * *", Some("Europe/Berlin")).unwrap();
    let job = Job { cadence, ..every(5_000, "tick", 10) };
    set(&mut inside, "cron", &job);
    end_turn(&bench, &mut inside);
    let first_ms = guest(inside.job("cron")).unwrap().unwrap().1.next_ms;
    assert!(first_ms > BASE_MS && first_ms <= BASE_MS + 300_000 && first_ms.is_multiple_of(300_000));
    bench.clock.advance_ms(3_600_000);
    let mut inside = bench.inside();
    let (_, args) = fire(&mut inside, 1).unwrap();
    let Some(Value::Map(fired)) = args.last() else { panic!("{args:?}") };
    assert_eq!(fired[&Value::Text("kind".to_owned())], Value::Text("cron".to_owned()));
    assert_eq!(fired[&Value::Text("scheduledAt".to_owned())], Value::Integer(i128::from(first_ms)));
    end_turn(&bench, &mut inside);
    assert!(fire(&mut inside, 2).is_none());
    assert_eq!(guest(inside.job("cron")).unwrap().unwrap().1.next_ms, first_ms + 3_600_000);
}

#[test]
fn a_run_that_was_interrupted_is_told_as_such() {
    let bench = bench();
    let mut inside = bench.inside();
    set(&mut inside, "tick", &every(5_000, "tick", 10));
    end_turn(&bench, &mut inside);
    bench.clock.advance_ms(5_000);
    fire(&mut inside, 1).unwrap();
    end_turn(&bench, &mut inside);
    let mut inside = bench.inside();
    bench.clock.advance_ms(1_000);
    let [interrupted] = history(&mut inside, "tick").try_into().unwrap();
    assert_eq!(code(&interrupted.outcome), "schedule.interrupted");
    assert_eq!(interrupted.finished_ms, Some(BASE_MS + 6_000));
    end_turn(&bench, &mut inside);
    bench.clock.advance_ms(4_000);
    run(&bench, &mut inside, 1, None);
    assert_eq!(history(&mut inside, "tick").len(), 2);
}

#[test]
fn who_waits_too_long_has_failed() {
    let bench = bench();
    let mut inside = bench.inside();
    set(&mut inside, "tick", &every(5_000, "tick", 10));
    end_turn(&bench, &mut inside);
    bench.clock.advance_ms(5_000);
    fire(&mut inside, 1).unwrap();
    end_turn(&bench, &mut inside);
    bench.commit(inside.fail_call(1, &ActorError::actor("action_timed_out", "Action timed out")));
    assert_eq!(code(&history(&mut inside, "tick")[0].outcome), "actor.action_timed_out");
    assert!(inside.fail_call(1, &ActorError::actor("action_timed_out", "")).is_empty());
}

#[test]
fn a_job_whose_action_does_not_exist_is_deleted() {
    let bench = bench();
    let mut inside = bench.inside();
    let missing = || Some(ActorError::actor("action_not_found", "Action `gone` was not found."));
    set(&mut inside, "tick", &every(5_000, "gone", 10));
    end_turn(&bench, &mut inside);
    bench.clock.advance_ms(5_000);
    run(&bench, &mut inside, 1, missing());
    assert!(guest(inside.job("tick")).unwrap().is_none());
    assert_eq!(code(&history(&mut inside, "tick")[0].outcome), "actor.action_not_found");
    // A new job of its name begins anew.
    set(&mut inside, "tick", &every(5_000, "gone", 10));
    assert!(history(&mut inside, "tick").is_empty());
    end_turn(&bench, &mut inside);
    bench.clock.advance_ms(5_000);
    fire(&mut inside, 2).unwrap();
    set(&mut inside, "tick", &every(5_000, "there", 10));
    assert!(inside.reply(2, Err(missing().unwrap())));
    end_turn(&bench, &mut inside);
    assert_eq!(guest(inside.job("tick")).unwrap().unwrap().0.action, "there");
}

#[test]
fn setting_a_job_again_keeps_its_time_unless_it_changes() {
    let bench = bench();
    let mut inside = bench.inside();
    let next_ms = |inside: &mut Inside| guest(inside.job("job")).unwrap().unwrap().1.next_ms;
    set(&mut inside, "job", &every(5_000, "one", 100));
    bench.clock.advance_ms(1_000);
    set(&mut inside, "job", &every(5_000, "two", 7));
    assert_eq!(next_ms(&mut inside), BASE_MS + 5_000);
    set(&mut inside, "job", &every(10_000, "two", 7));
    assert_eq!(next_ms(&mut inside), BASE_MS + 11_000);
    set(&mut inside, "before", &every(6_000, "one", 1));
    let names: Vec<_> = guest(inside.jobs()).unwrap().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["before", "job"]);
    end_turn(&bench, &mut inside);
    assert_eq!(guest(inside.delete_job("job")), Ok(true));
    assert_eq!(guest(inside.delete_job("job")), Ok(false));
    assert_eq!(guest(inside.delete_job("before")), Ok(true));
    end_turn(&bench, &mut inside);
    assert!(bench.store.scan(Table::Schedules, &KeyRange::prefix(&[], 10)).unwrap().is_empty());
}

#[test]
fn history_is_bounded_for_a_job_and_for_the_actor() {
    let bench = bench();
    let mut inside = bench.inside();
    for (name, rows) in [("none", 0), ("two", 2)] {
        set(&mut inside, name, &every(5_000, "tick", rows));
    }
    end_turn(&bench, &mut inside);
    for call in 0..3 {
        bench.clock.advance_ms(5_000);
        let secret = (call == 2).then(|| ActorError::actor("panicked", "secret"));
        run(&bench, &mut inside, 2 * call + 1, secret.clone());
        run(&bench, &mut inside, 2 * call + 2, secret);
    }
    assert!(history(&mut inside, "none").is_empty());
    let [failed, fine] = history(&mut inside, "two").try_into().unwrap();
    let Outcome::Error { message, .. } = failed.outcome else { panic!() };
    assert_eq!((message.as_str(), fine.outcome), ("An internal error occurred", Outcome::Ok));
    set(&mut inside, "two", &every(5_000, "tick", 1));
    assert_eq!(history(&mut inside, "two").len(), 1);
    assert_eq!(guest(inside.history("two", 0)).unwrap().len(), 0);
    // As if other jobs had filled the history of the actor.
    let long = super::rows::Progress { rows: 3, ..Default::default() };
    guest(inside.put_progress("long", &long)).unwrap();
    for number in 0..3 {
        let place = super::rows::Place { fired_ms: 1, number };
        let key = super::rows::history_key(bench.actor, "long", place);
        inside.overlay().unwrap().put(Table::ScheduleHistory, key, encode(&fine_firing()));
    }
    inside.agenda.history_rows = Some(limits::ACTOR_HISTORY_ROWS);
    end_turn(&bench, &mut inside);
    guest(inside.delete_job("none")).unwrap();
    set(&mut inside, "two", &every(5_000, "tick", 10));
    bench.clock.advance_ms(5_000);
    run(&bench, &mut inside, 9, None);
    assert_eq!((history(&mut inside, "two").len(), history(&mut inside, "long").len()), (2, 2));
}

fn fine_firing() -> Firing {
    Firing { action: "a".to_owned(), scheduled_ms: 1, fired_ms: 1, finished_ms: None, outcome: Outcome::Ok }
}

#[test]
fn who_describes_itself_has_no_schedules() {
    let refused = Err("actor.invalid_operation".to_owned());
    assert_eq!(guest(nobody().schedule_at(0, String::new(), vec![])), refused);
    assert_eq!(guest(nobody().schedule_cancel("x")), refused.clone().map(|_| false));
    assert_eq!(guest(nobody().set_job("x", &every(5_000, "a", 1))), refused.map(drop));
    assert_eq!(nobody().end_turn(true).unwrap().writes.len_bytes(), WriteSet::new().len_bytes());
}

#[test]
fn what_changes_while_much_is_due_is_seen() {
    let bench = bench();
    let mut inside = bench.inside();
    let ids: Vec<String> = (0..200).map(|n| at(&mut inside, BASE_MS + 10 + n / 2, &n.to_string())).collect();
    end_turn(&bench, &mut inside);
    bench.clock.advance_ms(1_000);
    let mut fired = vec![fire(&mut inside, 1).unwrap().0];
    assert_eq!(guest(inside.schedule_cancel(&ids[20])), Ok(true));
    at(&mut inside, BASE_MS, "before all");
    end_turn(&bench, &mut inside);
    for call in 2..300 {
        let Some((action, _)) = fire(&mut inside, call) else { break };
        if call == 50 {
            // The turn is undone, and what it has cancelled fires; it itself has fired.
            guest(inside.schedule_cancel(&ids[120])).unwrap();
            inside.drop_turn();
            bench.commit(inside.schedule_after_trap());
            check_alarm(&bench);
            inside = bench.inside();
        } else {
            end_turn(&bench, &mut inside);
        }
        fired.push(action);
    }
    assert_eq!(fired[1], "before all");
    assert_eq!(fired.len(), 200);
    let mut once: Vec<_> = fired.iter().collect();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), 200);
    assert!(!fired.contains(&"20".to_owned()) && fired.contains(&"120".to_owned()));
    assert_eq!(inside.agenda.due_ms, None);
}
