//! WebSockets: those of clients, and raw ones (client-protocol.md section 8). One task each.

mod backlog;
mod end;
mod frame;
mod protocol;
mod pulse;
mod session;

use std::sync::Arc;

use hyper::upgrade::OnUpgrade;
use rivet_codec::Client;
use rivet_ground::ActorError;

use crate::gateway::{Caller, Connection, Target};
use crate::wire::actor_request::ActorRequest;
use crate::wire::answer::HttpResponse;
use crate::wire::listener::Seat;
use crate::wire::tokens::Tokens;
use crate::wire::{conn_params, upgrade};
use end::End;
use protocol::Protocol;
use session::Session;

/// Opens the connection of a client, which asked at the last `path_bytes` of the path.
pub(crate) fn open_client(
    seat: &Arc<Seat>,
    request: ActorRequest,
    target: Result<Target, ActorError>,
    path_bytes: usize,
) -> HttpResponse {
    let tokens = Tokens::of(&request.head.headers);
    let by_path = matches!(target, Ok(Target::Id(_))) && tokens.actor().is_none();
    let client = reader(request.client(), tokens.encoding, by_path);
    let protocol = Protocol::of_client(tokens.encoding, client);
    open(seat, request, target, path_bytes, protocol)
}

/// Who reads what the socket says. The npm clients say nothing about themselves on a WebSocket, but those before 2.3 have
/// an id in every path, and later ones only if that is all they know of the actor (client-protocol.md section 12).
/// In JSON the older form is the one that both can read; in CBOR they differ only in escapes, and in BARE by version.
fn reader(client: Client, encoding: Option<&str>, by_path: bool) -> Client {
    match (client, encoding) {
        (Client::Current, None | Some("json")) if by_path => Client::Before23,
        _ => client,
    }
}

/// Opens a raw WebSocket, whose path for the actor is the last `path_bytes` of the path.
pub(crate) fn open_raw(
    seat: &Arc<Seat>,
    request: ActorRequest,
    target: Result<Target, ActorError>,
    path_bytes: usize,
) -> HttpResponse {
    open(seat, request, target, path_bytes, Ok(Protocol::Raw))
}

fn open(
    seat: &Arc<Seat>,
    mut request: ActorRequest,
    target: Result<Target, ActorError>,
    path_bytes: usize,
    protocol: Result<Protocol, End>,
) -> HttpResponse {
    let (response, upgrade) = match upgrade::accept(&mut request.head) {
        Ok(opened) => opened,
        Err(refused) => return refused,
    };
    let params = conn_params::of_token(Tokens::of(&request.head.headers).conn_params);
    let visit = target.and_then(|target| Ok((target, request.into_caller(params?, path_bytes))));
    tokio::spawn(serve(seat.clone(), upgrade, protocol, visit));
    response
}

/// Serves one socket from its upgrade to its end.
async fn serve(
    seat: Arc<Seat>,
    upgrade: OnUpgrade,
    protocol: Result<Protocol, End>,
    visit: Result<(Target, Caller), ActorError>,
) {
    let message_bytes = protocol.as_ref().unwrap_or(&Protocol::Raw).message_bytes();
    let Some(mut session) = Session::open(upgrade, message_bytes).await else { return };
    let mut stop = seat.stopping();
    let mut protocol = match protocol {
        Ok(protocol) => protocol,
        Err(end) => return session.finish(&end).await,
    };
    let entered = tokio::select! {
        // In a box of its own: a socket that is open needs the room no more.
        entered = Box::pin(enter(&seat, protocol, visit)) => entered,
        _ = stop.changed() => return session.finish(&End::going_away()).await,
    };
    match entered {
        Ok(connection) => {
            protocol
                .init(connection.actor(), connection.uuid())
                .into_iter()
                .for_each(|init| session.push(init));
            let end = session.carry(&connection, &mut protocol, &mut stop).await;
            tokio::join!(session.finish(&end), Box::pin(connection.close(end.reason.clone())));
        }
        Err(error) => {
            protocol.refusal(&error).into_iter().for_each(|refusal| session.push(refusal));
            session.finish(&End::of_error(&error)).await;
        }
    }
}

async fn enter(
    seat: &Seat,
    protocol: Protocol,
    visit: Result<(Target, Caller), ActorError>,
) -> Result<Connection, ActorError> {
    let (target, caller) = visit?;
    seat.service.gateway.connect(&target, protocol.kind(), caller).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_may_be_old_gets_what_it_can_read() {
        let current = Client::Current;
        assert_eq!(reader(current, Some("json"), true), Client::Before23);
        assert_eq!(reader(current, None, true), Client::Before23);
        assert_eq!(reader(current, Some("json"), false), current);
        assert_eq!(reader(current, Some("cbor"), true), current);
        assert_eq!(reader(Client::Rust, Some("json"), true), Client::Rust);
    }
}
