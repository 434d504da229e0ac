//! The `rvt-` parameters: how a URL addresses an actor by its key (client-protocol.md section 4).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use rivet_codec::Client;
use rivet_codec::value::decode_input;
use rivet_ground::{ActorError, ActorKey, check_namespace};

use crate::gateway::{Creation, Target};

const PREFIX: &str = "rvt-";

/// Whether the query has a parameter that addresses an actor by its key.
pub(crate) fn has_params(query: &str) -> bool {
    query.split('&').any(|pair| pair.starts_with(PREFIX))
}

/// The rest of the query, byte for byte: what the actor is asked. None if there is none.
pub(crate) fn of_user(query: Option<&str>) -> Option<Cow<'_, str>> {
    let query = query?;
    if !has_params(query) {
        return Some(query.into());
    }
    let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(PREFIX)).collect();
    (!pairs.is_empty()).then(|| pairs.join("&").into())
}

/// The actor of a name that the parameters in the query address.
///
/// # Errors
/// `guard.query_invalid_params`, `guard.query_missing_pool`, `actor.key_too_large`.
pub(crate) fn target(name: &str, query: &str, client: Client) -> Result<Target, ActorError> {
    let params = Params::of(query)?;
    let create = match params.required("rvt-method", params.method.as_deref())? {
        "get" => {
            if let Some(param) = params.only_to_create {
                return Err(invalid(format!("`{param}` has no meaning with the method `get`: leave it out")));
            }
            None
        }
        "getOrCreate" => {
            if !params.pool {
                let message = "the method `getOrCreate` needs a pool: add `rvt-runner=default`";
                return Err(ActorError::new("guard", "query_missing_pool", message));
            }
            Some(Creation { input: params.input.as_deref().map(decode).transpose()? })
        }
        other => return Err(invalid(format!("the method {other:?} is neither `get` nor `getOrCreate`"))),
    };
    let namespace = params.required("rvt-namespace", params.namespace.as_deref())?.to_owned();
    check_namespace(&namespace).map_err(|error| invalid(error.to_string()))?;
    let key = params.key.as_deref().unwrap_or_default();
    let key = match client {
        Client::Rust => ActorKey::from_escaped_query(key),
        _ => ActorKey::from_query(key),
    }
    .map_err(ActorError::from)?;
    Ok(Target::Key { namespace, name: name.to_owned(), key, create })
}

/// The parameters as they stand. Those that mean nothing on this host are checked and dropped.
#[derive(Default)]
struct Params<'a> {
    namespace: Option<Cow<'a, str>>,
    method: Option<Cow<'a, str>>,
    key: Option<Cow<'a, str>>,
    input: Option<Cow<'a, str>>,
    pool: bool,
    /// A parameter that only the method `getOrCreate` may have.
    only_to_create: Option<&'a str>,
    seen: u16,
}

impl<'a> Params<'a> {
    fn of(query: &'a str) -> Result<Self, ActorError> {
        let mut params = Self::default();
        for pair in query.split('&').filter(|pair| pair.starts_with(PREFIX)) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = form_decode(value).ok_or_else(|| invalid(format!("`{name}` is not UTF-8")))?;
            params.take(name, value)?;
        }
        Ok(params)
    }

    fn take(&mut self, name: &'a str, value: Cow<'a, str>) -> Result<(), ActorError> {
        let place = match name {
            "rvt-namespace" => 0,
            "rvt-method" => 1,
            "rvt-key" => 2,
            "rvt-runner" | "rvt-pool" => 3,
            "rvt-input" => 4,
            "rvt-region" => 5,
            "rvt-crash-policy" => 6,
            "rvt-token" => 7,
            "rvt-skip-ready-wait" => 8,
            _ => return Err(invalid(format!("`{name}` is unknown"))),
        };
        if self.seen & 1 << place != 0 {
            return Err(invalid(format!("`{name}` is given twice")));
        }
        self.seen |= 1 << place;
        if (3..=6).contains(&place) {
            self.only_to_create = Some(name);
        }
        match place {
            0 => self.namespace = Some(value),
            1 => self.method = Some(value),
            2 => self.key = Some(value),
            3 => self.pool = !value.is_empty(),
            4 => self.input = Some(value),
            6 if !matches!(&*value, "restart" | "sleep" | "destroy") => {
                return Err(invalid(format!("{value:?} is no crash policy: use restart, sleep or destroy")));
            }
            8 if !matches!(&*value, "true" | "false" | "1" | "0") => {
                return Err(invalid(format!("`{name}` is neither true nor false")));
            }
            _ => {}
        }
        Ok(())
    }

    fn required<'p>(&self, name: &str, value: Option<&'p str>) -> Result<&'p str, ActorError> {
        value.filter(|value| !value.is_empty()).ok_or_else(|| invalid(format!("`{name}` is missing")))
    }
}

/// A value in form encoding. None if it is not UTF-8.
fn form_decode(value: &str) -> Option<Cow<'_, str>> {
    if !value.contains(['+', '%']) {
        return Some(value.into());
    }
    let spaced = value.replace('+', " ");
    Some(percent_decode_str(&spaced).decode_utf8().ok()?.into_owned().into())
}

fn decode(input: &str) -> Result<Bytes, ActorError> {
    let cbor = URL_SAFE_NO_PAD
        .decode(input)
        .map_err(|error| invalid(format!("`rvt-input` is not base64url without padding: {error}")))?;
    decode_input(&cbor).map_err(|error| invalid(format!("`rvt-input` holds no value: {error}")))
}

fn invalid(message: String) -> ActorError {
    ActorError::new("guard", "query_invalid_params", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIRED: &str = "rvt-namespace=n&rvt-method=getOrCreate&rvt-runner=default";

    fn target(name: &str, query: &str) -> Result<Target, ActorError> {
        super::target(name, query, Client::Current)
    }

    fn key_of(query: &str) -> Vec<String> {
        match target("counter", query).unwrap() {
            Target::Key { key, .. } => key.components().to_vec(),
            Target::Id(_) => panic!("{query}"),
        }
    }

    fn code_of(query: &str) -> String {
        target("counter", query).unwrap_err().path()
    }

    #[test]
    fn keys_are_form_decoded_and_split() {
        assert!(key_of(REQUIRED).is_empty());
        assert!(key_of(&format!("{REQUIRED}&rvt-key=")).is_empty());
        assert_eq!(key_of(&format!("{REQUIRED}&rvt-key=a%2Cb")), ["a", "b"]);
        assert_eq!(key_of(&format!("{REQUIRED}&rvt-key=a+b,%2B")), ["a b", "+"]);
        assert_eq!(key_of(&format!("{REQUIRED}&rvt-key=K%2C")), ["K", ""]);
        assert_eq!(key_of(&format!("x=1&{REQUIRED}&rvt-key=%C3%A9%2F%F0%9F%A6%80&y")), ["é/🦀"]);
    }

    #[test]
    fn only_the_crate_escapes_its_key() {
        let query = format!("{REQUIRED}&rvt-key=a%5C%2Cb%2C%5C0");
        let Target::Key { key, .. } = super::target("counter", &query, Client::Rust).unwrap() else {
            panic!("a key")
        };
        assert_eq!(key.components(), ["a,b", ""]);
        assert_eq!(key_of(&query), ["a\\", "b", "\\0"]);
    }

    #[test]
    fn get_creates_nothing() {
        let get = target("a", "rvt-namespace=n&rvt-method=get&rvt-token=t&rvt-skip-ready-wait=1").unwrap();
        let Target::Key { namespace, name, create, .. } = get else { panic!("a key") };
        assert_eq!((namespace.as_str(), name.as_str()), ("n", "a"));
        assert!(create.is_none());
        for param in
            ["rvt-runner=default", "rvt-pool=p", "rvt-input=gA", "rvt-region=r", "rvt-crash-policy=sleep"]
        {
            let query = format!("rvt-namespace=n&rvt-method=get&{param}");
            assert_eq!(code_of(&query), "guard.query_invalid_params", "{param}");
        }
    }

    #[test]
    fn the_input_is_decoded() {
        let created = |query: &str| match target("a", query).unwrap() {
            Target::Key { create: Some(creation), .. } => creation.input,
            other => panic!("{other:?}"),
        };
        assert_eq!(created(REQUIRED), None);
        let input = created(&format!("{REQUIRED}&rvt-input=uQABZHNlZWQB")).unwrap();
        assert_eq!(input, b"\xa1\x64seed\x01"[..]);
        for broken in ["*", "uQABZHNlZWQ", "gA=="] {
            assert_eq!(code_of(&format!("{REQUIRED}&rvt-input={broken}")), "guard.query_invalid_params");
        }
    }

    #[test]
    fn the_rest_of_the_query_stays_as_it_is() {
        let rest = |query: &'static str| of_user(Some(query)).map(Cow::into_owned);
        assert_eq!(of_user(None), None);
        assert_eq!(rest("").as_deref(), Some(""));
        assert_eq!(rest("x=1&y=%20z&&a+b").as_deref(), Some("x=1&y=%20z&&a+b"));
        assert_eq!(rest("x=1&rvt-key=a&y=%20z&&rvt-method=get").as_deref(), Some("x=1&y=%20z&"));
        assert_eq!(rest("rvt-key=a&rvt-method=get"), None);
        assert_eq!(rest("xrvt-key=a").as_deref(), Some("xrvt-key=a"));
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let long_key = format!("{REQUIRED}&rvt-key={}", "x".repeat(129));
        for (query, code) in [
            ("rvt-method=get", "guard.query_invalid_params"),
            ("rvt-namespace=n", "guard.query_invalid_params"),
            ("rvt-namespace=n&rvt-method=post", "guard.query_invalid_params"),
            ("rvt-namespace=n&rvt-method=getOrCreate", "guard.query_missing_pool"),
            ("rvt-namespace=n&rvt-namespace=n&rvt-method=get", "guard.query_invalid_params"),
            ("rvt-namespace=n&rvt-method=get&rvt-color=red", "guard.query_invalid_params"),
            ("rvt-namespace=%ff&rvt-method=get", "guard.query_invalid_params"),
            ("rvt-namespace=n&rvt-method=getOrCreate&rvt-pool=a&rvt-runner=b", "guard.query_invalid_params"),
            (&long_key, "actor.key_too_large"),
        ] {
            assert_eq!(code_of(query), code, "{query}");
        }
        assert!(target("a", &format!("{REQUIRED}&rvt-crash-policy=explode")).is_err());
        assert!(target("a", &format!("{REQUIRED}&rvt-skip-ready-wait=yes")).is_err());
    }
}
