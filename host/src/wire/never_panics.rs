//! No request makes the listener panic, whatever stands in its head.

use std::collections::HashMap;

use hyper::header::{HeaderMap, HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use hyper::{Method, Uri};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rivet_codec::Client;
use rivet_ground::{ActorId, limits};

use crate::wire::route::Route;
use crate::wire::tokens::Tokens;
use crate::wire::{addressing, conn_params, query};

const ROUNDS: usize = 30_000;

/// Pieces that lead deeper than noise does.
const PIECES: [&str; 40] = [
    "/gateway/",
    "/",
    "//",
    "@",
    "?",
    "&",
    "=",
    ",",
    ".",
    "%",
    "%2F",
    "%ff",
    "%00",
    "+",
    " ",
    "é",
    "connect",
    "websocket/",
    "request/",
    "action/",
    "rvt-namespace=default",
    "rvt-method=get",
    "rvt-method=getOrCreate",
    "rvt-runner=default",
    "rvt-key=",
    "rvt-input=",
    "uQABZHNlZWQB",
    "rvt-",
    "rivet",
    "rivet_encoding.",
    "rivet_conn_params.",
    "rivet_target.actor",
    "rivet_actor.",
    "%7B%22a%22%3A",
    "%5B%22%24Set%22%2C",
    "1%7D",
    "null",
    "[[[[",
    "\"$BigInt\"",
    "[\"$Uint8Array\",\"*\"]",
];

struct Noise(StdRng);

impl Noise {
    fn text(&mut self, pieces: usize) -> String {
        let mut text = String::new();
        for _ in 0..self.0.random_range(0..pieces) {
            match self.0.random_range(0..12) {
                0 => text.push(self.0.random_range(' '..='~')),
                1 => text.push(self.0.random()),
                _ => text.push_str(PIECES[self.0.random_range(0..PIECES.len())]),
            }
        }
        text
    }

    /// A head that hyper would let through.
    fn head(&mut self, start: &str) -> Option<(Uri, HeaderMap)> {
        let uri = format!("{start}{}", self.text(12)).parse().ok()?;
        let mut headers = HeaderMap::new();
        for name in ["x-rivet-actor", "x-rivet-conn-params", SEC_WEBSOCKET_PROTOCOL.as_str()] {
            headers.insert(name, HeaderValue::from_bytes(self.text(8).as_bytes()).ok()?);
        }
        Some((uri, headers))
    }
}

fn noise() -> Noise {
    let seed = std::env::var("SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("SEED={seed}");
    Noise(StdRng::seed_from_u64(seed))
}

#[test]
fn any_head() {
    let mut noise = noise();
    let starts = ["/gateway/".to_owned(), format!("/gateway/{}/", ActorId::new(1, [7; 10])), "/".to_owned()];
    let mut reached: HashMap<&str, usize> = HashMap::new();
    for round in 0..ROUNDS {
        let Some((uri, headers)) = noise.head(&starts[round % starts.len()]) else { continue };
        let tokens = Tokens::of(&headers);
        for params in [conn_params::of_token(tokens.conn_params), conn_params::of_header(&headers)] {
            *reached.entry("params").or_default() += usize::from(params.is_ok());
            // A byte of JSON is at most a few of CBOR.
            params.iter().for_each(|params| assert!(params.len() <= 16 * limits::CONN_PARAMS_BYTES));
        }
        let query = uri.query().unwrap_or_default();
        let rest = query::of_user(uri.query()).unwrap_or_default();
        assert!(rest.len() <= query.len() && !rest.split('&').any(|pair| pair.starts_with("rvt-")), "{uri}");
        for client in [Client::Current, Client::Rust] {
            let Ok(address) = addressing::parse(uri.path(), query, &headers, client) else { continue };
            let known = Route::of(&Method::GET, address.path) != Route::Unknown;
            *reached.entry("routes").or_default() += usize::from(known);
            *reached.entry("targets").or_default() += usize::from(address.target.is_ok());
        }
    }
    assert!(["params", "routes", "targets"].iter().all(|place| reached[place] > 0), "{reached:?}");
}
