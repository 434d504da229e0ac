//! The file that SQLite sees: pages of one actor, in the overlay of a turn.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use rivet_ground::{ActorId, limits};

use crate::{KeyRange, Overlay, StoreError, Table, WriteSet};

/// Bytes of a page.
pub(super) const PAGE_BYTES: usize = 4096;
/// Bytes of a page's key: the actor's id, and the number of the page.
const KEY_BYTES: usize = size_of::<ActorId>() + size_of::<u32>();
/// What a page that is written adds to a turn.
const ROW_BYTES: usize = WriteSet::ROW_BYTES + KEY_BYTES + PAGE_BYTES;
/// What a page that is removed adds to a turn.
const GONE_BYTES: usize = WriteSet::ROW_BYTES + KEY_BYTES;

/// The pages of one actor's database. There are none to be seen but while an overlay is lent to it.
pub(super) struct Pages {
    actor: ActorId,
    overlay: Option<Overlay>,
    /// Pages in the file, once known. No other connection changes it.
    len_pages: Option<u32>,
    /// Bytes that the turn may write altogether.
    room_bytes: usize,
    /// Why a page was refused last.
    refusal: Option<Refusal>,
}

/// Why SQLite did not get what it wanted of a page.
pub(super) enum Refusal {
    /// The turn may write no more.
    TurnFull,
    /// The store could not be read.
    Store(StoreError),
}

/// What SQLite is told of a [`Refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageError {
    Full,
    Io,
}

/// A turn's overlay, lent to the pages; it goes back when this is dropped.
pub(super) struct Loan<'a> {
    overlay: &'a mut Overlay,
    pages: Arc<Mutex<Pages>>,
}

impl<'a> Loan<'a> {
    /// Lends the overlay of a turn, which may have so many bytes of writes.
    pub(super) fn new(overlay: &'a mut Overlay, pages: &Arc<Mutex<Pages>>, room_bytes: usize) -> Self {
        let mut lent = pages.lock();
        lent.overlay = Some(overlay.lend());
        lent.room_bytes = room_bytes;
        lent.refusal = None;
        drop(lent);
        Self { overlay, pages: Arc::clone(pages) }
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        if let Some(lent) = self.pages.lock().overlay.take() {
            *self.overlay = lent;
        }
    }
}

impl Pages {
    pub(super) fn new(actor: ActorId) -> Self {
        Self { actor, overlay: None, len_pages: None, room_bytes: 0, refusal: None }
    }

    /// Why a page was refused since the overlay was lent, once.
    pub(super) fn take_refusal(&mut self) -> Option<Refusal> {
        self.refusal.take()
    }

    /// The length of the file, in bytes.
    pub(super) fn len_bytes(&mut self) -> Result<u64, PageError> {
        Ok(u64::from(self.len_pages()?) * PAGE_BYTES as u64)
    }

    /// Reads at an offset in bytes. What lies behind the end, and pages that were never written, are zeros; says whether
    /// all of it lies before the end.
    pub(super) fn read(&mut self, offset: u64, out: &mut [u8]) -> Result<bool, PageError> {
        let end = offset + out.len() as u64;
        let is_whole = end <= self.len_bytes()?;
        let mut at = offset;
        let mut rest = out;
        while !rest.is_empty() {
            let within = (at % PAGE_BYTES as u64) as usize;
            let (piece, behind) = rest.split_at_mut(rest.len().min(PAGE_BYTES - within));
            let page = self.get(page_number(at)?)?;
            let found = page.as_ref().and_then(|page| page.get(within..within + piece.len()));
            match found {
                Some(found) => piece.copy_from_slice(found),
                None => piece.fill(0),
            }
            at += piece.len() as u64;
            rest = behind;
        }
        Ok(is_whole)
    }

    /// Writes a page at an offset in bytes.
    pub(super) fn write(&mut self, offset: u64, page: &[u8]) -> Result<(), PageError> {
        if !offset.is_multiple_of(PAGE_BYTES as u64) || page.len() != PAGE_BYTES {
            return Err(PageError::Io);
        }
        let number = page_number(offset)?;
        self.put(number, page)?;
        self.len_pages = Some(self.len_pages()?.max(number));
        Ok(())
    }

    /// Cuts the file, or makes it longer, to a length in bytes.
    pub(super) fn truncate(&mut self, len_bytes: u64) -> Result<(), PageError> {
        let len_pages = u32::try_from(len_bytes.div_ceil(PAGE_BYTES as u64)).map_err(|_| PageError::Io)?;
        let before = self.len_pages()?;
        let gone: Vec<u32> = (len_pages.saturating_add(1)..=before).collect();
        let mut more_bytes = 0;
        for number in &gone {
            more_bytes += if self.is_written(*number)? { 0 } else { GONE_BYTES };
        }
        self.check_room(more_bytes)?;
        for number in gone {
            let key = self.key(number);
            self.overlay()?.delete(Table::SqlPages, key);
        }
        // The last page tells the length, so it is there, even if SQLite never wrote it.
        if len_pages > 0 && self.get(len_pages)?.is_none() {
            self.put(len_pages, &[0; PAGE_BYTES])?;
        }
        self.len_pages = Some(len_pages);
        Ok(())
    }

    fn put(&mut self, number: u32, page: &[u8]) -> Result<(), PageError> {
        if !self.is_written(number)? {
            // A rollback writes pages as they were, and must not fail: one that is the same needs no room.
            let is_same = |old: Option<Bytes>| old.is_some_and(|old| old.as_ref() == page);
            if !self.has_room(ROW_BYTES)? && is_same(self.get(number)?) {
                return Ok(());
            }
            self.check_room(ROW_BYTES)?;
        }
        let key = self.key(number);
        self.overlay()?.put(Table::SqlPages, key, Bytes::copy_from_slice(page));
        Ok(())
    }

    fn get(&mut self, number: u32) -> Result<Option<Bytes>, PageError> {
        let key = self.key(number);
        match self.overlay()?.get(Table::SqlPages, &key) {
            Ok(page) if page.as_ref().is_none_or(|page| page.len() == PAGE_BYTES) => Ok(page),
            Ok(_) => Err(self.refuse(Refusal::Store(StoreError::BadRow { table: "sql_pages" }))),
            Err(error) => Err(self.refuse(Refusal::Store(error))),
        }
    }

    fn len_pages(&mut self) -> Result<u32, PageError> {
        if let Some(len_pages) = self.len_pages {
            return Ok(len_pages);
        }
        let range = KeyRange::prefix(self.actor.as_bytes(), 1).reversed(true);
        let last = match self.overlay()?.scan(Table::SqlPages, &range) {
            Ok(rows) => rows.into_iter().next(),
            Err(error) => return Err(self.refuse(Refusal::Store(error))),
        };
        let number = |key: &Bytes| key.last_chunk().copied().map(u32::from_be_bytes);
        let len_pages = last.and_then(|(key, _)| number(&key)).unwrap_or(0);
        self.len_pages = Some(len_pages);
        Ok(len_pages)
    }

    /// Whether the turn has written or removed the page: to do so again takes no more room.
    fn is_written(&mut self, number: u32) -> Result<bool, PageError> {
        let key = self.key(number);
        Ok(self.overlay()?.has_written(Table::SqlPages, &key))
    }

    fn has_room(&mut self, more_bytes: usize) -> Result<bool, PageError> {
        let room_bytes = self.room_bytes;
        Ok(self.overlay()?.len_bytes().saturating_add(more_bytes) <= room_bytes)
    }

    fn check_room(&mut self, more_bytes: usize) -> Result<(), PageError> {
        if more_bytes == 0 || self.has_room(more_bytes)? {
            return Ok(());
        }
        Err(self.refuse(Refusal::TurnFull))
    }

    fn refuse(&mut self, refusal: Refusal) -> PageError {
        let error = match refusal {
            Refusal::TurnFull => PageError::Full,
            Refusal::Store(_) => PageError::Io,
        };
        // What comes after a failure of the store is its doing.
        if !matches!(self.refusal, Some(Refusal::Store(_))) {
            self.refusal = Some(refusal);
        }
        error
    }

    fn overlay(&mut self) -> Result<&mut Overlay, PageError> {
        self.overlay.as_mut().ok_or(PageError::Io)
    }

    fn key(&self, number: u32) -> Vec<u8> {
        [self.actor.as_bytes().as_slice(), &number.to_be_bytes()].concat()
    }
}

/// The number of the page at an offset; the first is 1, as SQLite counts.
fn page_number(offset: u64) -> Result<u32, PageError> {
    u32::try_from(offset / PAGE_BYTES as u64 + 1).map_err(|_| PageError::Io)
}

const _: () = assert!(limits::SQL_ACTOR_BYTES / (PAGE_BYTES as u64) < u32::MAX as u64);
