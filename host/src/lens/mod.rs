//! What can be seen of a host without touching it.

mod metrics;

pub use metrics::prometheus;
