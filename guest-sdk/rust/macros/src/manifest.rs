//! The entry of an actor in the manifest.

use std::fmt::Write;

use crate::parse::ActorBlock;

/// The entry as JSON (`guest.describe` in `wit/guest.wit`).
pub fn manifest(actor: &ActorBlock) -> String {
    let mut json = format!("{{\"name\":{}", string(&actor.name));
    for (field, value) in [("displayName", &actor.options.display_name), ("icon", &actor.options.icon)] {
        if let Some(value) = value {
            json.push_str(&format!(",\"{field}\":{}", string(value)));
        }
    }
    let actions: Vec<_> = actor.actions.iter().map(|action| string(&action.name)).collect();
    json.push_str(&format!(",\"actions\":[{}]", actions.join(",")));
    if let Some(ms) = actor.options.action_timeout_ms {
        json.push_str(&format!(",\"options\":{{\"actionTimeoutMs\":{ms}}}"));
    }
    json.push('}');
    json
}

fn string(text: &str) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            c if c.is_control() => {
                // Writing to a string does not fail.
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(string("a\"b\\c\n🔢"), r#""a\"b\\c\u000a🔢""#);
    }
}
