//! The manager routes: actors looked up, made and destroyed (client-protocol.md section 2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::Method;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use rivet_codec::value::decode_input;
use rivet_ground::{ActorError, ActorId, ActorKey, check_namespace, limits};
use serde::Deserialize;
use serde_json::json;

use crate::gateway::ActorRecord;
use crate::wire::about;
use crate::wire::actor_list::{self, Wanted};
use crate::wire::actor_object::ActorObject;
use crate::wire::actor_rest;
use crate::wire::answer::{self, HttpResponse};
use crate::wire::body;
use crate::wire::route::decode;
use crate::wire::service::{Service, not_found};

/// The body of a request for a new actor. What this host has no notion of (`datacenter`, `crash_policy`,
/// `runner_name_selector`, which the Rust client calls `pool`) is ignored.
#[derive(Debug, Deserialize)]
struct NewActor {
    name: String,
    /// In serialized form.
    #[serde(default)]
    key: Option<String>,
    /// CBOR in base64.
    #[serde(default)]
    input: Option<String>,
}

/// Answers a request to `/actors` or below.
pub(crate) async fn respond(
    service: &Service,
    head: &Parts,
    path: &str,
    body: Incoming,
) -> Result<HttpResponse, ActorError> {
    let below = path.strip_prefix("/actors").unwrap_or_default().trim_matches('/');
    if let Some(asked) = actor_rest::parse(&head.method, below) {
        return actor_rest::respond(service, head, asked, body).await;
    }
    let namespace = namespace(head)?;
    match (&head.method, below) {
        (&Method::GET | &Method::HEAD, "") => list(service, &namespace, head).await,
        (&Method::PUT, "") => get_or_create(service, &namespace, body).await,
        (&Method::POST, "") => create(service, &namespace, body).await,
        (&Method::GET | &Method::HEAD, "names") => Ok(about::names(&service.catalog)),
        (&Method::GET | &Method::HEAD, below) => kv_value(service, &namespace, below).await,
        (&Method::DELETE, id) => destroy(service, &namespace, id).await,
        _ => Err(not_found()),
    }
}

/// The namespace of the query; some clients send it as a header.
fn namespace(head: &Parts) -> Result<String, ActorError> {
    let query = head.uri.query().unwrap_or_default();
    let param = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "namespace");
    let header = || head.headers.get("x-rivet-namespace")?.to_str().ok().map(Into::into);
    let namespace = param
        .map(|(_, value)| value)
        .or_else(header)
        .ok_or_else(|| bad_request("the query has no `namespace`: add `?namespace=default`".to_owned()))?;
    check_namespace(&namespace).map_err(|error| bad_request(error.to_string()))?;
    Ok(namespace.into_owned())
}

async fn list(service: &Service, namespace: &str, head: &Parts) -> Result<HttpResponse, ActorError> {
    let gateway = &service.gateway;
    let mut cursor = None;
    let records = match actor_list::parse(head.uri.query().unwrap_or_default())? {
        Wanted::Ids(ids) => {
            let mut records = Vec::with_capacity(ids.len());
            for id in ids {
                records.extend(gateway.get(namespace, id).await?);
            }
            records
        }
        Wanted::Key { name, key } => gateway.find(namespace, &name, &key).await?.into_iter().collect(),
        Wanted::Name { name, include_destroyed, limit, before_ms } => {
            let records = gateway.list(namespace, &name, include_destroyed, limit, before_ms).await?;
            if records.len() == limit {
                cursor = records.last().map(|record| record.created_ms.to_string());
            }
            records
        }
    };
    let actors: Vec<ActorObject> = records.into_iter().map(|record| object(service, record)).collect();
    Ok(answer::json(&json!({ "actors": actors, "pagination": { "cursor": cursor } })))
}

async fn get_or_create(
    service: &Service,
    namespace: &str,
    body: Incoming,
) -> Result<HttpResponse, ActorError> {
    let NewActor { name, key, input } = read(body).await?;
    let key = key.ok_or_else(|| bad_request("the body has no `key`".to_owned()))?;
    let (record, created) =
        service.gateway.get_or_create(namespace, &name, parse_key(&key)?, parse_input(input)?).await?;
    Ok(answer::json(&json!({ "actor": object(service, record), "created": created })))
}

async fn create(service: &Service, namespace: &str, body: Incoming) -> Result<HttpResponse, ActorError> {
    let NewActor { name, key, input } = read(body).await?;
    let key = parse_key(&key.unwrap_or_default())?;
    let record = service.gateway.create(namespace, &name, key, parse_input(input)?).await?;
    Ok(answer::json(&json!({ "actor": object(service, record) })))
}

async fn destroy(service: &Service, namespace: &str, id: &str) -> Result<HttpResponse, ActorError> {
    service.gateway.destroy(namespace, parse_id(id)?).await?;
    Ok(answer::json(&json!({})))
}

/// `{id}/kv/keys/{base64}`: where tools look for the token of an actor's inspector, which this host has none of.
async fn kv_value(service: &Service, namespace: &str, below: &str) -> Result<HttpResponse, ActorError> {
    let (id, key) = below.split_once("/kv/keys/").ok_or_else(not_found)?;
    let id = parse_id(id)?;
    check_kv_key(key)?;
    if service.gateway.get(namespace, id).await?.is_none() {
        return Err(ActorError::actor("not_found", "The actor does not exist or was destroyed."));
    }
    Err(ActorError::actor("kv_key_not_found", "this host shows no KV key of an actor: ask the actor"))
}

fn check_kv_key(key: &str) -> Result<(), ActorError> {
    let decoded = decode(key).and_then(|key| STANDARD.decode(&*key).ok());
    decoded.map(drop).ok_or_else(|| invalid_input(format!("{key:?} is no KV key in base64")))
}

pub(super) fn parse_id(id: &str) -> Result<ActorId, ActorError> {
    decode(id).and_then(|id| id.parse().ok()).ok_or_else(|| invalid_input(format!("{id:?} is no actor id")))
}

fn invalid_input(message: String) -> ActorError {
    ActorError::new("validation", "invalid_input", message)
}

fn object(service: &Service, record: ActorRecord) -> ActorObject {
    let started_ms = service.gateway.started_ms(record.id);
    ActorObject::new(record, started_ms)
}

async fn read(body: Incoming) -> Result<NewActor, ActorError> {
    let body =
        body::collect(body, limits::MANAGEMENT_BODY_BYTES).await.map_err(body::BodyError::into_host_error)?;
    parse_body(&body)
}

fn parse_body(body: &[u8]) -> Result<NewActor, ActorError> {
    serde_json::from_slice(body).map_err(|error| bad_request(format!("the body cannot be read: {error}")))
}

fn parse_key(text: &str) -> Result<ActorKey, ActorError> {
    ActorKey::deserialize(text).map_err(ActorError::from)
}

fn parse_input(input: Option<String>) -> Result<Option<Bytes>, ActorError> {
    let Some(input) = input else { return Ok(None) };
    let cbor =
        STANDARD.decode(&input).map_err(|error| bad_request(format!("`input` is not base64: {error}")))?;
    let value =
        decode_input(&cbor).map_err(|error| bad_request(format!("`input` holds no value: {error}")))?;
    Ok(Some(value))
}

pub(super) fn bad_request(message: String) -> ActorError {
    ActorError::new("api", "bad_request", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bodies that the real client sends (captured from npm `rivetkit` 2.3.19).
    #[test]
    fn captured_bodies_are_read() {
        let vectors: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("testdata/manager.json")).unwrap();
        let mut checked = 0;
        for vector in vectors.iter().filter(|vector| vector["request"].is_object()) {
            let sent = &vector["request"];
            let read = parse_body(sent.to_string().as_bytes()).unwrap();
            assert_eq!(sent["name"], read.name);
            let key = parse_key(&read.key.unwrap()).unwrap();
            assert_eq!(sent["key"], key.serialize());
            let input = parse_input(read.input).unwrap();
            assert_eq!(input.is_some(), sent["input"].is_string());
            checked += 1;
        }
        assert!(checked >= 8, "{checked}");
    }

    #[test]
    fn the_body_of_the_rust_client_is_read() {
        let body = br#"{"name":"a","pool":"default","crash_policy":"destroy","key":null}"#;
        assert_eq!(parse_body(body).unwrap().name, "a");
        assert_eq!(parse_body(b"{}").unwrap_err().path(), "api.bad_request");
    }

    #[test]
    fn kv_keys_are_checked() {
        for key in ["Aw==", "Aw%3D%3D", "%2Fw=="] {
            assert!(check_kv_key(key).is_ok(), "{key}");
        }
        for key in ["", "*", "Aw", "a/b", "%ff"] {
            assert_eq!(check_kv_key(key).unwrap_err().path(), "validation.invalid_input", "{key}");
        }
        assert_eq!(parse_id("x").unwrap_err().path(), "validation.invalid_input");
    }

    #[test]
    fn inputs_are_checked() {
        let code = |input: &str| parse_input(Some(input.to_owned())).unwrap_err().path();
        assert_eq!(code("*"), "api.bad_request");
        assert_eq!(code("/w=="), "api.bad_request");
        assert_eq!(parse_input(Some("uQABZHNlZWQB".to_owned())).unwrap().unwrap(), b"\xa1\x64seed\x01"[..]);
        assert_eq!(parse_input(None).unwrap(), None);
    }
}
