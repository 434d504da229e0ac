//! The events of a test's stand-in for the host.

use super::connection::Stage;
use super::{error, host};
use crate::host::HostError;

pub(crate) fn broadcast(name: &str, args: &[u8]) -> Result<(), HostError> {
    host(|host| {
        let open = host.connections.values_mut().filter(|connection| connection.stage == Stage::Open);
        for connection in open.filter(|connection| connection.subscriptions.contains(name)) {
            connection.told.push((name.to_owned(), args.to_vec()));
        }
    });
    Ok(())
}

pub(crate) fn send(connection: u64, name: &str, args: &[u8]) -> Result<(), HostError> {
    host(|host| {
        let connection = host.present(connection)?;
        if connection.kind != "connect" {
            return Err(error("connection", "not_found", "The connection is no client's."));
        }
        connection.told.push((name.to_owned(), args.to_vec()));
        Ok(())
    })
}
