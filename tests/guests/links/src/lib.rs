//! Actors that clients stay connected to, written with the SDK: one with every hook, one with none, one in which
//! everybody waits, and two for raw WebSockets.

mod deaf;
mod gate_keeper;
mod latch;
mod plain_sockets;
mod sleeper_sockets;
mod socket_counter;
mod waiting_room;

use rivet_guest::export;

export!(
    deaf::Deaf,
    gate_keeper::GateKeeper,
    plain_sockets::PlainSockets,
    sleeper_sockets::SleeperSockets,
    waiting_room::WaitingRoom
);
