//! Compound keys of actors.

use crate::{ActorError, limits};

/// The key of an actor: its components, possibly none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActorKey(Vec<String>);

/// A key that is not allowed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// One component is too long.
    #[error(
        "key component {index} has {chars} characters, over the limit of {}",
        limits::KEY_COMPONENT_CHARS
    )]
    ComponentTooLong {
        /// Which component, from 0.
        index: usize,
        /// Its length in characters.
        chars: usize,
    },
    /// The whole key is too long.
    #[error("key has {bytes} bytes in its serialized form, over the limit of {}", limits::KEY_BYTES)]
    TooLong {
        /// The length of the serialized form.
        bytes: usize,
    },
}

impl From<KeyError> for ActorError {
    fn from(error: KeyError) -> Self {
        Self::actor("key_too_large", error.to_string())
    }
}

impl ActorKey {
    /// Checks the components against the limits.
    pub fn new(components: Vec<String>) -> Result<Self, KeyError> {
        for (index, component) in components.iter().enumerate() {
            let chars = component.chars().count();
            if chars > limits::KEY_COMPONENT_CHARS {
                return Err(KeyError::ComponentTooLong { index, chars });
            }
        }
        let key = Self(components);
        let bytes = key.serialize().len();
        if bytes > limits::KEY_BYTES {
            return Err(KeyError::TooLong { bytes });
        }
        Ok(key)
    }

    /// The components.
    pub fn components(&self) -> &[String] {
        &self.0
    }

    /// The form of `key` fields and of `x-rivet-actor-key` (client-protocol.md section 3): components
    /// joined with `/`; `\` and `/` escaped with `\`; an empty component is `\0`; no component is `/`.
    pub fn serialize(&self) -> String {
        if self.0.is_empty() {
            return "/".to_owned();
        }
        let mut out = String::new();
        for (index, component) in self.0.iter().enumerate() {
            if index > 0 {
                out.push('/');
            }
            if component.is_empty() {
                out.push_str("\\0");
            }
            for c in component.chars() {
                if matches!(c, '\\' | '/') {
                    out.push('\\');
                }
                out.push(c);
            }
        }
        out
    }

    /// Reads the serialized form: empty or `/` is no component; `\0` adds nothing, so alone it is an
    /// empty component; any other `\c` is `c`; a lone `\` at the end stands for itself.
    pub fn deserialize(text: &str) -> Result<Self, KeyError> {
        if text == "/" {
            return Ok(Self::default());
        }
        Self::split(text, '/')
    }

    /// Reads the gateway form `rvt-key` of the crate `rivetkit-client`: as [`ActorKey::deserialize`], but for the `,`
    /// between the components.
    pub fn from_escaped_query(text: &str) -> Result<Self, KeyError> {
        Self::split(text, ',')
    }

    fn split(text: &str, separator: char) -> Result<Self, KeyError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let mut components = Vec::new();
        let mut current = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some('0') => {}
                    Some(escaped) => current.push(escaped),
                    None => current.push('\\'),
                },
                c if c == separator => components.push(std::mem::take(&mut current)),
                other => current.push(other),
            }
        }
        components.push(current);
        Self::new(components)
    }

    /// Reads the gateway form `rvt-key` (client-protocol.md section 4): raw components joined with `,`.
    /// A component with a comma in it is split, as in Rivet.
    pub fn from_query(text: &str) -> Result<Self, KeyError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        Self::new(text.split(',').map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(components: &[&str], serialized: &str) {
        let key = ActorKey::new(components.iter().map(|s| (*s).to_owned()).collect()).unwrap();
        assert_eq!(key.serialize(), serialized);
        assert_eq!(ActorKey::deserialize(serialized).unwrap(), key);
    }

    #[test]
    fn serialized_form_round_trips() {
        check(&[], "/");
        check(&["a"], "a");
        check(&["a", "b"], "a/b");
        check(&["a/b", "c\\d"], "a\\/b/c\\\\d");
        check(&[""], "\\0");
        check(&["K", ""], "K/\\0");
        check(&["", "", ""], "\\0/\\0/\\0");
        check(&["\\0"], "\\\\0");
        check(&["é,ü", "日本"], "é,ü/日本");
    }

    #[test]
    fn deserializing_is_lenient_where_rivet_is() {
        assert_eq!(ActorKey::deserialize("").unwrap(), ActorKey::default());
        assert_eq!(ActorKey::deserialize("a\\").unwrap().components(), ["a\\"]);
        assert_eq!(ActorKey::deserialize("\\x").unwrap().components(), ["x"]);
    }

    #[test]
    fn query_form_splits_at_commas() {
        assert_eq!(ActorKey::from_query("K,").unwrap().components(), ["K", ""]);
        assert_eq!(ActorKey::from_query("").unwrap(), ActorKey::default());
        assert_eq!(ActorKey::from_query("K,a,b").unwrap().components(), ["K", "a", "b"]);
    }

    #[test]
    fn the_escaped_query_form_unescapes() {
        let check = |text: &str, components: &[&str]| {
            assert_eq!(ActorKey::from_escaped_query(text).unwrap().components(), components, "{text}");
        };
        check("", &[]);
        check("K,a/b", &["K", "a/b"]);
        check("/", &["/"]);
        check("K,x\\,y", &["K", "x,y"]);
        check("\\0,K,\\0", &["", "K", ""]);
        check("a\\\\,\\\\0", &["a\\", "\\0"]);
    }

    #[test]
    fn limits_hold() {
        assert!(ActorKey::new(vec!["é".repeat(128)]).is_ok());
        assert!(matches!(
            ActorKey::new(vec!["x".repeat(129)]),
            Err(KeyError::ComponentTooLong { index: 0, chars: 129 })
        ));
        assert!(matches!(ActorKey::new(vec!["x".repeat(100); 11]), Err(KeyError::TooLong { .. })));
    }
}
