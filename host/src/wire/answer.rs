//! Answers and errors as HTTP responses: the one place that knows which error has which status.

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use rivet_codec::{Encoding, Format, QueueStatus, encode_error, encode_output, encode_queue_status};
use rivet_ground::{ActorError, limits};
use serde::Serialize;

use crate::gateway::ActorSpecifier;
use crate::wire::answer_body::AnswerBody;

/// A response of the listener.
pub(crate) type HttpResponse = Response<AnswerBody>;

const ERROR: HeaderName = HeaderName::from_static("x-rivet-error");
const ACTOR: HeaderName = HeaderName::from_static("x-rivet-actor");
const GENERATION: HeaderName = HeaderName::from_static("x-rivet-actor-generation");
const KEY: HeaderName = HeaderName::from_static("x-rivet-actor-key");
/// The headers of an answer of an actor, with those of CORS and hyper's own: so the map never grows.
pub(crate) const HEADERS: usize = 12;

/// A body of some type.
pub(crate) fn with_body(status: StatusCode, content_type: &'static str, body: Bytes) -> HttpResponse {
    let mut response = empty(status);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    *response.body_mut() = AnswerBody::Whole(body);
    response
}

/// No body.
pub(crate) fn empty(status: StatusCode) -> HttpResponse {
    let mut response = Response::new(AnswerBody::Whole(Bytes::new()));
    *response.status_mut() = status;
    *response.headers_mut() = HeaderMap::with_capacity(HEADERS);
    response
}

/// 200 with a JSON body.
pub(crate) fn json(body: &impl Serialize) -> HttpResponse {
    match serde_json::to_vec(body) {
        Ok(body) => with_body(StatusCode::OK, "application/json", body.into()),
        Err(error) => {
            tracing::error!("an answer of the host cannot be written: {error}");
            from_host(&ActorError::new("core", "internal_error", ""))
        }
    }
}

/// An error that no actor made: JSON, whatever the client speaks (client-protocol.md section 4). The words of the host's
/// own faults are for its log; those of an actor that did not start have been masked where they should be.
pub(crate) fn from_host(error: &ActorError) -> HttpResponse {
    let masked = (error.group == "core").then(|| error.clone().masked());
    let error = masked.as_ref().unwrap_or(error);
    let body = error_body(Encoding::Json.into(), error, None);
    let mut response = with_body(status(error), Encoding::Json.content_type(), body);
    if let Ok(path) = HeaderValue::try_from(error.path()) {
        response.headers_mut().insert(ERROR, path);
    }
    response
}

/// What an actor's action returned; an output that cannot be sent becomes an error.
pub(crate) fn from_action(
    format: Format,
    outcome: Result<Bytes, ActorError>,
    actor: &ActorSpecifier,
) -> HttpResponse {
    let body = outcome.and_then(|output| {
        let body = encode_output(format, &output).map_err(|error| unwritable(actor, &error))?;
        check_outgoing(output.len().max(body.len()))?;
        Ok(body)
    });
    match body {
        Ok(body) => {
            let mut response = with_body(StatusCode::OK, format.encoding.content_type(), body);
            name_actor(&mut response, actor);
            response
        }
        Err(error) => from_actor(format, &error, Some(actor)),
    }
}

/// What became of a message for the queue. That it was not completed in time is no error to clients.
pub(crate) fn from_queue(
    format: Format,
    outcome: Result<Bytes, ActorError>,
    actor: &ActorSpecifier,
) -> HttpResponse {
    let status = match outcome {
        Ok(response) => QueueStatus::Completed(Some(response).filter(|response| !response.is_empty())),
        Err(error) if error.path() == "queue.timed_out" => QueueStatus::TimedOut,
        Err(error) => return from_actor(format, &error, Some(actor)),
    };
    let body = encode_queue_status(format, &status).map_err(|error| unwritable(actor, &error));
    match body.and_then(|body| check_outgoing(body.len()).map(|()| body)) {
        Ok(body) => {
            let mut response = with_body(StatusCode::OK, format.encoding.content_type(), body);
            name_actor(&mut response, actor);
            response
        }
        Err(error) => from_actor(format, &error, Some(actor)),
    }
}

/// What takes the place of an output that is no value.
pub(crate) fn unwritable(actor: &ActorSpecifier, reason: &rivet_codec::CodecError) -> ActorError {
    tracing::warn!(actor = %actor.id, "an action answered with what is no value: {reason}");
    ActorError::new("core", "internal_error", "").masked()
}

/// Checks the length of what an actor says to a client.
///
/// # Errors
/// `message.outgoing_too_long`.
pub(crate) fn check_outgoing(len_bytes: usize) -> Result<(), ActorError> {
    if len_bytes <= limits::MESSAGE_OUT_BYTES {
        return Ok(());
    }
    let limit_bytes = limits::MESSAGE_OUT_BYTES;
    let message = format!("the message has {len_bytes} bytes, over the limit of {limit_bytes}");
    Err(ActorError::new("message", "outgoing_too_long", message))
}

/// An error on the way through an actor, in the encoding of the request.
pub(crate) fn from_actor(format: Format, error: &ActorError, actor: Option<&ActorSpecifier>) -> HttpResponse {
    let body = error_body(format, error, actor);
    let mut response = with_body(status(error), format.encoding.content_type(), body);
    if let Some(actor) = actor {
        name_actor(&mut response, actor);
    }
    response
}

/// A body that cannot be read: 400, though the code usually means 500 (client-protocol.md section 9). Unlike the words
/// of other errors of the group `core`, these are for the client: they speak of its own body.
pub(crate) fn malformed(format: Format, reason: &rivet_codec::CodecError) -> HttpResponse {
    let message = format!("the body of the request cannot be read: {reason}");
    let mut response = from_actor(format, &ActorError::new("core", "internal_error", message), None);
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

/// Adds the headers that name an actor (client-protocol.md section 4).
pub(crate) fn name_actor(response: &mut HttpResponse, actor: &ActorSpecifier) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(actor.id.to_string()) {
        headers.insert(ACTOR, id);
    }
    headers.insert(GENERATION, HeaderValue::from(actor.generation));
    // Rivet sends an empty header for an empty key (observed), and none for a key that a header cannot carry.
    let key = if actor.key.components().is_empty() { String::new() } else { actor.key.serialize() };
    if let Ok(key) = HeaderValue::from_maybe_shared(Bytes::from(key)) {
        headers.insert(KEY, key);
    }
}

fn error_body(format: Format, error: &ActorError, actor: Option<&ActorSpecifier>) -> Bytes {
    specified(actor, error, |error, specifier| encode_error(format, error, specifier)).unwrap_or_default()
}

/// Writes an error of an actor; if its metadata is no value, without that. Without metadata nothing can fail.
pub(crate) fn specified<T>(
    actor: Option<&ActorSpecifier>,
    error: &ActorError,
    write: impl Fn(&ActorError, Option<&rivet_codec::ActorSpecifier<'_>>) -> Result<T, rivet_codec::CodecError>,
) -> Result<T, rivet_codec::CodecError> {
    let texts = actor.map(|actor| (actor.id.to_string(), actor.key.serialize()));
    let specifier = actor.zip(texts.as_ref()).map(|(actor, (id, key))| rivet_codec::ActorSpecifier {
        actor_id: id,
        generation: actor.generation,
        key: Some(key),
    });
    write(error, specifier.as_ref()).or_else(|reason| {
        tracing::warn!("the metadata of {} is no value and is left out: {reason}", error.path());
        write(&ActorError { metadata: None, ..error.clone() }, specifier.as_ref())
    })
}

/// The status of an error (client-protocol.md section 9; the group `component` is ours).
fn status(error: &ActorError) -> StatusCode {
    match error.group.as_str() {
        "auth" if error.code == "forbidden" => StatusCode::FORBIDDEN,
        "actor" => actor_status(&error.code),
        "message" | "queue" | "validation" | "namespace" | "pegboard" => StatusCode::BAD_REQUEST,
        "inspector" if error.code == "unauthorized" => StatusCode::UNAUTHORIZED,
        "api" => match error.code.as_str() {
            "unauthorized" => StatusCode::UNAUTHORIZED,
            "forbidden" => StatusCode::FORBIDDEN,
            "not_found" => StatusCode::NOT_FOUND,
            "method_not_allowed" => StatusCode::METHOD_NOT_ALLOWED,
            _ => StatusCode::BAD_REQUEST,
        },
        "guard" => guard_status(&error.code),
        "component" => match error.code.as_str() {
            "too_large" => StatusCode::PAYLOAD_TOO_LARGE,
            "not_found" => StatusCode::NOT_FOUND,
            "in_use" | "actor_name_taken" => StatusCode::CONFLICT,
            "busy" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        },
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn actor_status(code: &str) -> StatusCode {
    match code {
        // A name that this host does not have is no fault of the host, whatever Rivet answers after its retries.
        "not_found" | "action_not_found" | "not_registered" => StatusCode::NOT_FOUND,
        "method_not_allowed" => StatusCode::METHOD_NOT_ALLOWED,
        "action_timed_out" => StatusCode::REQUEST_TIMEOUT,
        "invalid_request"
        | "duplicate_key"
        | "input_too_large"
        | "empty_key"
        | "key_too_large"
        | "destroyed_during_creation"
        | "destroyed_while_waiting_for_ready"
        | "key_reserved_in_different_datacenter"
        | "no_runner_config_configured"
        | "kv_key_not_found"
        | "kv_storage_quota_exceeded"
        | "namespace_not_found" => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn guard_status(code: &str) -> StatusCode {
    match code {
        "rate_limit" => StatusCode::TOO_MANY_REQUESTS,
        "upstream_error" | "routing_error" | "retry_attempts_exceeded" | "invalid_response_body" => {
            StatusCode::BAD_GATEWAY
        }
        "request_timeout" | "tunnel_message_timeout" | "gateway_response_start_timeout" => {
            StatusCode::GATEWAY_TIMEOUT
        }
        "service_unavailable"
        | "actor_stopped_while_waiting"
        | "tunnel_request_aborted"
        | "tunnel_response_closed"
        | "actor_ready_timeout"
        | "actor_wake_retries_exceeded" => StatusCode::SERVICE_UNAVAILABLE,
        "no_route" => StatusCode::NOT_FOUND,
        "origin_not_allowed" => StatusCode::FORBIDDEN,
        "upgrade_required" | "websocket_version" => StatusCode::UPGRADE_REQUIRED,
        "invalid_request_body" => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use rivet_codec::Client;
    use rivet_ground::{ActorId, ActorKey};

    use super::*;

    const JSON: Format = Format { encoding: Encoding::Json, client: Client::Current };

    fn actor(key: &[&str]) -> ActorSpecifier {
        let key = ActorKey::new(key.iter().map(|part| (*part).to_owned()).collect()).unwrap();
        ActorSpecifier { id: ActorId::new(1, [1; 10]), generation: 3, key }
    }

    async fn text(response: HttpResponse) -> String {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[test]
    fn errors_have_the_status_of_the_catalogue() {
        for (path, expected) in [
            ("user.nope", 500),
            ("core.internal_error", 500),
            ("auth.forbidden", 403),
            ("actor.not_found", 404),
            ("actor.action_not_found", 404),
            ("actor.method_not_allowed", 405),
            ("actor.action_timed_out", 408),
            ("actor.panicked", 500),
            ("actor.duplicate_key", 400),
            ("message.incoming_too_long", 400),
            ("queue.full", 400),
            ("guard.query_missing_pool", 400),
            ("guard.request_timeout", 504),
            ("guard.actor_ready_timeout", 503),
            ("guard.invalid_request_body", 413),
            ("guard.upgrade_required", 426),
            ("guard.origin_not_allowed", 403),
            ("api.unauthorized", 401),
            ("validation.invalid_input", 400),
            ("component.too_large", 413),
            ("component.in_use", 409),
            ("component.invalid", 400),
        ] {
            let (group, code) = path.split_once('.').unwrap();
            let response = from_host(&ActorError::new(group, code, "m"));
            assert_eq!(response.status(), expected, "{path}");
            assert_eq!(response.headers()[ERROR], path);
            assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        }
    }

    #[tokio::test]
    async fn faults_of_the_host_keep_their_words_to_themselves() {
        let fault = text(from_host(&ActorError::new("core", "internal_error", "/data/x: disk full"))).await;
        assert!(!fault.contains("disk"), "{fault}");
        let missing = text(from_host(&ActorError::new("component", "not_found", "no component"))).await;
        assert!(missing.contains("no component"), "{missing}");
        let reason = rivet_codec::decode_action(Encoding::Json, b"{").unwrap_err();
        let malformed = malformed(JSON, &reason);
        assert_eq!(malformed.status(), 400);
        assert!(text(malformed).await.contains(&reason.to_string()));
    }

    #[tokio::test]
    async fn answers_name_their_actor() {
        let response = from_action(JSON, Ok(Bytes::from_static(&[7])), &actor(&["a/b", "é"]));
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[GENERATION], "3");
        assert_eq!(response.headers()[KEY].as_bytes(), "a\\/b/é".as_bytes());
        assert_eq!(text(response).await, r#"{"output":7}"#);
        assert_eq!(from_action(JSON, Ok(Bytes::new()), &actor(&[])).headers()[KEY], "");
        // No header carries a line break.
        assert!(from_action(JSON, Ok(Bytes::new()), &actor(&["a\r\nb"])).headers().get(KEY).is_none());
    }

    #[tokio::test]
    async fn an_output_that_cannot_be_sent_is_an_error() {
        let broken = from_action(JSON, Ok(Bytes::from_static(&[0xff])), &actor(&[]));
        assert_eq!(broken.status(), 500);
        assert!(text(broken).await.contains("An internal error occurred"));
        let long = [b"\x5a\x00\x20\x00\x00", vec![0; 1 << 21].as_slice()].concat();
        let long = from_action(Encoding::Cbor.into(), Ok(long.into()), &actor(&[]));
        assert_eq!(long.status(), 400);
        assert_eq!(long.headers()[CONTENT_TYPE], "application/octet-stream");
    }

    #[tokio::test]
    async fn metadata_that_is_no_value_is_left_out() {
        let error = ActorError::new("user", "nope", "no").with_metadata(vec![0xff]);
        let body = text(from_actor(JSON, &error, Some(&actor(&["k"])))).await;
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(json["message"], "no");
        assert_eq!(json["actor"]["key"], "k");
        assert!(json.get("metadata").is_none());
    }
}
