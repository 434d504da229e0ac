//! The routes about one actor: `/actors/{id}/sleep`, `/actors/{id}/awake`, `/actors/{id}/fork`, `/actors/{id}/dead-letters`,
//! `/actors/{id}/workflow-history`.

use hyper::Method;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use rivet_codec::value;
use rivet_ground::{ActorError, ActorKey, limits};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::gateway::{ActorRecord, DeadLetter};
use crate::wire::actor_object::ActorObject;
use crate::wire::answer::{self, HttpResponse};
use crate::wire::manager::{bad_request, parse_id};
use crate::wire::service::Service;
use crate::wire::workflow_history::WorkflowHistory;
use crate::wire::{bearer, body};

/// What is asked of one actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Sleep,
    Awake,
    Fork,
    DeadLetters,
    WorkflowHistory,
}

/// What a path below `/actors` asks of which actor, if it is one of these routes.
pub(crate) fn parse<'a>(method: &Method, below: &'a str) -> Option<(&'a str, Ask)> {
    let (id, what) = below.split_once('/')?;
    let ask = match (method, what) {
        (&Method::POST, "sleep") => Ask::Sleep,
        (&Method::GET | &Method::HEAD, "awake") => Ask::Awake,
        (&Method::POST, "fork") => Ask::Fork,
        (&Method::GET | &Method::HEAD, "dead-letters") => Ask::DeadLetters,
        (&Method::GET | &Method::HEAD, "workflow-history") => Ask::WorkflowHistory,
        _ => return None,
    };
    Some((id, ask))
}

/// The body of a request for a copy.
#[derive(Debug, Deserialize)]
struct NewFork {
    key: Vec<String>,
}

/// Answers what is asked of an actor.
pub(crate) async fn respond(
    service: &Service,
    head: &Parts,
    (id, ask): (&str, Ask),
    body: Incoming,
) -> Result<HttpResponse, ActorError> {
    let gateway = &service.gateway;
    if matches!(ask, Ask::DeadLetters | Ask::WorkflowHistory) {
        // They show what clients sent, and what came of it.
        bearer::check(service.config.management_token.as_deref(), &head.headers)?;
    }
    // An id is unique over all namespaces; whoever names one means it.
    let query = head.uri.query().unwrap_or_default();
    let namespace = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "namespace");
    let record = gateway.existing(namespace.as_ref().map(|(_, name)| &**name), parse_id(id)?).await?;
    match ask {
        Ask::Sleep => {
            gateway.sleep(record.id).await?;
            Ok(answer::json(&json!({})))
        }
        Ask::Awake => awake(service, &record).await,
        Ask::DeadLetters => dead_letters(service, &record).await,
        Ask::WorkflowHistory => {
            Ok(answer::json(&WorkflowHistory::new(gateway.workflow_records(&record).await?)))
        }
        Ask::Fork => {
            let body = body::collect(body, limits::MANAGEMENT_BODY_BYTES).await;
            let key = parse_fork(&body.map_err(body::BodyError::into_host_error)?)?;
            // On a task of its own: who asked may go away in the middle.
            let gateway = gateway.clone();
            let internal =
                |error: tokio::task::JoinError| ActorError::new("core", "internal_error", error.to_string());
            let forked =
                tokio::spawn(async move { gateway.fork(&record, key).await }).await.map_err(internal)??;
            let actor = ActorObject::new(forked.record, None);
            let memory = forked.no_memory.is_none();
            Ok(answer::json(&json!({ "actor": actor, "memory": memory, "reason": forked.no_memory })))
        }
    }
}

async fn awake(service: &Service, record: &ActorRecord) -> Result<HttpResponse, ActorError> {
    let awake = service.gateway.awake(record.id).await;
    let internal = |error: serde_json::Error| ActorError::new("core", "internal_error", error.to_string());
    let mut out = serde_json::to_value(&awake).map_err(internal)?;
    if let Value::Object(fields) = &mut out {
        fields.insert("actor_id".to_owned(), record.id.to_string().into());
        fields.insert("name".to_owned(), record.name.clone().into());
        fields.insert("key".to_owned(), record.key.components().to_vec().into());
        fields.insert("namespace".to_owned(), record.namespace.clone().into());
    }
    Ok(answer::json(&out))
}

async fn dead_letters(service: &Service, record: &ActorRecord) -> Result<HttpResponse, ActorError> {
    let letters = service.gateway.dead_letters(record.id).await?;
    let shown = letters.into_iter().map(|DeadLetter { id, message, died_ms }| {
        // What is no value has no body to be shown.
        let body = value::to_json(&message.body).ok().and_then(|body| serde_json::from_slice(&body).ok());
        let body: Value = body.unwrap_or_default();
        json!({
            "id": id, "name": message.name, "body": body, "created_at_ms": message.created_ms,
            "attempts": message.attempts, "died_at_ms": died_ms,
        })
    });
    Ok(answer::json(&json!({ "dead_letters": shown.collect::<Vec<_>>() })))
}

fn parse_fork(body: &[u8]) -> Result<ActorKey, ActorError> {
    let NewFork { key } = serde_json::from_slice(body).map_err(|error| {
        bad_request(format!("the body is to be {{\"key\": [..]}}, the key of the copy: {error}"))
    })?;
    ActorKey::new(key).map_err(ActorError::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_ask() {
        assert_eq!(parse(&Method::POST, "x/sleep"), Some(("x", Ask::Sleep)));
        assert_eq!(parse(&Method::GET, "x/awake"), Some(("x", Ask::Awake)));
        assert_eq!(parse(&Method::GET, "x/dead-letters"), Some(("x", Ask::DeadLetters)));
        assert_eq!(parse(&Method::GET, "x/workflow-history"), Some(("x", Ask::WorkflowHistory)));
        assert_eq!(parse(&Method::POST, "x/fork"), Some(("x", Ask::Fork)));
        for (method, path) in
            [(Method::GET, "x/sleep"), (Method::POST, "x/awake"), (Method::POST, "x/y/fork")]
        {
            assert_eq!(parse(&method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn a_copy_needs_a_key() {
        assert_eq!(parse_fork(br#"{"key":["a","b"]}"#).unwrap().components(), ["a", "b"]);
        for body in ["", "{}", r#"{"key":"a"}"#, r#"{"key":[1]}"#] {
            assert_eq!(parse_fork(body.as_bytes()).unwrap_err().path(), "api.bad_request", "{body}");
        }
        let long = format!(r#"{{"key":["{}"]}}"#, "x".repeat(2_000));
        assert_eq!(parse_fork(long.as_bytes()).unwrap_err().path(), "actor.key_too_large");
    }
}
