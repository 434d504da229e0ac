//! Workflows: an actor for each thing that they can do, and one that does all of them.

mod blocks;
mod branches;
mod changing;
mod desk;
mod looper;
mod shown;
mod sleeper;
mod steps;
mod tour;
mod trip;

use rivet_guest::export;

export!(
    blocks::Blocks,
    branches::Branches,
    changing::Changing,
    desk::Desk,
    looper::Looper,
    shown::Shown,
    sleeper::Sleeper,
    steps::Steps,
    tour::Tour,
    trip::Trip
);
