//! Rooms use only the rooms, and crates only the crates, that the table allows; one file reads the clock.

use crate::rooms::{CLOCK, CRATES, ROOMS, WIRING};
use crate::source::{Source, Token};
use crate::{catches, hold};

#[test]
fn rooms_use_what_they_may() {
    hold(room_edges);
}

#[test]
fn crates_use_what_they_may() {
    hold(crate_edges);
}

#[test]
fn one_file_reads_the_clock() {
    hold(clocks);
}

#[test]
fn the_rules_catch_forbidden_rooms() {
    catches(room_edges, "host/src/wire/http.rs", "use crate::gateway::Gateway; use crate::wire::x;", &[]);
    catches(room_edges, "host/src/wire/http.rs", "use crate::actor::Mailbox;", &["wire may not use actor"]);
    catches(room_edges, "host/src/actor/turn.rs", "fn f() { crate::wire::g() }", &["actor may not use wire"]);
    let grouped = "use crate::{catalog::Catalog, gateway::{self, Gateway}, host::Host};";
    catches(
        room_edges,
        "host/src/actor.rs",
        grouped,
        &["actor may not use gateway", "actor may not use host"],
    );
    catches(room_edges, "host/src/cli/run.rs", "use crate::{actor::A, wire::W};", &[]);
    catches(room_edges, "host/src/lens/a.rs", "use super::super::wire::W;", &["super::super"]);
    catches(room_edges, "host/src/attic/a.rs", "", &["no room of the table"]);
    catches(
        room_edges,
        "host/src/actor/a.rs",
        "// use crate::wire::W;\nconst A: &str = \"crate::wire\";",
        &[],
    );
}

#[test]
fn the_rules_catch_forbidden_crates() {
    catches(crate_edges, "host/src/actor/a.rs", "use hyper::Request;", &["hyper"]);
    catches(crate_edges, "host/src/wire/a.rs", "use hyper::Request; fn f(a: redb::Key) {}", &["redb"]);
    catches(crate_edges, "host/sandbox/src/engine.rs", "use rivet_store::Overlay;", &["rivet_store"]);
    catches(crate_edges, "host/sandbox/src/iface/kv.rs", "use rivet_store::Overlay;", &[]);
    catches(crate_edges, "host/sandbox/benches/a.rs", "use rivet_store::Overlay;", &[]);
    catches(crate_edges, "host/src/host.rs", "use rivet_store::Store; use wasmtime::Engine;", &["wasmtime"]);
    catches(crate_edges, "host/src/hostess.rs", "use rivet_store::Store;", &["rivet_store"]);
    catches(crate_edges, "host/ground/src/a.rs", "use {rivet_codec::A, std::fmt};", &["rivet_codec"]);
    catches(crate_edges, "host/codec/src/a.rs", "pub use ::wasmtime::Engine;", &["wasmtime"]);
    catches(crate_edges, "guest-sdk/rust/src/a.rs", "use hyper::Request;", &[]);
    catches(crate_edges, "host/src/actor/a.rs", "mod hyper; use self::hyper::A; use hyper_like::B;", &[]);
}

#[test]
fn the_rules_catch_clocks() {
    catches(
        clocks,
        "host/src/actor/a.rs",
        "fn f() { std::time::Instant::now(); }",
        &["a.rs:1: Instant::now"],
    );
    catches(clocks, "host/store/src/a.rs", "fn f() { SystemTime::now(); }", &["SystemTime::now"]);
    catches(clocks, "host/store/src/a.rs", "#[cfg(test)] mod tests { fn f() { Instant::now(); } }", &[]);
    catches(clocks, "host/store/tests/a.rs", "fn f() { Instant::now(); }", &[]);
    catches(clocks, CLOCK, "fn f() { Instant::now(); }", &[]);
}

fn room_edges(source: &Source) -> Vec<String> {
    let Some(inside) = source.path.strip_prefix("host/src/") else { return Vec::new() };
    if is_wiring(source) {
        return Vec::new();
    }
    let place = inside.split('/').next().unwrap_or(inside);
    let room = place.trim_end_matches(".rs");
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{}: {place} is no room of the table (tests/tidy/rooms.rs)", source.path)];
    };
    let tokens = source.shipped_tokens();
    let mut wrong = Vec::new();
    for (index, _) in tokens.iter().enumerate() {
        let rest = &tokens[index..];
        if starts(rest, &["super", ":", ":", "super"]) {
            wrong.push(at(source, rest, "super::super hides a room: write crate::"));
        }
        if starts(rest, &["crate", ":", ":"]) {
            let named = heads(&rest[3..]).into_iter();
            let forbidden = named.filter(|name| name != room && !allowed.contains(&name.as_str()));
            wrong.extend(forbidden.map(|name| at(source, rest, &format!("{room} may not use {name}"))));
        }
    }
    wrong
}

/// The first names of a path, or of each path of a group in braces.
fn heads(tokens: &[Token]) -> Vec<String> {
    let Some(first) = tokens.first() else { return Vec::new() };
    if first.text != "{" {
        return vec![first.text.clone()];
    }
    let inside = tokens[1..].iter().take_while(|token| token.depth > first.depth);
    let inside: Vec<&Token> = inside.filter(|token| token.depth == first.depth + 1).collect();
    inside.split(|token| token.text == ",").filter_map(|path| Some(path.first()?.text.clone())).collect()
}

fn crate_edges(source: &Source) -> Vec<String> {
    if !ships(source) {
        return Vec::new();
    }
    let tokens = source.shipped_tokens();
    let mut wrong = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let restricted = CRATES.iter().find(|restricted| restricted.name == token.text);
        let is_root = starts(&tokens[index + 1..], &[":", ":"]) && !follows_a_name(&tokens[..index]);
        if let Some(restricted) = restricted
            && is_root
            && !restricted.allowed.iter().any(|place| lies_in(&source.path, place))
            && !(is_wiring(source) && token.text.starts_with("rivet_"))
        {
            let allowed = restricted.allowed.join(", ");
            let what = format!("{} may be used only in {allowed}", restricted.name);
            wrong.push(at(source, &tokens[index..], &what));
        }
    }
    wrong
}

/// Whether what comes before is `name::`, so that the next name is not the root of its path.
fn follows_a_name(before: &[Token]) -> bool {
    let is_name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_');
    matches!(before, [.., name, a, b] if a.text == ":" && b.text == ":" && is_name(&name.text) && name.text != "use")
}

/// Whether the source is part of the host, and not of its tests or benchmarks.
fn ships(source: &Source) -> bool {
    source.path.starts_with("host/")
        && !source.path.split('/').any(|part| part == "tests" || part == "benches")
}

fn is_wiring(source: &Source) -> bool {
    WIRING.iter().any(|place| lies_in(&source.path, &format!("host/src/{place}")))
}

fn lies_in(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn clocks(source: &Source) -> Vec<String> {
    if source.path == CLOCK || !ships(source) {
        return Vec::new();
    }
    let tokens = source.shipped_tokens();
    let mut wrong = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let rest = &tokens[index..];
        let is_clock = token.text == "Instant" || token.text == "SystemTime";
        if is_clock && starts(&rest[1..], &[":", ":", "now"]) {
            wrong.push(at(source, rest, &format!("{}::now: take a rivet_ground::Clock", token.text)));
        }
    }
    wrong
}

fn starts(tokens: &[Token], texts: &[&str]) -> bool {
    tokens.len() >= texts.len() && tokens.iter().zip(texts).all(|(token, text)| token.text == *text)
}

fn at(source: &Source, tokens: &[Token], what: &str) -> String {
    format!("{}:{}: {what}", source.path, tokens[0].line)
}
