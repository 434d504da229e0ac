//! Actors that behave, written with the SDK: they end, wait, come late, or start with difficulty.

mod hasty;
mod late_starter;
mod mortal;
mod patient;

use rivet_guest::export;

export!(hasty::Hasty, late_starter::LateStarter, mortal::Mortal, patient::Patient);
