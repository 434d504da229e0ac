//! Requests to an actor.

use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use rivet_codec::{Encoding, decode_action, value};
use rivet_ground::{ActorError, limits};
use serde_json::json;

use crate::gateway::{ActorSpecifier, Target};
use crate::wire::answer::{self, HttpResponse};
use crate::wire::body::{self, BodyError};
use crate::wire::route::Route;
use crate::wire::service::Service;
use crate::wire::{about, addressing, cors};

const ENCODING: HeaderName = HeaderName::from_static("x-rivet-encoding");

/// Whether a request is for an actor.
pub(crate) fn is_for_actor(path: &str, headers: &HeaderMap) -> bool {
    addressing::is_gateway(path) || addressing::has_headers(headers)
}

/// Answers a request to an actor.
pub(crate) async fn respond(service: &Service, head: &Parts, path: &str, body: Incoming) -> HttpResponse {
    if head.method == Method::OPTIONS {
        return cors::gateway_preflight(&head.headers);
    }
    let query = head.uri.query().unwrap_or_default();
    let address = match addressing::parse(path, query, &head.headers) {
        Ok(address) => address,
        Err(error) => return answer::from_host(&error),
    };
    match Route::of(&head.method, address.path) {
        Route::Action(name) => call(service, head, address.target, name.into_owned(), body).await,
        route => match service.gateway.resolve(address.target).await {
            Ok(actor) => page(head, &route, address.path, &actor),
            Err(error) => answer::from_host(&error),
        },
    }
}

fn encoding(head: &Parts, body: &[u8]) -> Encoding {
    Encoding::of_request(head.headers.get(ENCODING).and_then(|name| name.to_str().ok()), body)
}

async fn call(
    service: &Service,
    head: &Parts,
    target: Target,
    action: String,
    body: Incoming,
) -> HttpResponse {
    let body = match body::collect(body, limits::MESSAGE_IN_BYTES).await {
        Ok(body) => body,
        Err(error @ BodyError::TooLong { .. }) => {
            let error = ActorError::new("message", "incoming_too_long", error.to_string());
            return answer::from_actor(encoding(head, &[]), &error, None);
        }
        Err(error) => return answer::from_host(&error.into_host_error()),
    };
    let encoding = encoding(head, &body);
    let args = match decode_action(encoding, &body) {
        Ok(args) => args,
        Err(reason) => return answer::malformed(encoding, &reason),
    };
    match service.gateway.action(target, action, args).await {
        Ok(answer) => answer::from_action(encoding, answer.outcome, &answer.actor),
        Err(error) => answer::from_host(&error),
    }
}

/// The places of every actor that need no turn of it.
fn page(head: &Parts, route: &Route<'_>, path: &str, actor: &ActorSpecifier) -> HttpResponse {
    let mut response = match route {
        Route::Health => answer::with_body(StatusCode::OK, "text/plain", "ok".into()),
        Route::Metadata => about::actor_metadata(),
        Route::Banner => about::actor_banner(),
        // As every actor that has no handler.
        Route::Request => answer::empty(StatusCode::NOT_FOUND),
        Route::WrongMethod => {
            let metadata = json!({ "method": head.method.as_str(), "path": path });
            refused(head, ("method_not_allowed", "Method not allowed"), &metadata, actor)
        }
        Route::Unknown | Route::Action(_) => {
            let metadata = json!({ "id": path, "resource": "route" });
            refused(head, ("not_found", "The actor has no such route."), &metadata, actor)
        }
    };
    answer::name_actor(&mut response, actor);
    response
}

fn refused(
    head: &Parts,
    (code, message): (&str, &str),
    metadata: &serde_json::Value,
    actor: &ActorSpecifier,
) -> HttpResponse {
    let mut error = ActorError::actor(code, message);
    error.metadata = value::from_json(metadata.to_string().as_bytes()).ok().map(Into::into);
    answer::from_actor(encoding(head, &[]), &error, Some(actor))
}
