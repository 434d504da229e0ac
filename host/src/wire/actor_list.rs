//! Which actors a `GET /actors` asks for (client-protocol.md section 2).

use rivet_ground::{ActorError, ActorId, ActorKey, limits};

/// Which actors are asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// These; some may not exist.
    Ids(Vec<ActorId>),
    /// The one that has a key.
    Key {
        /// Its name.
        name: String,
        /// The key.
        key: ActorKey,
    },
    /// Those of a name, newest first.
    Name {
        /// The name.
        name: String,
        /// Whether destroyed ones too.
        include_destroyed: bool,
        /// How many at most.
        limit: usize,
        /// Only those created before this time, in milliseconds since the Unix epoch.
        before_ms: Option<u64>,
    },
}

/// Reads the query of a `GET /actors`.
///
/// # Errors
/// `api.bad_request`, `validation.invalid_input`, `actor.key_too_large`.
pub(crate) fn parse(query: &str) -> Result<Wanted, ActorError> {
    let (mut name, mut key, mut ids, mut cursor) = (None, None, None, None);
    let (mut include_destroyed, mut limit) = (false, limits::LIST_ACTORS);
    for (param, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*param {
            "name" => name = Some(value.into_owned()),
            "key" => key = Some(value.into_owned()),
            "actor_ids" | "actor_id" => ids = Some(value.into_owned()),
            "include_destroyed" => include_destroyed = matches!(&*value, "true" | "1"),
            "limit" => limit = number::<usize>(&param, &value)?.clamp(1, limits::LIST_ACTORS),
            "cursor" if !value.is_empty() => cursor = Some(number(&param, &value)?),
            _ => {}
        }
    }
    match (ids, name, key) {
        // Some clients send a name besides: then an id that is none of ours is no mistake.
        (Some(ids), name, _) => parse_ids(&ids, name.is_some()),
        (None, Some(name), Some(key)) => {
            let key = ActorKey::deserialize(&key).map_err(ActorError::from)?;
            Ok(Wanted::Key { name, key })
        }
        (None, Some(name), None) => Ok(Wanted::Name { name, include_destroyed, limit, before_ms: cursor }),
        (None, None, _) => {
            let message = "say which actors: `actor_ids`, or `name`, or `name` and `key`";
            Err(ActorError::new("api", "bad_request", message))
        }
    }
}

fn number<T: std::str::FromStr>(param: &str, value: &str) -> Result<T, ActorError> {
    value
        .parse()
        .map_err(|_| ActorError::new("api", "bad_request", format!("`{param}` is not a number: {value:?}")))
}

fn parse_ids(ids: &str, lenient: bool) -> Result<Wanted, ActorError> {
    let mut found = Vec::new();
    for id in ids.split(',').filter(|id| !id.is_empty()) {
        match id.parse() {
            Ok(id) => found.push(id),
            Err(_) if lenient => {}
            Err(error) => {
                return Err(ActorError::new("validation", "invalid_input", format!("{id:?}: {error}")));
            }
        }
        if found.len() > limits::LIST_ACTORS {
            let message = format!("ask for at most {} actors at a time", limits::LIST_ACTORS);
            return Err(ActorError::new("validation", "invalid_input", message));
        }
    }
    Ok(Wanted::Ids(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_say_which_actors() {
        let id = ActorId::new(1, [1; 10]);
        assert_eq!(parse(&format!("namespace=n&actor_ids={id},{id}")).unwrap(), Wanted::Ids(vec![id, id]));
        assert_eq!(parse(&format!("name=a&actor_ids=x,{id}")).unwrap(), Wanted::Ids(vec![id]));
        assert_eq!(parse("actor_ids=x").unwrap_err().path(), "validation.invalid_input");
        let key = ActorKey::new(vec!["a/b".to_owned(), String::new()]).unwrap();
        assert_eq!(parse("name=c&key=a%5C%2Fb%2F%5C0").unwrap(), Wanted::Key { name: "c".to_owned(), key });
        assert_eq!(parse("namespace=n").unwrap_err().path(), "api.bad_request");
        assert_eq!(parse("key=a").unwrap_err().path(), "api.bad_request");
    }

    #[test]
    fn lists_are_bounded() {
        let list = |query: &str| match parse(query).unwrap() {
            Wanted::Name { limit, include_destroyed, before_ms, .. } => (limit, include_destroyed, before_ms),
            other => panic!("{other:?}"),
        };
        assert_eq!(list("name=a"), (limits::LIST_ACTORS, false, None));
        assert_eq!(list("name=a&limit=5&include_destroyed=true&cursor=17"), (5, true, Some(17)));
        assert_eq!(list("name=a&limit=100000"), (limits::LIST_ACTORS, false, None));
        assert!(parse("name=a&limit=x").is_err());
        let id = ActorId::new(1, [1; 10]).to_string();
        assert!(parse(&format!("actor_ids={}", vec![id; limits::LIST_ACTORS + 1].join(","))).is_err());
    }
}
