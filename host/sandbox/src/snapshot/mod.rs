//! The memory of an instance between two turns, as bytes, and an instance made of them again.
//!
//! There is no wasm stack between two turns and no host resource that the guest could hold but std streams, so its
//! memories, its mutable globals and its handles are all it has. Of the memories only what differs from the *base* is
//! kept: from an instance of the same component in which nothing has happened yet.

mod base;
mod control;
mod format;
mod handles;
mod pagemap;
mod pages;
mod restore;
mod save;

pub use format::{DamagedImage, Image};
pub use restore::RestoreError;
pub use save::NoImage;

pub(crate) use base::Base;
pub(crate) use control::Control;
pub(crate) use handles::{HandleKind, Handles};
pub(crate) use pages::PageFinder;
pub(crate) use save::{Sink, add_to_linker};

/// Bytes of a page: the unit in which memory is looked at and kept.
pub(crate) const PAGE_BYTES: usize = 4096;
/// Bytes of a page of WebAssembly: the unit in which memory grows.
const WASM_PAGE_BYTES: usize = 65_536;
