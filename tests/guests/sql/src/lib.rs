//! Actors with SQL databases: one that does what it is told, and one whose tables are made by its hook.

mod console;
mod migrant;

use rivet_guest::export;

export!(console::Console, migrant::Migrant);
