//! Which actor a request is for (client-protocol.md section 4).

use hyper::header::{HeaderMap, SEC_WEBSOCKET_PROTOCOL};
use percent_encoding::percent_decode_str;
use rivet_codec::Client;
use rivet_ground::{ActorError, ActorId};

use crate::gateway::Target;
use crate::wire::query;
use crate::wire::tokens::Tokens;

const PREFIX: &str = "/gateway/";

/// The actor that a request is for, and what it asks of the actor.
#[derive(Debug)]
pub(crate) struct Address<'a> {
    /// The actor, or why there is none. WebSockets are told after they are open.
    pub(crate) target: Result<Target, ActorError>,
    /// The path below the actor, with its first slash.
    pub(crate) path: &'a str,
}

/// Whether a path is one of a gateway, well-formed or not.
pub(crate) fn is_gateway(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// Whether the headers say that the request is for an actor; those of a WebSocket say it in a token.
pub(crate) fn has_headers(headers: &HeaderMap) -> bool {
    headers.get("x-rivet-target").is_some_and(|target| target == "actor")
        || (headers.contains_key(SEC_WEBSOCKET_PROTOCOL) && Tokens::of(headers).actor().is_some())
}

/// Reads the address of a request. The path wins over the headers: some clients send both. In place of the target is
/// `actor.not_found` for what is no actor id, or an error of [`query::target`].
///
/// # Errors
/// `api.not_found` for what is no gateway path.
pub(crate) fn parse<'a>(
    path: &'a str,
    query: &str,
    headers: &HeaderMap,
    client: Client,
) -> Result<Address<'a>, ActorError> {
    if !is_gateway(path) {
        let header = || headers.get("x-rivet-actor").and_then(|id| id.to_str().ok()).map(str::to_owned);
        let id = Tokens::of(headers).actor().or_else(header).unwrap_or_default();
        return Ok(Address { target: by_id(&id), path });
    }
    let (segment, path) = split(path).ok_or_else(no_gateway_path)?;
    let (name, token) = match segment.split_once('@') {
        Some((name, token)) => (name, Some(token)),
        None => (segment, None),
    };
    if name.is_empty() || token.is_some_and(str::is_empty) {
        return Err(no_gateway_path());
    }
    let name = percent_decode_str(name).decode_utf8().map_err(|_| no_gateway_path())?;
    let target = match (query::has_params(query), token) {
        (false, _) => by_id(&name),
        (true, None) => query::target(&name, query, client),
        (true, Some(_)) => {
            let message =
                "a token in the path goes with an actor id only: use `rvt-token` with `rvt-` parameters";
            Err(ActorError::new("guard", "query_path_token_syntax", message))
        }
    };
    Ok(Address { target, path })
}

/// The segment that names the actor, and the path below it. None if the path has an empty segment.
fn split(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix(PREFIX)?;
    if path.contains("//") {
        return None;
    }
    Some(match rest.find('/') {
        Some(end) => rest.split_at(end),
        None => (rest, "/"),
    })
}

fn by_id(text: &str) -> Result<Target, ActorError> {
    let id: ActorId = text
        .parse()
        .map_err(|_| ActorError::actor("not_found", "The actor does not exist or was destroyed."))?;
    Ok(Target::Id(id))
}

fn no_gateway_path() -> ActorError {
    let message =
        "the path is none of an actor: use /gateway/{actor id}/... or /gateway/{actor name}/...?rvt-...";
    ActorError::new("api", "not_found", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ActorId {
        ActorId::new(1_795_332_150_277, [7; 10])
    }

    fn at(url: &str, headers: &HeaderMap) -> Result<(Target, String), String> {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let address = parse(path, query, headers, Client::Current).map_err(|error| error.path())?;
        Ok((address.target.map_err(|error| error.path())?, address.path.to_owned()))
    }

    fn check_id(url: &str, path: &str) {
        match at(url, &HeaderMap::new()).unwrap() {
            (Target::Id(found), found_path) => {
                assert_eq!((found, found_path.as_str()), (id(), path), "{url}")
            }
            other => panic!("{url}: {other:?}"),
        }
    }

    #[test]
    fn ids_address_directly() {
        check_id(&format!("/gateway/{}", id()), "/");
        check_id(&format!("/gateway/{}/", id()), "/");
        check_id(&format!("/gateway/{}/action/get", id()), "/action/get");
        check_id(&format!("/gateway/{}@tok%40en/action/get", id()), "/action/get");
        check_id(&format!("/gateway/{}/action/get?a=1", id()), "/action/get");
        let encoded: String = id().to_string().bytes().map(|byte| format!("%{byte:02x}")).collect();
        check_id(&format!("/gateway/{encoded}/health"), "/health");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let params = "rvt-namespace=n&rvt-method=get";
        for (url, code) in [
            ("/gateway/", "api.not_found"),
            ("/gateway/@t/action/a", "api.not_found"),
            (&format!("/gateway/{}@/action/a", id()), "api.not_found"),
            (&format!("/gateway/{}//action/a", id()), "api.not_found"),
            ("/gateway/%ff/action/a", "api.not_found"),
            ("/gateway/not-an-id/action/a", "actor.not_found"),
            (&format!("/gateway/counter@t/action/a?{params}"), "guard.query_path_token_syntax"),
            ("/gateway/counter/action/a?rvt-key=a", "guard.query_invalid_params"),
        ] {
            assert_eq!(at(url, &HeaderMap::new()).unwrap_err(), code, "{url}");
        }
    }

    #[test]
    fn headers_address_other_paths() {
        let mut headers = HeaderMap::new();
        headers.insert("x-rivet-target", "actor".parse().unwrap());
        headers.insert("x-rivet-actor", id().to_string().parse().unwrap());
        assert!(has_headers(&headers));
        let (target, path) = at("/request/q?x=1", &headers).unwrap();
        assert!(matches!(target, Target::Id(found) if found == id()));
        assert_eq!(path, "/request/q");
        headers.remove("x-rivet-actor");
        assert_eq!(at("/request/q", &headers).unwrap_err(), "actor.not_found");
    }

    #[test]
    fn tokens_address_other_paths() {
        let mut headers = HeaderMap::new();
        let tokens = format!("rivet, rivet_target.actor, rivet_actor.{}", id());
        headers.insert(SEC_WEBSOCKET_PROTOCOL, tokens.parse().unwrap());
        assert!(has_headers(&headers));
        let (target, path) = at("/connect", &headers).unwrap();
        assert!(matches!(target, Target::Id(found) if found == id()));
        assert_eq!(path, "/connect");
        headers.insert(SEC_WEBSOCKET_PROTOCOL, "rivet, rivet_encoding.json".parse().unwrap());
        assert!(!has_headers(&headers));
    }

    #[test]
    fn the_path_is_known_without_an_actor() {
        let address = parse("/gateway/no-id/connect", "", &HeaderMap::new(), Client::Current).unwrap();
        assert_eq!(address.path, "/connect");
        assert_eq!(address.target.unwrap_err().path(), "actor.not_found");
    }

    /// Requests of the real client, and the key that the real server answered with (captured with npm `rivetkit`
    /// 2.3.19).
    #[test]
    fn captured_requests_reach_the_captured_key() {
        let vectors: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("testdata/gateway.json")).unwrap();
        assert!(vectors.len() > 70, "{}", vectors.len());
        for vector in vectors {
            let text = |field: &str| vector[field].as_str().unwrap();
            let (target, path) = at(text("url"), &HeaderMap::new()).unwrap();
            let Target::Key { namespace, name, key, create } = target else { panic!("{vector}") };
            assert_eq!(namespace, "default");
            assert_eq!(format!("/gateway/{name}{path}"), text("url").split('?').next().unwrap());
            assert_eq!(create.is_some(), text("url").contains("rvt-method=getOrCreate"));
            if let Some(captured) = vector["key"].as_str() {
                let captured = rivet_ground::ActorKey::deserialize(captured).unwrap();
                assert_eq!(key, captured, "{vector}");
            }
        }
    }
}
