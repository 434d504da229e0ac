//! Names of Rust as names on the wire.

/// `put_many` as `putMany`.
pub fn camel(snake: &str) -> String {
    let mut camel = String::new();
    for word in snake.split('_').filter(|word| !word.is_empty()) {
        let mut chars = word.chars();
        match chars.next() {
            Some(first) if !camel.is_empty() => camel.extend(first.to_uppercase()),
            Some(first) => camel.push(first),
            None => {}
        }
        camel.push_str(chars.as_str());
    }
    camel
}

/// `KvStore` as `kv-store`.
pub fn kebab(pascal: &str) -> String {
    let mut kebab = String::new();
    let mut after_lower = false;
    for c in pascal.chars() {
        if c.is_uppercase() && after_lower {
            kebab.push('-');
        }
        after_lower = !c.is_uppercase() && c != '_';
        kebab.extend(c.to_lowercase());
    }
    kebab
}

/// `NewCount` as `newCount`.
pub fn lower_first(pascal: &str) -> String {
    let mut chars = pascal.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_change_case() {
        for (snake, expect) in [("get", "get"), ("put_many", "putMany"), ("a_b2_c", "aB2C"), ("_x_", "x")] {
            assert_eq!(camel(snake), expect);
        }
        for (pascal, expect) in [("Counter", "counter"), ("KvStore", "kv-store"), ("HTTPFeed2", "httpfeed2")]
        {
            assert_eq!(kebab(pascal), expect);
        }
        assert_eq!(lower_first("NewCount"), "newCount");
    }
}
