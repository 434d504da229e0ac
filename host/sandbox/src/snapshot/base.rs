//! What the memories of a component hold when nothing has happened yet.

use std::collections::BTreeMap;

use crate::snapshot::{PAGE_BYTES, WASM_PAGE_BYTES};

/// The memories of an instance that has just been made, without the pages of zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Base {
    pub(super) memories: Vec<BaseMemory>,
    pub(super) globals: Vec<u64>,
}

impl Base {
    /// Bytes that it takes up.
    pub(crate) fn len_bytes(&self) -> usize {
        self.memories.iter().map(|memory| memory.pages.len() * PAGE_BYTES).sum()
    }
}

/// One memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BaseMemory {
    /// Its size in pages of WebAssembly.
    pub(super) wasm_pages: u32,
    pages: BTreeMap<u32, Box<[u8]>>,
}

/// A page that holds nothing.
pub(super) const ZEROS: [u8; PAGE_BYTES] = [0; PAGE_BYTES];

impl BaseMemory {
    /// Takes in a whole memory.
    pub(super) fn of(memory: &[u8]) -> Self {
        let pages = (0u32..).zip(memory.chunks(PAGE_BYTES));
        let pages = pages.filter(|(_, page)| **page != ZEROS).map(|(number, page)| (number, page.into()));
        Self { wasm_pages: (memory.len() / WASM_PAGE_BYTES) as u32, pages: pages.collect() }
    }

    /// Whether a page holds anything but zeros.
    pub(super) fn has(&self, number: u32) -> bool {
        self.pages.contains_key(&number)
    }

    /// What a page holds; zeros where there was no memory yet.
    pub(super) fn page(&self, number: u32) -> &[u8] {
        self.pages.get(&number).map_or(&ZEROS[..], |page| page)
    }
}
