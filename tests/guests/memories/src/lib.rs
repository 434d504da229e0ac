//! Actors that remember something in memory alone, each in another way.

mod heap;

use rivet_guest::export;

export!(heap::Heap);
