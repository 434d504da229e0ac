//! Resident memory of live, idle actors.

use support::Host;

use crate::load::Load;
use crate::{address, calls};

/// Actors that are live before the measurement, so that it leaves out what the first ones cost.
const WARM_ACTORS: usize = 100;
const CONNECTIONS: usize = 8;

/// How much the resident memory of the host grows for each further live actor, in bytes.
pub fn bytes_per_actor(host: &Host, actors: usize) -> f64 {
    let requests = calls(host, "increment", WARM_ACTORS + actors);
    let wake = |requests| Load { connections: CONNECTIONS, requests, run_for: None }.run(&address(host));
    wake(&requests[..WARM_ACTORS]);
    let before = host.resident_bytes();
    wake(&requests[WARM_ACTORS..]);
    (host.resident_bytes() - before) / actors as f64
}
