//! `wasi:random`.

use rand::{Rng, RngCore};
use rivet_ground::limits;
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

use crate::guest::Guest;

fn bytes(len: u64) -> wasmtime::Result<Vec<u8>> {
    if len > limits::RANDOM_BYTES {
        return Err(wasmtime::format_err!(
            "the guest asked for {len} random bytes; one call gives at most {}",
            limits::RANDOM_BYTES
        ));
    }
    let mut out = vec![0; len as usize];
    rand::rng().fill_bytes(&mut out);
    Ok(out)
}

impl random::Host for Guest {
    fn get_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        bytes(len)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(rand::rng().random())
    }
}

impl insecure::Host for Guest {
    fn get_insecure_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        bytes(len)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(rand::rng().random())
    }
}

impl insecure_seed::Host for Guest {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok((rand::rng().random(), rand::rng().random()))
    }
}
