//! Actors with SQL databases: one that does what it is told, one whose tables are made by its hook, and one to measure.

mod console;
mod ledger;
mod migrant;

use rivet_guest::export;

export!(console::Console, ledger::Ledger, migrant::Migrant);
