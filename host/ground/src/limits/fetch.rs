//! Bounds of requests to the outside.

use super::{PENDING_OPERATIONS, TURN_SAID_BYTES};

/// Requests of one actor to the outside that are under way at a time.
pub const FETCHES_ACTOR: usize = 64;
/// Requests of all actors to the outside that are under way at a time.
pub const FETCHES: usize = 1024;
/// Bytes in the URL of a request to the outside.
pub const FETCH_URL_BYTES: usize = 8 << 10;
/// Bytes in all headers of a request to the outside, and of the answer.
pub const FETCH_HEAD_BYTES: usize = 64 << 10;
/// Headers of an answer.
pub const FETCH_HEADERS: usize = 512;
/// Bytes in the body of a request to the outside.
pub const FETCH_BODY_OUT_BYTES: usize = 20 << 20;
/// Bytes in the body of the answer, unless the request asks for fewer.
pub const FETCH_BODY_IN_BYTES: usize = 20 << 20;
/// Bytes of bodies of all requests to the outside that are in memory at a time; beyond it they fail.
pub const FETCH_BODIES_BYTES: usize = 512 << 20;
/// How long a request to the outside may take, from its start to the last byte of the answer, in milliseconds, unless it says
/// otherwise.
pub const FETCH_TIMEOUT_MS: u64 = 30_000;
/// The longest that it may say, in milliseconds.
pub const FETCH_TIMEOUT_MAX_MS: u64 = 600_000;
/// Redirects that a request to the outside follows, unless it asks for fewer (the Fetch standard).
pub const FETCH_REDIRECTS: u32 = 20;
/// Names that are looked up at a time: each look-up has a thread of its own.
pub const LOOKUPS: usize = 32;
/// Addresses of one name that are tried one after the other.
pub const CONNECT_ADDRESSES: usize = 8;
/// How long the next address waits for the one before, in milliseconds.
pub const CONNECT_TRY_MS: u64 = 5_000;

const _: () = assert!(FETCH_BODY_OUT_BYTES < TURN_SAID_BYTES && FETCH_BODY_IN_BYTES < FETCH_BODIES_BYTES);
const _: () = assert!(FETCHES_ACTOR < PENDING_OPERATIONS && FETCH_TIMEOUT_MS < FETCH_TIMEOUT_MAX_MS);
