//! Requests to an actor.

use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, USER_AGENT};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use rivet_codec::{Client, Encoding, Format, decode_action, value};
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
    let address = match addressing::parse(path, query, &head.headers, client(head)) {
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

fn header(head: &Parts, name: HeaderName) -> Option<&str> {
    head.headers.get(name)?.to_str().ok()
}

fn client(head: &Parts) -> Client {
    Client::of_user_agent(header(head, USER_AGENT))
}

fn format(head: &Parts, body: &[u8]) -> Format {
    Format { encoding: Encoding::of_request(header(head, ENCODING), body), client: client(head) }
}

/// The format of an error for which no body was read. Without one a client of BARE has not said which version it
/// reads, but all of them take an error in JSON (client-protocol.md section 5).
fn format_without_body(head: &Parts) -> Format {
    match format(head, &[]) {
        Format { encoding: Encoding::Bare(_), client } => Format { encoding: Encoding::Json, client },
        format => format,
    }
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
            return answer::from_actor(format_without_body(head), &error, None);
        }
        Err(error) => return answer::from_host(&error.into_host_error()),
    };
    let format = format(head, &body);
    let args = match decode_action(format.encoding, &body) {
        Ok(args) => args,
        Err(reason) => return answer::malformed(format, &reason),
    };
    match service.gateway.action(target, action, args).await {
        Ok(answer) => answer::from_action(format, answer.outcome, &answer.actor),
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
            refused(head, ActorError::actor("method_not_allowed", "Method not allowed"), &metadata, actor)
        }
        Route::NotYet(what) => {
            // Not `actor.not_found`: handles with a key would try again and again.
            let message = format!("this host does not have {what} yet: call an action");
            refused(head, ActorError::new("api", "not_found", message), &no_route(path), actor)
        }
        Route::Unknown | Route::Action(_) => {
            let error = ActorError::actor("not_found", "The actor has no such route.");
            refused(head, error, &no_route(path), actor)
        }
    };
    answer::name_actor(&mut response, actor);
    response
}

fn no_route(path: &str) -> serde_json::Value {
    json!({ "id": path, "resource": "route" })
}

fn refused(
    head: &Parts,
    mut error: ActorError,
    metadata: &serde_json::Value,
    actor: &ActorSpecifier,
) -> HttpResponse {
    error.metadata = value::from_json(metadata.to_string().as_bytes()).ok().map(Into::into);
    answer::from_actor(format_without_body(head), &error, Some(actor))
}
