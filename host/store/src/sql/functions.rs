//! Functions of SQLite that take the square of their input's length, and cannot be interrupted, in a form that does not:
//! `trim` of a text of 64 KiB took half a minute.
//!
//! # Safety
//! SQLite calls a function with a context and as many values as it is registered for; all are good until it returns
//! (sqlite.org/c3ref/create_function.html). The bytes of a value are good until it is converted again, which does not happen
//! here between taking and using them. A result is copied. No function unwinds.
#![allow(unsafe_code, reason = "functions of SQLite are C functions; the safety argument is above")]

use std::collections::HashSet;
use std::ffi::{CStr, c_int};

use memchr::memmem;
use rivet_ground::limits;
use rusqlite::{Connection, ffi};

/// A function of SQLite.
type Function = unsafe extern "C" fn(*mut ffi::sqlite3_context, c_int, *mut *mut ffi::sqlite3_value);

/// A character of more bytes is none of UTF-8.
const CHARACTER_BYTES: usize = 4;

/// Puts the functions in the place of SQLite's own.
pub(super) fn replace_slow(connection: &Connection) -> rusqlite::Result<()> {
    let functions: [(&CStr, c_int, Function); 6] = [
        (c"instr", 2, instr),
        (c"replace", 3, replace),
        (c"trim", 2, trim::<true, true>),
        (c"ltrim", 2, trim::<true, false>),
        (c"rtrim", 2, trim::<false, true>),
        (c"unhex", 2, unhex),
    ];
    // As SQLite's own, they may stand in a schema that is not trusted.
    let flags = ffi::SQLITE_UTF8 | ffi::SQLITE_DETERMINISTIC | ffi::SQLITE_INNOCUOUS;
    for (name, count, function) in functions {
        // SAFETY: the connection is open, and the functions keep to what is said above.
        let code = unsafe {
            let (handle, none) = (connection.handle(), std::ptr::null_mut());
            ffi::sqlite3_create_function_v2(
                handle,
                name.as_ptr(),
                count,
                flags,
                none,
                Some(function),
                None,
                None,
                None,
            )
        };
        if code != ffi::SQLITE_OK {
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        }
    }
    Ok(())
}

/// The values that a function is called with.
struct Values(*mut *mut ffi::sqlite3_value);

impl Values {
    /// Whether a value is a blob; numbers count as texts.
    ///
    /// # Safety
    /// The function is registered for more than `index` values.
    unsafe fn is_blob(&self, index: usize) -> bool {
        // SAFETY: the value is there.
        unsafe { ffi::sqlite3_value_type(*self.0.add(index)) == ffi::SQLITE_BLOB }
    }

    /// The bytes of a value: of a blob as they are, of anything else as text; none for NULL.
    ///
    /// # Safety
    /// As [`Values::is_blob`]; the bytes are used before the function returns.
    unsafe fn bytes<'a>(&self, index: usize) -> Option<&'a [u8]> {
        // SAFETY: the value is there. Its length is asked for after its bytes, which may have been made for that.
        unsafe {
            let value = *self.0.add(index);
            let start = match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_NULL => return None,
                ffi::SQLITE_BLOB => ffi::sqlite3_value_blob(value).cast::<u8>(),
                _ => ffi::sqlite3_value_text(value),
            };
            let len_bytes = usize::try_from(ffi::sqlite3_value_bytes(value)).unwrap_or(0);
            if start.is_null() || len_bytes == 0 {
                return Some(&[]);
            }
            Some(std::slice::from_raw_parts(start, len_bytes))
        }
    }
}

/// Gives a text as the result.
///
/// # Safety
/// The context is that of the call.
unsafe fn give_text(context: *mut ffi::sqlite3_context, text: &[u8]) {
    // SAFETY: SQLite copies the text; it is shorter than a `c_int` can say, because its values are.
    unsafe {
        if text.len() > limits::SQL_VALUE_BYTES {
            ffi::sqlite3_result_error_toobig(context);
        } else {
            let len_bytes = text.len() as c_int;
            ffi::sqlite3_result_text(context, text.as_ptr().cast(), len_bytes, ffi::SQLITE_TRANSIENT());
        }
    }
}

unsafe extern "C" fn instr(
    context: *mut ffi::sqlite3_context,
    _: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    let values = Values(values);
    // SAFETY: it is registered for two values; the result is NULL where none is given.
    unsafe {
        let is_text = !(values.is_blob(0) && values.is_blob(1));
        if let (Some(haystack), Some(needle)) = (values.bytes(0), values.bytes(1)) {
            ffi::sqlite3_result_int(context, place(haystack, needle, is_text));
        }
    }
}

/// Where the needle begins, in bytes or characters from 1; 0 where it does not.
fn place(haystack: &[u8], needle: &[u8], is_text: bool) -> c_int {
    let found = match needle.first() {
        // A match begins with a character, so one that begins within is at the start or nowhere.
        Some(first) if is_text && is_within(*first) => haystack.starts_with(needle).then_some(0),
        _ => memmem::find(haystack, needle),
    };
    let Some(at) = found else { return 0 };
    let before = haystack.get(..=at).unwrap_or_default().iter().skip(1);
    let steps = if is_text { before.filter(|byte| !is_within(**byte)).count() } else { at };
    c_int::try_from(steps + 1).unwrap_or(c_int::MAX)
}

unsafe extern "C" fn replace(
    context: *mut ffi::sqlite3_context,
    _: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    let values = Values(values);
    // SAFETY: it is registered for three values; the result is NULL where none is given.
    unsafe {
        let (Some(text), Some(pattern)) = (values.bytes(0), values.bytes(1)) else { return };
        // SQLite takes a pattern that begins with NUL for an empty one.
        if pattern.first().is_none_or(|first| *first == 0) {
            return give_text(context, text);
        }
        let Some(with) = values.bytes(2) else { return };
        match replaced(text, pattern, with) {
            Some(text) => give_text(context, &text),
            None => ffi::sqlite3_result_error_toobig(context),
        }
    }
}

/// The text with every pattern replaced; none if it is longer than a value may be.
fn replaced(text: &[u8], pattern: &[u8], with: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut rest) = (Vec::new(), 0);
    for at in memmem::find_iter(text, pattern) {
        out.extend_from_slice(text.get(rest..at).unwrap_or_default());
        out.extend_from_slice(with);
        if out.len() > limits::SQL_VALUE_BYTES {
            return None;
        }
        rest = at + pattern.len();
    }
    out.extend_from_slice(text.get(rest..).unwrap_or_default());
    Some(out)
}

unsafe extern "C" fn trim<const LEFT: bool, const RIGHT: bool>(
    context: *mut ffi::sqlite3_context,
    _: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    let values = Values(values);
    // SAFETY: it is registered for two values; the result is NULL where none is given.
    unsafe {
        let (Some(text), Some(set)) = (values.bytes(0), values.bytes(1)) else { return };
        match characters(set) {
            Some(set) => give_text(context, trimmed(text, &set, LEFT, RIGHT)),
            None => {
                let message = b"the characters to trim are no UTF-8";
                ffi::sqlite3_result_error(context, message.as_ptr().cast(), message.len() as c_int);
            }
        }
    }
}

unsafe extern "C" fn unhex(
    context: *mut ffi::sqlite3_context,
    _: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    let values = Values(values);
    // SAFETY: it is registered for two values; the result is NULL where none is given. The blob is copied, and shorter than
    // a `c_int` can say.
    unsafe {
        let (Some(hex), Some(ignored)) = (values.bytes(0), values.bytes(1)) else { return };
        let bytes = characters(ignored).and_then(|ignored| unhexed(hex, &ignored));
        if let Some(bytes) = bytes {
            let (start, len_bytes) = (bytes.as_ptr().cast(), bytes.len() as c_int);
            ffi::sqlite3_result_blob(context, start, len_bytes, ffi::SQLITE_TRANSIENT());
        }
    }
}

/// The bytes that pairs of hexadecimal digits stand for, up to the first NUL; between them some characters may stand. None
/// if anything else does.
fn unhexed(text: &[u8], ignored: &HashSet<&[u8]>) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (mut out, mut rest) = (Vec::new(), text.split(|byte| *byte == 0).next().unwrap_or_default());
    while let Some((first, behind)) = rest.split_first() {
        if let Some(high) = digit(*first) {
            let (second, behind) = behind.split_first()?;
            out.push((high << 4 | digit(*second)?) as u8);
            rest = behind;
        } else {
            let more = behind.iter().take_while(|byte| *first >= 0xc0 && is_within(**byte)).count();
            let (character, behind) = rest.split_at_checked(1 + more)?;
            ignored.contains(character).then_some(())?;
            rest = behind;
        }
    }
    Some(out)
}

/// The characters of a text, as SQLite tells them apart, up to the first NUL; none if one of them is too long.
fn characters(text: &[u8]) -> Option<HashSet<&[u8]>> {
    let mut rest = text.split(|byte| *byte == 0).next().unwrap_or_default();
    let mut out = HashSet::new();
    while let Some(first) = rest.first() {
        let more = rest.iter().skip(1).take_while(|byte| *first >= 0xc0 && is_within(**byte)).count();
        let (character, behind) = rest.split_at_checked(1 + more)?;
        if character.len() > CHARACTER_BYTES {
            return None;
        }
        out.insert(character);
        rest = behind;
    }
    Some(out)
}

fn trimmed<'a>(text: &'a [u8], set: &HashSet<&[u8]>, left: bool, right: bool) -> &'a [u8] {
    let mut rest = text;
    let first = |rest: &'a [u8]| {
        (1..=CHARACTER_BYTES).find_map(|len| rest.split_at_checked(len).filter(|(one, _)| set.contains(one)))
    };
    let last = |rest: &'a [u8]| {
        let mut cuts =
            (1..=CHARACTER_BYTES).filter_map(|len| rest.split_at_checked(rest.len().checked_sub(len)?));
        cuts.find(|(_, one)| set.contains(one))
    };
    while left && let Some((_, behind)) = first(rest) {
        rest = behind;
    }
    while right && let Some((before, _)) = last(rest) {
        rest = before;
    }
    rest
}

/// Whether a byte is one of a character's other than its first.
fn is_within(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the functions give here and in SQLite itself.
    fn both(sql: &str) -> (Vec<String>, Vec<String>) {
        let own = Connection::open_in_memory().unwrap();
        replace_slow(&own).unwrap();
        let sqlite = Connection::open_in_memory().unwrap();
        let run = |connection: &Connection| {
            let mut statement = connection.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.map(|row| row.unwrap_or_else(|error| error.to_string())).collect()
        };
        (run(&own), run(&sqlite))
    }

    #[test]
    fn they_give_what_sqlites_own_give() {
        let values = [
            "NULL",
            "''",
            "'a'",
            "'aa'",
            "'abab'",
            "'ab'",
            "'xaby'",
            "'é'",
            "'éaé'",
            "'日本語'",
            "'本'",
            "'a' || char(0) || 'b'",
            "char(0)",
            "12",
            "1.5",
            "-0.25",
            "1e300",
            "2",
            "x''",
            "x'00'",
            "x'616200'",
            "x'c3a9'",
            "x'a9'",
            "x'80c3a980'",
            "'aaaab'",
            "'aab'",
            "'🦀a🦀'",
            "'🦀'",
        ];
        let list = values.map(|value| format!("({value})")).join(", ");
        let from =
            format!("FROM (WITH v(x) AS (VALUES {list}) SELECT a.x a, b.x b, c.x c FROM v a, v b, v c)");
        for call in [
            "instr(a, b)",
            "replace(a, b, c)",
            "trim(a, b)",
            "ltrim(a, b)",
            "rtrim(a, b)",
            "unhex(a, b)",
            "unhex('4' || a || '1' || c || '2f', c)",
        ] {
            let sql = format!(
                "SELECT typeof(r) || ':' || quote(r) || ':' || coalesce(hex(CAST(r AS BLOB)), '') FROM (SELECT {call} AS r {from})"
            );
            let (own, sqlite) = both(&sql);
            assert_eq!(own.len(), values.len().pow(3));
            let differs = own.iter().zip(&sqlite).position(|(own, sqlite)| own != sqlite);
            let index = differs.unwrap_or_default();
            let args =
                [index / values.len().pow(2), index / values.len() % values.len(), index % values.len()];
            assert_eq!(
                differs,
                None,
                "{call}: {} {} of {:?}",
                own[index],
                sqlite[index],
                args.map(|n| values[n])
            );
        }
    }

    #[test]
    fn they_take_long_values_in_their_stride() {
        let own = Connection::open_in_memory().unwrap();
        replace_slow(&own).unwrap();
        let run = |sql: &str| own.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        let a = |count: usize| format!("printf('%.*c', {count}, 'a')");
        let most = limits::SQL_VALUE_BYTES;
        let (all, half) = (a(most), a(most / 2));
        assert_eq!(run(&format!("SELECT instr({all}, {half} || 'b')")), 0);
        assert_eq!(run(&format!("SELECT length(replace({all}, {half} || 'b', ''))")), most as i64);
        assert_eq!(run(&format!("SELECT length(trim({all}, printf('%.*c', 500000, 'b') || 'a'))")), 0);
    }
}
