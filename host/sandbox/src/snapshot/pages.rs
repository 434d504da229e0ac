//! The pages in which a memory differs from its base.

use std::io;
use std::ops::Range;
use std::sync::OnceLock;

use crate::snapshot::PAGE_BYTES;
use crate::snapshot::base::BaseMemory;
use crate::snapshot::pagemap::Pagemap;

/// How changed pages are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageFinder {
    /// The kernel tells which pages were written to; only those are looked at.
    Pagemap,
    /// Every page is looked at.
    Compare,
}

/// Pages next to each other: the first, and how many.
pub(crate) type PageRun = (u32, u32);

/// The changed pages of one memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// The memory's size in pages of WebAssembly.
    pub(super) wasm_pages: u32,
    /// Where the changed pages are, in order.
    pub(super) runs: Vec<PageRun>,
}

static PAGEMAP: OnceLock<Option<Pagemap>> = OnceLock::new();

fn pagemap() -> Option<&'static Pagemap> {
    PAGEMAP.get_or_init(Pagemap::open).as_ref()
}

impl PageFinder {
    /// The better way that this kernel offers.
    pub(crate) fn detect() -> Self {
        if pagemap().is_some() { Self::Pagemap } else { Self::Compare }
    }

    /// The changed pages of a memory; what they hold is appended to `contents`, each page as its difference (the
    /// exclusive or) from the base: what is alike is then zeros, which cost next to nothing once compressed.
    pub(super) fn changes(
        self,
        memory: &[u8],
        base: &BaseMemory,
        contents: &mut Vec<u8>,
    ) -> io::Result<Changes> {
        let candidates = match (self, pagemap()) {
            (Self::Pagemap, Some(pagemap)) => pagemap.written(memory)?,
            _ => std::iter::once(0..memory.len()).collect(),
        };
        let wasm_pages = (memory.len() / super::WASM_PAGE_BYTES) as u32;
        let mut changes = Changes { wasm_pages, runs: Vec::new() };
        for range in candidates {
            changes.add(memory, range, base, contents);
        }
        Ok(changes)
    }
}

impl Changes {
    /// Whether the pages are in their order, each once, and all within the memory.
    pub(super) fn is_sound(&self) -> bool {
        let pages = u64::from(self.wasm_pages) * (super::WASM_PAGE_BYTES / PAGE_BYTES) as u64;
        let mut end = 0;
        self.runs.iter().all(|(first, count)| {
            let in_order = u64::from(*first) >= end && *count > 0;
            end = u64::from(*first) + u64::from(*count);
            in_order && end <= pages
        })
    }

    fn add(&mut self, memory: &[u8], range: Range<usize>, base: &BaseMemory, contents: &mut Vec<u8>) {
        let first = (range.start / PAGE_BYTES) as u32;
        let pages = memory.get(range).unwrap_or_default().chunks(PAGE_BYTES);
        for (number, page) in (first..).zip(pages) {
            let before = base.page(number);
            if page == before {
                continue;
            }
            match self.runs.last_mut() {
                Some((start, count)) if *start + *count == number => *count += 1,
                _ => self.runs.push((number, 1)),
            }
            let at = contents.len();
            contents.extend_from_slice(page);
            apply(contents.get_mut(at..).unwrap_or_default(), before);
        }
    }
}

/// Turns what pages hold into their difference from the base, or back.
pub(super) fn apply(page: &mut [u8], base: &[u8]) {
    page.iter_mut().zip(base).for_each(|(byte, base)| *byte ^= base);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_find_the_same() {
        // Mapped by the allocator as a whole, so that it begins with a page of its own.
        let mut memory = vec![0u8; 4 << 20];
        let start = memory.as_ptr().addr().next_multiple_of(PAGE_BYTES) - memory.as_ptr().addr();
        let memory = &mut memory[start..start + (1 << 20)];
        memory[3 * PAGE_BYTES] = 1;
        let base = BaseMemory::of(memory);
        for at in [3 * PAGE_BYTES + 9, 4 * PAGE_BYTES, 200 * PAGE_BYTES + 4095] {
            memory[at] = 7;
        }
        // Written to, and the same as before: not to be kept.
        memory[9 * PAGE_BYTES] = 0;
        let found = |finder: PageFinder| {
            let mut contents = Vec::new();
            (finder.changes(memory, &base, &mut contents).unwrap(), contents)
        };
        let (changes, contents) = found(PageFinder::Compare);
        assert_eq!(changes.runs, [(3, 2), (200, 1)]);
        assert_eq!(contents.len(), 3 * PAGE_BYTES);
        assert_eq!(contents.iter().filter(|byte| **byte != 0).count(), 3);
        assert_eq!(found(PageFinder::Pagemap), (changes, contents));
    }

    #[test]
    fn more_regions_than_the_kernel_tells_at_a_time_are_found() {
        let mut memory = vec![0u8; 8 << 20];
        let start = memory.as_ptr().addr().next_multiple_of(PAGE_BYTES) - memory.as_ptr().addr();
        let memory = &mut memory[start..start + (4 << 20)];
        let base = BaseMemory::of(&vec![0; memory.len()]);
        let expected: Vec<PageRun> = (0..500).map(|page| (page * 2 + 1, 1)).collect();
        for (page, _) in &expected {
            memory[*page as usize * PAGE_BYTES] = 1;
        }
        for finder in [PageFinder::Pagemap, PageFinder::Compare] {
            assert_eq!(finder.changes(memory, &base, &mut Vec::new()).unwrap().runs, expected);
        }
    }
}
