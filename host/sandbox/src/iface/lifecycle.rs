//! `rivet:actor/lifecycle`.

use rivet_ground::{ActorError, Effect, limits};
use serde::{Deserialize, Serialize};

use crate::bindings::rivet::actor::lifecycle::{self, Host};
use crate::bindings::rivet::actor::types::Error;
use crate::guest::Guest;
use crate::iface::inside::{Inside, Stage};
use crate::iface::to_wit;

/// How many things hold an actor up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// Those because of which it does not fall asleep by itself.
    pub keep_awake: usize,
    /// Those that are only waited for while it goes to sleep.
    pub wait_until: usize,
}

/// What a hold is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum HoldKind {
    KeepAwake,
    WaitUntil,
}

impl Host for Guest {
    fn destroy(&mut self) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.leave(Effect::Destroy).map_err(to_wit))
    }

    fn sleep(&mut self) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.leave(Effect::Sleep).map_err(to_wit))
    }

    fn wake_at(&mut self, time_ms: Option<u64>) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.wake_at(time_ms).map_err(to_wit))
    }

    fn hold(&mut self, kind: lifecycle::HoldKind) -> wasmtime::Result<Result<u64, Error>> {
        let kind = match kind {
            lifecycle::HoldKind::KeepAwake => HoldKind::KeepAwake,
            lifecycle::HoldKind::WaitUntil => HoldKind::WaitUntil,
        };
        Ok(self.inside.hold(kind).map_err(to_wit))
    }

    fn let_go(&mut self, hold: u64) -> wasmtime::Result<()> {
        self.inside.holds.remove(&hold);
        Ok(())
    }
}

impl Inside {
    /// Asks for the end of the actor or of this instance.
    fn leave(&mut self, effect: Effect) -> Result<(), ActorError> {
        self.overlay()?;
        match self.stage {
            Stage::Starting => Err(ActorError::actor("starting", "the actor has not answered its start yet")),
            Stage::Stopping => Err(ActorError::actor("stopping", "the actor is already on its way out")),
            Stage::Running => {
                self.stage = Stage::Stopping;
                self.effects.push(effect);
                Ok(())
            }
        }
    }

    fn wake_at(&mut self, time_ms: Option<u64>) -> Result<(), ActorError> {
        self.overlay()?;
        self.agenda.wake_at_ms = time_ms.map(|time_ms| time_ms.min(limits::SCHEDULE_TIME_MS));
        Ok(())
    }

    fn hold(&mut self, kind: HoldKind) -> Result<u64, ActorError> {
        self.overlay()?;
        if self.holds.len() >= limits::HOLDS {
            let message = format!("the actor is held up by {} things, the most there may be", limits::HOLDS);
            return Err(ActorError::actor("overloaded", message));
        }
        self.last_hold += 1;
        self.holds.insert(self.last_hold, kind);
        Ok(self.last_hold)
    }

    /// What holds the actor up.
    pub(crate) fn holds(&self) -> Holds {
        let keep_awake = self.holds.values().filter(|kind| **kind == HoldKind::KeepAwake).count();
        Holds { keep_awake, wait_until: self.holds.len() - keep_awake }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iface::workbench::{Workbench, nobody};
    use rivet_ground::{Event, EventKind};
    use rivet_store::{ActorDirectory, KeyRange, Table};

    #[test]
    fn who_goes_once_goes_no_second_time() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        let code = |left: Result<(), ActorError>| left.unwrap_err().path();
        assert_eq!(code(nobody().leave(Effect::Sleep)), "actor.invalid_operation");
        inside.begin_turn(&Event::bare(EventKind::Create, 1));
        assert_eq!(code(inside.leave(Effect::Sleep)), "actor.starting");
        assert!(inside.reply(1, Ok(bytes::Bytes::new())));
        inside.leave(Effect::Sleep).unwrap();
        assert_eq!(code(inside.leave(Effect::Sleep)), "actor.stopping");
        assert_eq!(code(inside.leave(Effect::Destroy)), "actor.stopping");
    }

    #[test]
    fn a_time_to_be_awake_is_part_of_the_alarm() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        let alarms = || {
            let rows = bench.store.scan(Table::Alarms, &KeyRange::prefix(&[], usize::MAX)).unwrap();
            rows.iter().map(|(row, _)| u64::from_be_bytes(*row.first_chunk().unwrap())).collect::<Vec<_>>()
        };
        let directory = ActorDirectory::new(bench.store.clone());
        let known = || (directory.alarm_ms(bench.actor).unwrap(), directory.wake_at_ms(bench.actor).unwrap());
        assert_eq!(nobody().wake_at(None).unwrap_err().path(), "actor.invalid_operation");
        inside.wake_at(Some(50)).unwrap();
        inside.wake_at(Some(30)).unwrap();
        bench.commit(inside.end_turn(true).unwrap().writes);
        assert_eq!((alarms(), known()), (vec![30], (Some(30), Some(30))));
        inside.wake_at(Some(40)).unwrap();
        inside.drop_turn();
        inside.wake_at(Some(30)).unwrap();
        assert!(inside.end_turn(true).unwrap().writes.is_empty(), "as it was");
        assert_eq!(inside.agenda.due_ms, None, "nothing is to be run then");
        let mut inside = bench.inside();
        inside.wake_at(Some(u64::MAX)).unwrap();
        bench.commit(inside.end_turn(true).unwrap().writes);
        assert_eq!(alarms(), [limits::SCHEDULE_TIME_MS]);
        inside.wake_at(None).unwrap();
        bench.commit(inside.end_turn(true).unwrap().writes);
        assert_eq!((alarms(), known()), (vec![], (None, None)));
    }

    #[test]
    fn who_waits_for_what_wakes_it_rests() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.time_ms = 10;
        inside.start_timer(90).unwrap();
        let mut rests = |wake_at_ms, now_ms| {
            inside.wake_at(wake_at_ms).unwrap();
            inside.rests(now_ms)
        };
        assert!(!rests(None, 20), "the timer does not wake it");
        assert!(rests(Some(100), 20) && rests(Some(100), 99));
        assert!(!rests(Some(100), 100), "it is to be awake now");
        assert!(!rests(Some(101), 20), "it would be late");
        let mut other = bench.inside();
        other.go_on(inside.suspended());
        other.wake_at(Some(100)).unwrap();
        assert!(other.rests(20), "timers keep their times");
        other.wake_at(Some(101)).unwrap();
        assert!(!other.rests(20));
    }

    #[test]
    fn holds_are_counted_and_bounded() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        let first = inside.hold(HoldKind::KeepAwake).unwrap();
        for _ in 1..limits::HOLDS {
            inside.hold(HoldKind::WaitUntil).unwrap();
        }
        assert_eq!(inside.holds(), Holds { keep_awake: 1, wait_until: limits::HOLDS - 1 });
        assert_eq!(inside.hold(HoldKind::KeepAwake).unwrap_err().path(), "actor.overloaded");
        inside.holds.remove(&first);
        assert_ne!(inside.hold(HoldKind::KeepAwake).unwrap(), first);
    }
}
