//! Actors with queues: one that does what it is told to, and workers that take what comes.

mod asker;
mod clumsy;
mod post_office;
mod worker;

use rivet_guest::export;

export!(asker::Asker, clumsy::Clumsy, post_office::PostOffice, worker::Worker, worker::Forgetful);
