//! Resident memory of connections on which nothing happens.

use support::Host;

use crate::address;
use crate::socket::Socket;

/// Connections that are open before the measurement, so that it leaves out what the first ones cost.
const WARM_CONNECTIONS: usize = 200;

/// How much the resident memory of the host grows for each further connection, in bytes.
pub async fn bytes_per_connection(host: &Host, connections: usize) -> f64 {
    let path = host.actor("counter", "idle").place("/connect");
    let mut open = Vec::new();
    let mut before = 0.0;
    for number in 0..WARM_CONNECTIONS + connections {
        if number == WARM_CONNECTIONS {
            before = host.resident_bytes();
        }
        open.push(Socket::open(address(host), &path).await.into_stream());
    }
    (host.resident_bytes() - before) / connections as f64
}
