//! Actors that remember something in memory alone, each in another way.

mod clock_watcher;
mod heap;
mod keepsakes;
mod sleepwalker;

use rivet_guest::export;

export!(clock_watcher::ClockWatcher, heap::Heap, keepsakes::Keepsakes, sleepwalker::Sleepwalker);
