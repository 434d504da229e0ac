//! Workflows that end by themselves: one for each thing that a workflow can do. All that they do is counted.

mod branches;
mod diary;
mod loops;
mod marks;
mod messages;
mod rollback;
mod steps;
mod timers;
mod tries;
mod undoings;

use rivet_guest::export;

export!(
    branches::Joins,
    branches::Races,
    loops::Loops,
    marks::Marks,
    messages::Messages,
    rollback::Rollback,
    steps::Steps,
    timers::Naps,
    timers::Timers,
    tries::Tries,
    undoings::Undoings
);
