//! Actors with schedules: `planner`, which offers all there is to its clients, `stubborn`, which does not start again, and
//! `swarm`, for the benchmark.

mod cron;
mod planner;
mod stubborn;
mod swarm;

use rivet_guest::export;

export!(planner::Planner, stubborn::Stubborn, swarm::Swarm);
