//! The management routes: components uploaded, listed and removed.

use hyper::Method;
use hyper::body::{Body, Incoming};
use hyper::http::request::Parts;
use rivet_ground::{ActorError, limits};
use serde_json::json;

use crate::wire::answer::{self, HttpResponse};
use crate::wire::bearer;
use crate::wire::body::{self, BodyError};
use crate::wire::route::decode;
use crate::wire::service::{Service, not_found};

/// Answers a request to `/components` or below.
pub(crate) async fn respond(service: &Service, head: &Parts, path: &str, mut body: Incoming) -> HttpResponse {
    match answer(service, head, path, &mut body).await {
        Ok(response) => response,
        Err(error) => {
            // All of it: `rivet-host deploy` sends before it reads.
            body::discard(&mut body, limits::COMPONENT_BYTES).await;
            answer::from_host(&error)
        }
    }
}

async fn answer(
    service: &Service,
    head: &Parts,
    path: &str,
    body: &mut Incoming,
) -> Result<HttpResponse, ActorError> {
    bearer::check(service.config.management_token.as_deref(), &head.headers)?;
    let catalog = &service.catalog;
    let below = path.strip_prefix("/components").unwrap_or_default().trim_matches('/');
    if below.is_empty() {
        return match head.method {
            Method::GET | Method::HEAD => Ok(answer::json(&json!({ "components": catalog.components() }))),
            _ => Err(wrong_method("put a component at /components/{name}")),
        };
    }
    let name = decode(below).ok_or_else(not_found)?;
    match head.method {
        Method::GET | Method::HEAD => {
            let info = catalog.component(&name).ok_or_else(|| {
                ActorError::new("component", "not_found", format!("there is no component {name:?}"))
            })?;
            Ok(answer::json(&info))
        }
        Method::PUT => upload(service, &name, body).await,
        Method::DELETE => {
            catalog.remove(&name).await?;
            Ok(answer::json(&json!({})))
        }
        _ => Err(wrong_method("a component takes GET, PUT and DELETE")),
    }
}

async fn upload(service: &Service, name: &str, body: &mut Incoming) -> Result<HttpResponse, ActorError> {
    if body.size_hint().lower() > limits::COMPONENT_BYTES as u64 {
        let message = format!("a component may have {} bytes", limits::COMPONENT_BYTES);
        return Err(ActorError::new("component", "too_large", message));
    }
    let mut upload = service.catalog.begin_upload(name).await?;
    while let Some(chunk) = body::next(body).await.map_err(BodyError::into_host_error)? {
        upload.write(&chunk).await?;
    }
    Ok(answer::json(&upload.finish().await?))
}

fn wrong_method(message: &str) -> ActorError {
    ActorError::new("api", "method_not_allowed", message)
}
