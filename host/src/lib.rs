//! The host: rooms that pass data down as calls and back up as data. ARCHITECTURE.md has the map.

pub mod actor;
pub mod catalog;
pub mod cli;
pub mod egress;
pub mod gateway;
pub mod host;
pub mod lens;
pub mod wire;
