//! Requests to an actor.

use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Method, StatusCode};
use rivet_codec::{CodecError, Encoding, QueueSend, decode_action, decode_queue_send, value};
use rivet_ground::{ActorError, limits};
use serde_json::json;

use crate::gateway::{ActorSpecifier, Publish, Target, Work};
use crate::wire::actor_request::ActorRequest;
use crate::wire::answer::{self, HttpResponse};
use crate::wire::body::{self, BodyError};
use crate::wire::listener::Seat;
use crate::wire::route::Route;
use crate::wire::service::Service;
use crate::wire::{about, addressing, conn_params, cors, raw_request, socket};

/// Whether a request is for an actor.
pub(crate) fn is_for_actor(path: &str, headers: &HeaderMap) -> bool {
    addressing::is_gateway(path) || addressing::has_headers(headers)
}

/// Answers a request to an actor, which came through the connection of a seat.
pub(crate) async fn respond(seat: &Arc<Seat>, request: ActorRequest, body: Incoming) -> HttpResponse {
    let service = &*seat.service;
    let headers = &request.head.headers;
    if request.head.method == Method::OPTIONS {
        return cors::gateway_preflight(headers);
    }
    let address = match addressing::parse(request.path(), request.query(), headers, request.client()) {
        Ok(address) => address,
        Err(error) => return answer::from_host(&error),
    };
    let (route, path_bytes) = (Route::of(&request.head.method, address.path), address.path.len());
    let target = match (&route, address.target) {
        // WebSockets are told after they are open.
        (Route::Connect, target) => return socket::open_client(seat, request, target, path_bytes),
        (Route::WebSocket(path), target) => {
            let path_bytes = path.len();
            return socket::open_raw(seat, request, target, path_bytes);
        }
        (_, Ok(target)) => target,
        (_, Err(error)) => return answer::from_host(&error),
    };
    match route {
        Route::Action(name) => {
            let name = name.into_owned();
            call(service, request, target, path_bytes, body, Place::Action(name)).await
        }
        Route::Queue(name) => {
            let name = name.into_owned();
            call(service, request, target, path_bytes, body, Place::Queue(name)).await
        }
        Route::Request(path) => raw_request::respond(service, &target, &request, path, body).await,
        route => match service.gateway.resolve(target).await {
            Ok(actor) => page(&request, &route, address.path, &actor),
            Err(error) => answer::from_host(&error),
        },
    }
}

async fn call(
    service: &Service,
    request: ActorRequest,
    target: Target,
    path_bytes: usize,
    body: Incoming,
    place: Place,
) -> HttpResponse {
    let body = match body::collect(body, limits::MESSAGE_IN_BYTES).await {
        Ok(body) => body,
        Err(error @ BodyError::TooLong { .. }) => {
            let error = ActorError::new("message", "incoming_too_long", error.to_string());
            return answer::from_actor(request.format_without_body(), &error, None);
        }
        Err(error) => return answer::from_host(&error.into_host_error()),
    };
    let format = request.format(&body);
    let is_action = matches!(place, Place::Action(_));
    let work = match place.work(format.encoding, &body) {
        Ok(work) => work,
        Err(reason) => return answer::malformed(format, &reason),
    };
    let params = match conn_params::of_header(&request.head.headers) {
        Ok(params) => params,
        Err(error) => return answer::from_actor(format, &error, None),
    };
    let caller = request.into_caller(params, path_bytes);
    match service.gateway.call(target, work, caller).await {
        Ok(answer) if is_action => answer::from_action(format, answer.outcome, &answer.actor),
        Ok(answer) => answer::from_queue(format, answer.outcome, &answer.actor),
        Err(error) => answer::from_host(&error),
    }
}

/// Where a call is sent to.
enum Place {
    /// The action of this name.
    Action(String),
    /// The queue, under this name.
    Queue(String),
}

impl Place {
    /// What a body asks for there.
    fn work(self, encoding: Encoding, body: &[u8]) -> Result<Work, CodecError> {
        Ok(match self {
            Self::Action(name) => Work::Action { name, args: decode_action(encoding, body)? },
            Self::Queue(queue) => {
                let QueueSend { body, wait, timeout_ms } = decode_queue_send(encoding, body)?;
                Work::Publish(Publish { queue, body, wait, timeout_ms })
            }
        })
    }
}

/// The places of every actor that need no turn of it.
fn page(request: &ActorRequest, route: &Route<'_>, path: &str, actor: &ActorSpecifier) -> HttpResponse {
    let mut response = match route {
        Route::Health => answer::with_body(StatusCode::OK, "text/plain", Bytes::from_static(b"ok")),
        Route::Metadata => about::actor_metadata(),
        Route::Banner => about::actor_banner(),
        Route::WrongMethod => {
            let metadata = json!({ "method": request.head.method.as_str(), "path": path });
            let error = ActorError::actor("method_not_allowed", "Method not allowed");
            refused(request, error, &metadata, actor)
        }
        Route::Unknown
        | Route::Action(_)
        | Route::Queue(_)
        | Route::Connect
        | Route::WebSocket(_)
        | Route::Request(_) => {
            let error = ActorError::actor("not_found", "The actor has no such route.");
            refused(request, error, &no_route(path), actor)
        }
    };
    answer::name_actor(&mut response, actor);
    response
}

fn no_route(path: &str) -> serde_json::Value {
    json!({ "id": path, "resource": "route" })
}

fn refused(
    request: &ActorRequest,
    mut error: ActorError,
    metadata: &serde_json::Value,
    actor: &ActorSpecifier,
) -> HttpResponse {
    error.metadata = value::from_json(metadata.to_string().as_bytes()).ok().map(Into::into);
    answer::from_actor(request.format_without_body(), &error, Some(actor))
}
