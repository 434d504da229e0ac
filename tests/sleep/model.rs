//! Random lives against a model: actions, sleeps, crashes, kills, restarts and new versions in any order. The state is
//! always that of the model, and so is the memory, except where the actor had to start cold.

use rand::Rng;
use serde_json::json;
use support::{Host, changed, component, random};

use crate::{id, sleep};

const STEPS: usize = 300;
const ACTORS: usize = 3;

/// What an actor must be.
#[derive(Clone, Copy, Debug, Default)]
struct Model {
    count: u64,
    /// Calls that its memory has seen.
    calls: u64,
    /// Whether it has no instance: then a kill does it no harm.
    asleep: bool,
    /// The version of the component that its instance, or its memory, is of.
    version: u8,
}

impl Model {
    /// Something comes for it: it starts on the newest version, and a memory of another one is gone.
    fn wake(&mut self, newest: u8) {
        if self.asleep {
            let calls = if self.version == newest { self.calls } else { 0 };
            *self = Self { calls, version: newest, asleep: false, ..*self };
        }
    }

    /// Its instance is gone, and it did not sleep: as if it slept, and remembered nothing.
    fn lose(&mut self) {
        *self = Self { calls: 0, asleep: true, ..*self };
    }
}

#[test]
fn every_life_is_the_models() {
    let mut random = random();
    // None falls asleep by itself: the model would not know.
    let mut host = host_without_idleness();
    let (mut models, mut newest) = ([Model::default(); ACTORS], 0);
    for (number, model) in models.iter_mut().enumerate() {
        model.calls = 1;
        assert_eq!(host.actor("light", &number.to_string()).output("calls", json!([])), 1);
    }
    for step in 0..STEPS {
        let number = random.random_range(0..ACTORS);
        let (key, model) = (number.to_string(), &mut models[number]);
        let light = host.actor("light", &key);
        let what = random.random_range(0..100);
        let context = || format!("step {step}, actor {number}, choice {what}");
        match what {
            0..35 => {
                model.wake(newest);
                model.count += 1;
                assert_eq!(light.output("add", json!([])), model.count, "{}", context());
            }
            35..60 => {
                model.wake(newest);
                model.calls += 1;
                assert_eq!(light.output("calls", json!([])), model.calls, "{}", context());
            }
            60..88 => {
                sleep(&host, &id(&host, "light", &key));
                model.asleep = true;
            }
            88..92 => {
                model.wake(newest);
                assert_eq!(light.call("crash", json!([])).error(), "actor.panicked", "{}", context());
                model.lose();
            }
            92..95 => {
                host.kill();
                host.restart();
                models.iter_mut().filter(|model| !model.asleep).for_each(|model| model.lose());
            }
            95..97 => {
                host.terminate();
                assert!(host.wait().success());
                host.restart();
                // All of them were let sleep.
                models.iter_mut().for_each(|model| model.asleep = true);
            }
            _ => {
                newest += 1;
                let bytes = std::fs::read(changed(&component("sleepers"), newest)).unwrap();
                assert_eq!(host.http().put("/components/sleepers", &bytes).status, 200);
            }
        }
    }
    for (number, model) in models.iter_mut().enumerate() {
        model.wake(newest);
        let light = host.actor("light", &number.to_string());
        assert_eq!(light.output("calls", json!([])), model.calls + 1, "actor {number}");
        assert_eq!(light.output("add", json!([])), model.count + 1, "actor {number}");
    }
}

fn host_without_idleness() -> Host {
    let options = support::HostOptions::new([]).args(["--option", "sleepTimeout=3600000"]);
    let host = options.start();
    let bytes = std::fs::read(changed(&component("sleepers"), 0)).unwrap();
    // Not on the command line, where each restart would deploy it anew.
    assert_eq!(host.http().put("/components/sleepers", &bytes).status, 200);
    host
}
