//! Names of actors, components and namespaces.

use crate::limits;

/// A name that is not allowed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{what} {name:?} is not allowed: {rule}")]
pub struct NameError {
    what: &'static str,
    name: String,
    rule: String,
}

/// An actor name: 1 to 64 characters, none of them a control character or `/`.
pub fn check_actor_name(name: &str) -> Result<(), NameError> {
    check(
        "actor name",
        name,
        limits::ACTOR_NAME_CHARS,
        |c| !c.is_control() && c != '/',
        "no control character, no slash",
    )
}

/// A namespace: 1 to 64 characters, none of them a control character.
pub fn check_namespace(name: &str) -> Result<(), NameError> {
    check("namespace", name, limits::NAMESPACE_CHARS, |c| !c.is_control(), "no control character")
}

/// A component name: 1 to 64 of `a-z A-Z 0-9 . _ -`.
pub fn check_component_name(name: &str) -> Result<(), NameError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    check(
        "component name",
        name,
        limits::COMPONENT_NAME_CHARS,
        allowed,
        "letters, digits, '.', '_' and '-'",
    )?;
    if name.starts_with('.') {
        return Err(NameError {
            what: "component name",
            name: name.to_owned(),
            rule: "it may not start with '.'".to_owned(),
        });
    }
    Ok(())
}

/// A name behind its length, for the keys of the store: so no name is the beginning of another.
pub fn name_prefix(name: &str) -> Vec<u8> {
    [&(name.len() as u16).to_be_bytes(), name.as_bytes()].concat()
}

fn check(
    what: &'static str,
    name: &str,
    most_chars: usize,
    allowed: impl Fn(char) -> bool,
    alphabet: &str,
) -> Result<(), NameError> {
    let chars = name.chars().count();
    if (1..=most_chars).contains(&chars) && name.chars().all(allowed) {
        return Ok(());
    }
    let shown = name.chars().take(most_chars).collect();
    Err(NameError { what, name: shown, rule: format!("1 to {most_chars} characters ({alphabet})") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(check_actor_name("chat-room").is_ok());
        assert!(check_actor_name("").is_err());
        assert!(check_actor_name("a/b").is_err());
        assert!(check_actor_name(&"x".repeat(65)).is_err());
        assert!(check_component_name("my_app-1.2").is_ok());
        assert!(check_component_name("../etc").is_err());
        assert!(check_namespace("team one").is_ok());
    }
}
