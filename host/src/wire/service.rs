//! What the listener serves, and which part of it a request is for.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::ORIGIN;
use hyper::http::request::Parts;
use hyper::{Method, Request, Uri};
use rivet_ground::{ActorError, Clock};

use crate::catalog::Catalog;
use crate::gateway::Gateway;
use crate::wire::actor_request::ActorRequest;
use crate::wire::answer::{self, HttpResponse};
use crate::wire::listener::Seat;
use crate::wire::origins::Origins;
use crate::wire::ray::{RAY_ID, RayId};
use crate::wire::{about, actor_call, bearer, components, cors, manager};

/// How the listener behaves.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// A path that every route is served under, besides the root: `/x`, or empty. `/api/rivet`, where RivetKit lives in
    /// a web application, is always served.
    pub base_path: String,
    /// The bearer token that management routes ask for; none lets everybody manage.
    pub management_token: Option<String>,
    /// The origins whose pages may use the host.
    pub origins: Origins,
}

/// What the listener serves.
pub struct Service {
    /// How.
    pub config: Config,
    /// The actors.
    pub gateway: Arc<Gateway>,
    /// The components.
    pub catalog: Arc<Catalog>,
    /// The time that requests take, for the log.
    pub clock: Arc<dyn Clock>,
}

/// Answers one request, which came through the connection of a seat.
pub(crate) async fn respond(seat: &Arc<Seat>, request: Request<Incoming>) -> HttpResponse {
    let service = &*seat.service;
    let (head, body) = request.into_parts();
    let ray_id = RayId::new();
    let line = Line::of(service, &head);
    let mut response = match cors::check(&service.config.origins, &head.headers) {
        Ok(()) => routed(seat, head, body, ray_id).await,
        Err(refused) => refused,
    };
    if let Some(line) = line {
        line.log(service, ray_id, &response);
    }
    response.headers_mut().insert(RAY_ID, ray_id.into());
    response
}

async fn routed(seat: &Arc<Seat>, head: Parts, body: Incoming, ray_id: RayId) -> HttpResponse {
    let service = &*seat.service;
    let path = below_base(&service.config.base_path, head.uri.path());
    if actor_call::is_for_actor(path, &head.headers) {
        let base_bytes = head.uri.path().len() - path.len();
        let origin = head.headers.get(ORIGIN).cloned();
        let request = ActorRequest::new(head, base_bytes, ray_id);
        let mut response = actor_call::respond(seat, request, body).await;
        cors::allow_gateway(response.headers_mut(), origin);
        response
    } else if is_below(path, "/components") {
        // No CORS here: a page in a browser must not be able to deploy code on the machine that it is read on.
        components::respond(service, &head, path, body).await
    } else if path == "/metrics" && matches!(head.method, Method::GET | Method::HEAD) {
        match bearer::check(service.config.management_token.as_deref(), &head.headers) {
            Ok(()) => about::metrics(&service.gateway.vitals().await),
            Err(error) => answer::from_host(&error),
        }
    } else {
        let mut response = public(service, &head, path, body).await;
        cors::allow_manager(response.headers_mut(), &head.headers);
        response
    }
}

/// What the log says of a request.
struct Line {
    started: Duration,
    method: Method,
    uri: Uri,
}

impl Line {
    /// None if nobody reads it.
    fn of(service: &Service, head: &Parts) -> Option<Self> {
        tracing::enabled!(tracing::Level::DEBUG).then(|| Self {
            started: service.clock.monotonic(),
            method: head.method.clone(),
            uri: head.uri.clone(),
        })
    }

    fn log(self, service: &Service, ray_id: RayId, response: &HttpResponse) {
        let Self { started, method, uri } = self;
        let took_us = (service.clock.monotonic() - started).as_micros();
        let (path, status) = (uri.path(), response.status().as_u16());
        tracing::debug!(ray_id = ray_id.as_str(), %method, path, status, took_us, "request");
    }
}

/// The routes that every page may call: the manager's and those about the host.
async fn public(service: &Service, head: &Parts, path: &str, body: Incoming) -> HttpResponse {
    if head.method == Method::OPTIONS {
        return cors::manager_preflight();
    }
    if is_below(path, "/actors") {
        return match manager::respond(service, head, path, body).await {
            Ok(response) => response,
            Err(error) => answer::from_host(&error),
        };
    }
    let read = matches!(head.method, Method::GET | Method::HEAD);
    match path {
        "/metadata" if read => about::metadata(&service.catalog),
        "/health" if read => about::health(),
        "/" | "" if read => about::banner(),
        _ => answer::from_host(&not_found()),
    }
}

pub(crate) fn not_found() -> ActorError {
    ActorError::new("api", "not_found", "The requested resource was not found")
}

/// The path without the base path, if it is below one.
fn below_base<'a>(base_path: &str, path: &'a str) -> &'a str {
    for base in [base_path.trim_end_matches('/'), "/api/rivet"] {
        if let Some(rest) = path.strip_prefix(base)
            && !base.is_empty()
            && (rest.is_empty() || rest.starts_with('/'))
        {
            return rest;
        }
    }
    path
}

/// Whether the path is this place or below it.
pub(crate) fn is_below(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_paths_are_taken_off() {
        assert_eq!(below_base("", "/actors"), "/actors");
        assert_eq!(below_base("", "/api/rivet/actors"), "/actors");
        assert_eq!(below_base("", "/api/rivetactors"), "/api/rivetactors");
        assert_eq!(below_base("/x/y", "/x/y/gateway/a"), "/gateway/a");
        assert_eq!(below_base("/x/", "/x/metadata"), "/metadata");
        assert_eq!(below_base("/x", "/x"), "");
        assert_eq!(below_base("/x", "/metadata"), "/metadata");
    }
}
