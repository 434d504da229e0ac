//! The file system that SQLite sees: one file, the [`Pages`] of the connection that is being opened, and nothing else.
//!
//! # Safety
//! SQLite calls the functions below with pointers that its documentation vouches for (sqlite.org/c3ref/vfs.html,
//! sqlite.org/c3ref/io_methods.html); nothing else calls them. What each relies on:
//! - An `sqlite3_file` is memory of `szOsFile` bytes, aligned for pointers, that SQLite gives to `xOpen`, and to the methods
//!   only between an `xOpen` that set `pMethods` and the `xClose` that follows. [`File`] is `repr(C)` and begins with an
//!   `sqlite3_file`, so both pointers mean the same place.
//! - `File::pages` comes of `Arc::into_raw` in `xOpen` and goes back to `Arc::from_raw` in `xClose`, once. Between them it
//!   is a valid `Mutex<Pages>`, which is `Send` and `Sync`, so it does not matter which thread calls.
//! - Buffers have the length that is given beside them, and lie in nobody else's hands during the call. Those that are
//!   written to are not read before.
//! - No function unwinds: none panics, and each has a way to say that it failed.
#![allow(unsafe_code, reason = "a VFS is a table of C functions; the safety argument is above")]

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use rivet_ground::limits;
use rusqlite::ffi;

use crate::sql::pages::{PAGE_BYTES, PageError, Pages};

/// The name under which SQLite knows the file system.
pub(super) const NAME: &CStr = c"rivet-pages";
/// The name of its one file. SQLite wants it to have one.
pub(super) const FILE: &str = "actor";

/// Milliseconds from noon of 24 November 4714 BC, where SQLite's time begins, to the Unix epoch.
const JULIAN_EPOCH_MS: i64 = 210_866_760_000_000;
/// Bytes of a path, with its end.
const PATH_BYTES: c_int = 64;
/// Size and number of the small pieces of memory that SQLite sets aside for each connection. Its own 48 KB are a lot for
/// one of thousands.
const LOOKASIDE: (c_int, c_int) = (256, 64);

thread_local! {
    /// What the next `xOpen` on this thread opens.
    static OPENING: RefCell<Option<Arc<Mutex<Pages>>>> = const { RefCell::new(None) };
    /// The wall clock of the call that this thread is in.
    static NOW_MS: Cell<u64> = const { Cell::new(0) };
}

/// Opens a connection to some pages; `open` must do so on this thread, by [`NAME`] and [`FILE`].
pub(super) fn opening<T>(pages: &Arc<Mutex<Pages>>, open: impl FnOnce() -> T) -> T {
    install();
    OPENING.set(Some(Arc::clone(pages)));
    let opened = open();
    OPENING.set(None);
    opened
}

/// Sets what statements on this thread take for the time, in milliseconds since the Unix epoch.
pub(super) fn set_now(now_ms: u64) {
    NOW_MS.set(now_ms);
}

/// Bytes of memory that SQLite uses, of all connections.
pub(super) fn memory_bytes() -> u64 {
    // SAFETY: it takes nothing and reads a counter, under a lock of SQLite's own.
    let bytes = unsafe { ffi::sqlite3_memory_used() };
    bytes.unsigned_abs()
}

/// Makes the file system known, and bounds the memory, once. If that fails, nothing can be opened.
fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // SAFETY: the configuration is refused, without harm, when something else has used SQLite before. The VFS is
        // leaked, so it lives as long as SQLite may use it, and its functions keep to what is said above.
        unsafe {
            ffi::sqlite3_config(ffi::SQLITE_CONFIG_LOOKASIDE, LOOKASIDE.0, LOOKASIDE.1);
            ffi::sqlite3_vfs_register(Box::into_raw(Box::new(vfs())), 0);
            ffi::sqlite3_soft_heap_limit64(limits::SQL_MEMORY_BYTES as i64);
            ffi::sqlite3_hard_heap_limit64(limits::SQL_MEMORY_MAX_BYTES as i64);
        }
    });
}

/// An open file.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    pages: *const Mutex<Pages>,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(lock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

fn vfs() -> ffi::sqlite3_vfs {
    ffi::sqlite3_vfs {
        iVersion: 2,
        szOsFile: size_of::<File>() as c_int,
        mxPathname: PATH_BYTES,
        pNext: std::ptr::null_mut(),
        zName: NAME.as_ptr(),
        pAppData: std::ptr::null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: Some(no_library),
        xDlError: Some(no_library_error),
        xDlSym: Some(no_symbol),
        xDlClose: Some(no_library_close),
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: Some(last_error),
        xCurrentTimeInt64: Some(current_time_ms),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }
}

/// Does something with the pages of an open file, and gives SQLite's code of an error in place of it.
///
/// # Safety
/// The file is open.
unsafe fn with<T>(
    file: *mut ffi::sqlite3_file,
    act: impl FnOnce(&mut Pages) -> Result<T, PageError>,
    io_error: c_int,
) -> Result<T, c_int> {
    // SAFETY: the file is open, so it is a `File` whose pages are alive.
    let pages = unsafe { &*(*file.cast::<File>()).pages };
    act(&mut pages.lock()).map_err(|error| match error {
        PageError::Full => ffi::SQLITE_FULL,
        PageError::Io => io_error,
    })
}

fn code(outcome: Result<(), c_int>) -> c_int {
    outcome.err().unwrap_or(ffi::SQLITE_OK)
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives memory for a file, which is not open until `pMethods` is set.
    unsafe { (*file).pMethods = std::ptr::null() };
    // Journals and temporary files are in memory; SQLite does not ask for them.
    let is_database = flags & ffi::SQLITE_OPEN_MAIN_DB != 0 && !name.is_null();
    let Some(pages) = is_database.then(|| OPENING.take()).flatten() else { return ffi::SQLITE_CANTOPEN };
    let opened =
        File { base: ffi::sqlite3_file { pMethods: &raw const METHODS }, pages: Arc::into_raw(pages) };
    // SAFETY: the memory is of `szOsFile` bytes, which is the size of `File`; `flags_out` may be null.
    unsafe {
        file.cast::<File>().write(opened);
        if let Some(flags_out) = flags_out.as_mut() {
            *flags_out = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: the file is open until now, so the pointer is that of `Arc::into_raw`, and is given back once.
    unsafe { drop(Arc::from_raw((*file.cast::<File>()).pages)) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    out: *mut c_void,
    len_bytes: c_int,
    offset: i64,
) -> c_int {
    let (Ok(len_bytes), Ok(offset)) = (usize::try_from(len_bytes), u64::try_from(offset)) else {
        return ffi::SQLITE_IOERR_READ;
    };
    // SAFETY: the buffer is SQLite's, of this length; it is filled with zeros before it is lent as a slice. The file is open.
    let is_whole = unsafe {
        out.cast::<u8>().write_bytes(0, len_bytes);
        let out = std::slice::from_raw_parts_mut(out.cast::<u8>(), len_bytes);
        with(file, |pages| pages.read(offset, out), ffi::SQLITE_IOERR_READ)
    };
    match is_whole {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(code) => code,
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    data: *const c_void,
    len_bytes: c_int,
    offset: i64,
) -> c_int {
    let (Ok(len_bytes), Ok(offset)) = (usize::try_from(len_bytes), u64::try_from(offset)) else {
        return ffi::SQLITE_IOERR_WRITE;
    };
    // SAFETY: the buffer is SQLite's, of this length, and full; the file is open.
    code(unsafe {
        let data = std::slice::from_raw_parts(data.cast::<u8>(), len_bytes);
        with(file, |pages| pages.write(offset, data), ffi::SQLITE_IOERR_WRITE)
    })
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len_bytes: i64) -> c_int {
    let Ok(len_bytes) = u64::try_from(len_bytes) else { return ffi::SQLITE_IOERR_TRUNCATE };
    // SAFETY: the file is open.
    code(unsafe { with(file, |pages| pages.truncate(len_bytes), ffi::SQLITE_IOERR_TRUNCATE) })
}

/// The commit of the turn makes pages durable.
unsafe extern "C" fn sync(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: the file is open, and `out` is a place for one number.
    code(unsafe {
        with(file, Pages::len_bytes, ffi::SQLITE_IOERR_FSTAT).map(|len_bytes| out.write(len_bytes as i64))
    })
}

/// No other connection has the file: the actor's claim sees to that.
unsafe extern "C" fn lock(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(_: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: `out` is a place for one number.
    unsafe { out.write(0) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    PAGE_BYTES as c_int
}

unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, _: *const c_char, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

/// There is no other file: no journal that a crash has left, for one.
unsafe extern "C" fn access(_: *mut ffi::sqlite3_vfs, _: *const c_char, _: c_int, out: *mut c_int) -> c_int {
    // SAFETY: `out` is a place for one number.
    unsafe { out.write(0) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    out_bytes: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: the name ends with NUL, and `out` has `out_bytes` bytes.
    unsafe {
        let name = CStr::from_ptr(name).to_bytes_with_nul();
        if usize::try_from(out_bytes).is_ok_and(|out_bytes| name.len() <= out_bytes) {
            out.copy_from_nonoverlapping(name.as_ptr().cast(), name.len());
            return ffi::SQLITE_OK;
        }
    }
    ffi::SQLITE_CANTOPEN
}

unsafe extern "C" fn no_library(_: *mut ffi::sqlite3_vfs, _: *const c_char) -> *mut c_void {
    std::ptr::null_mut()
}

unsafe extern "C" fn no_library_error(_: *mut ffi::sqlite3_vfs, out_bytes: c_int, out: *mut c_char) {
    if out_bytes > 0 {
        // SAFETY: `out` has `out_bytes` bytes.
        unsafe { out.write(0) };
    }
}

unsafe extern "C" fn no_symbol(
    _: *mut ffi::sqlite3_vfs,
    _: *mut c_void,
    _: *const c_char,
) -> Option<unsafe extern "C" fn(*mut ffi::sqlite3_vfs, *mut c_void, *const c_char)> {
    None
}

unsafe extern "C" fn no_library_close(_: *mut ffi::sqlite3_vfs, _: *mut c_void) {}

/// SQLite takes random numbers from its default VFS; this one passes on to it.
unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, len_bytes: c_int, out: *mut c_char) -> c_int {
    // SAFETY: null asks for the default VFS, which lives for ever; it is given what SQLite gave.
    unsafe {
        let default = ffi::sqlite3_vfs_find(std::ptr::null());
        match default.as_ref().and_then(|default| default.xRandomness) {
            Some(randomness) => randomness(default, len_bytes, out),
            None => 0,
        }
    }
}

/// Nobody else holds a lock that could be waited for.
unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, _: c_int) -> c_int {
    0
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: `out` is a place for one number.
    unsafe { out.write(julian_ms() as f64 / 86_400_000.0) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time_ms(_: *mut ffi::sqlite3_vfs, out: *mut i64) -> c_int {
    // SAFETY: `out` is a place for one number.
    unsafe { out.write(julian_ms()) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn last_error(_: *mut ffi::sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}

fn julian_ms() -> i64 {
    JULIAN_EPOCH_MS.saturating_add_unsigned(NOW_MS.get())
}
