//! What the listener serves, and which part of it a request is for.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Request};
use rivet_ground::{ActorError, Clock};

use crate::catalog::Catalog;
use crate::gateway::Gateway;
use crate::wire::answer::{self, HttpResponse};
use crate::wire::{about, actor_call, components, cors, manager, ray};

/// How the listener behaves.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// A path that every route is served under, besides the root: `/x`, or empty. `/api/rivet`, where RivetKit lives in
    /// a web application, is always served.
    pub base_path: String,
    /// The bearer token that management routes ask for; none lets everybody manage.
    pub management_token: Option<String>,
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

/// Answers one request.
pub(crate) async fn respond(service: &Service, request: Request<Incoming>) -> HttpResponse {
    let (head, body) = request.into_parts();
    let started = tracing::enabled!(tracing::Level::DEBUG).then(|| service.clock.monotonic());
    let path = below_base(&service.config.base_path, head.uri.path());
    let mut response = if actor_call::is_for_actor(path, &head.headers) {
        let mut response = actor_call::respond(service, &head, path, body).await;
        cors::allow_gateway(response.headers_mut(), &head.headers);
        response
    } else if is_below(path, "/components") {
        // No CORS here: a page in a browser must not be able to deploy code on the machine that it is read on.
        components::respond(service, &head, path, body).await
    } else {
        let mut response = public(service, &head, path, body).await;
        cors::allow_manager(response.headers_mut(), &head.headers);
        response
    };
    let ray_id = ray::ray_id();
    if let Some(started) = started {
        let took_us = (service.clock.monotonic() - started).as_micros();
        let status = response.status().as_u16();
        tracing::debug!(?ray_id, method = %head.method, path, status, took_us, "request");
    }
    response.headers_mut().insert(ray::RAY_ID, ray_id);
    response
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
