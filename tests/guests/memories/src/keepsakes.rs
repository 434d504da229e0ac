//! Remembers in every place that a program has for it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use rivet_guest::actor;
use serde::{Deserialize, Serialize};

thread_local! {
    static PER_THREAD: Cell<u64> = const { Cell::new(0) };
}

static GLOBAL: AtomicU64 = AtomicU64::new(7);

#[derive(Default, Serialize, Deserialize)]
pub struct Keepsakes {
    /// Its keys are hashed with random numbers of its own.
    #[serde(skip)]
    map: RefCell<HashMap<String, u64>>,
    #[serde(skip)]
    text: RefCell<String>,
    #[serde(skip)]
    random: Cell<u64>,
}

#[actor]
impl Keepsakes {
    /// Remembers something everywhere; gives all that it remembers.
    pub fn remember(&self, word: String) -> (u64, String, u64, u64, u64) {
        *self.map.borrow_mut().entry(word.clone()).or_default() += 1;
        self.text.borrow_mut().push_str(&word);
        PER_THREAD.set(PER_THREAD.get() + 1);
        GLOBAL.fetch_add(1, Ordering::Relaxed);
        self.recall()
    }

    /// What it remembers: the sum of its map, its text, its thread-local, its static, and the last random number.
    pub fn recall(&self) -> (u64, String, u64, u64, u64) {
        let sum = self.map.borrow().values().sum();
        let global = GLOBAL.load(Ordering::Relaxed);
        (sum, self.text.borrow().clone(), PER_THREAD.get(), global, self.random.get())
    }

    /// How often a word was given, which finds it only if the map still hashes as it did.
    pub fn count(&self, word: String) -> Option<u64> {
        self.map.borrow().get(&word).copied()
    }

    /// The next number of a generator that was seeded by the host; below 2^53.
    pub fn random(&self) -> u64 {
        if self.random.get() == 0 {
            self.random.set(RandomState::new().build_hasher().finish() | 1);
        }
        // The generator of Marsaglia, "Xorshift RNGs" (2003).
        let mut seed = self.random.get();
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        self.random.set(seed);
        seed >> 11
    }
}
