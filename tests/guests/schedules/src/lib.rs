//! Actors with schedules: `planner`, which offers all there is to its clients, and `stubborn`, which does not start again.

mod cron;
mod planner;
mod stubborn;

use rivet_guest::export;

export!(planner::Planner, stubborn::Stubborn);
