//! Actors that sleep soon, each with something that keeps it from it, or that happens on the way.

mod busy;
mod dreamer;
mod forgetful;
mod heedful;
mod hoarder;
mod insomniac;
mod light;
mod log;
mod napper;
mod sockets;
mod stumbler;

use rivet_guest::export;

export!(
    busy::Busy,
    dreamer::Dreamer,
    forgetful::Forgetful,
    heedful::Heedful,
    hoarder::Hoarder,
    insomniac::Insomniac,
    light::Light,
    napper::Napper,
    sockets::BoundSockets,
    stumbler::Stumbler
);
