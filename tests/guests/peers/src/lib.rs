//! Actors that ask each other, and one that answers late.

mod early;
mod peer;
mod registrar;

rivet_guest::export!(early::Early, peer::Peer, registrar::Registrar);
