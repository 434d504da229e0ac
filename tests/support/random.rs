//! Random tests that can be repeated.

use rand::SeedableRng;
use rand::rngs::StdRng;

/// A generator with a new seed, which is printed, or with that of `RIVET_TEST_SEED`.
pub fn random() -> StdRng {
    let seed = std::env::var("RIVET_TEST_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("seed {seed} (repeat with RIVET_TEST_SEED={seed})");
    StdRng::seed_from_u64(seed)
}
