//! What the host says about itself (client-protocol.md sections 1.1 and 5).

use std::collections::BTreeMap;

use hyper::StatusCode;
use rivet_ground::ActorManifest;
use serde::Serialize;
use serde_json::json;

use crate::catalog::Catalog;
use crate::gateway::Vitals;
use crate::lens;
use crate::wire::answer::{HttpResponse, json, with_body};

/// The version of RivetKit whose clients the host is written for.
const RIVETKIT: &str = "2.3.19";

/// An actor name as clients and tools read it.
#[derive(Serialize)]
struct ActorName {
    metadata: Metadata,
}

#[derive(Serialize)]
struct Metadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<String>,
}

/// `GET /metadata`: clients ask for it before anything else. There is no `clientEndpoint`: they stay where they are.
pub(crate) fn metadata(catalog: &Catalog) -> HttpResponse {
    json(&json!({
        "runtime": "rivetkit",
        "version": RIVETKIT,
        "type": "rivet-host",
        "hostVersion": env!("CARGO_PKG_VERSION"),
        "actorNames": actor_names(catalog.actors()),
    }))
}

/// `GET /health`.
pub(crate) fn health() -> HttpResponse {
    json(&json!({ "runtime": "engine", "status": "ok", "version": RIVETKIT }))
}

/// `GET /metrics`.
pub(crate) fn metrics(vitals: &Vitals) -> HttpResponse {
    with_body(StatusCode::OK, "text/plain; version=0.0.4", lens::prometheus(vitals).into())
}

/// `GET /`.
pub(crate) fn banner() -> HttpResponse {
    let text =
        concat!("This is rivet-host ", env!("CARGO_PKG_VERSION"), ". Point a Rivet client at this URL.\n");
    with_body(StatusCode::OK, "text/plain", text.into())
}

/// `GET /metadata` below an actor.
pub(crate) fn actor_metadata() -> HttpResponse {
    json(&json!({ "runtime": "rivetkit", "type": "local", "version": RIVETKIT }))
}

/// `GET /` below an actor.
pub(crate) fn actor_banner() -> HttpResponse {
    with_body(StatusCode::OK, "text/plain", "This is an actor. Call it with a Rivet client.\n".into())
}

/// `GET /actors/names`.
pub(crate) fn names(catalog: &Catalog) -> HttpResponse {
    json(&json!({ "names": actor_names(catalog.actors()), "pagination": { "cursor": null } }))
}

fn actor_names(actors: Vec<ActorManifest>) -> serde_json::Value {
    let names: BTreeMap<String, ActorName> = actors
        .into_iter()
        .map(|actor| {
            (actor.name, ActorName { metadata: Metadata { name: actor.display_name, icon: actor.icon } })
        })
        .collect();
    json!(names)
}
