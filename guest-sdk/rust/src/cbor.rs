//! Walks over CBOR (RFC 8949) without decoding it.

/// Bytes that are no well-formed CBOR, or that nest too deep.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// How deep a value may nest, as on the wire.
const DEPTH: usize = 128;

/// The value `null`.
pub(crate) const NULL: u8 = 0xf6;

/// Beyond it not every integer is a double.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The major type of arrays.
pub(crate) const ARRAY: u8 = 4;
const BREAK: u8 = 0xff;

/// The head of an item.
#[derive(Clone, Copy)]
struct Head {
    major: u8,
    /// The low five bits of the first byte.
    info: u8,
    /// The argument; `None` when the length is indefinite.
    argument: Option<u64>,
}

/// Splits the items of one array: copies them to `out` with their numbers normalized, and returns where
/// each of them ends there.
///
/// Normalized: a float that is an integer becomes one, because clients in JavaScript send integers over 32
/// bits as floats, which a Rust integer would refuse.
pub(crate) fn split_array(mut input: &[u8], out: &mut Vec<u8>) -> Result<Vec<usize>, Malformed> {
    let input = &mut input;
    let head = read_head(input)?;
    if head.major != ARRAY {
        return Err(Malformed);
    }
    let mut ends = Vec::new();
    let mut left = head.argument;
    while left != Some(0) {
        if left.is_none() && take_break(input) {
            break;
        }
        normalize_item(input, out, DEPTH)?;
        ends.push(out.len());
        left = left.map(|n| n - 1);
    }
    if input.is_empty() { Ok(ends) } else { Err(Malformed) }
}

/// The same for one value.
pub(crate) fn normalize(mut input: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut out = Vec::with_capacity(input.len());
    normalize_item(&mut input, &mut out, DEPTH)?;
    if input.is_empty() { Ok(out) } else { Err(Malformed) }
}

fn normalize_item(input: &mut &[u8], out: &mut Vec<u8>, depth: usize) -> Result<(), Malformed> {
    let depth = depth.checked_sub(1).ok_or(Malformed)?;
    let start = *input;
    let head = read_head(input)?;
    let head_bytes = start.get(..start.len() - input.len()).ok_or(Malformed)?;
    if let (7, Some(bits)) = (head.major, head.argument)
        && let Some(integer) = integer_in_float(head.info, bits)
    {
        write_integer(integer, out);
        return Ok(());
    }
    out.extend_from_slice(head_bytes);
    match (head.major, head.argument) {
        (2 | 3, Some(len)) => copy(input, out, len),
        (2..=5, None) => {
            while !take_break(input) {
                normalize_item(input, out, depth)?;
            }
            out.push(BREAK);
            Ok(())
        }
        (4 | 6, Some(items)) => {
            let items = if head.major == 6 { 1 } else { items };
            (0..items).try_for_each(|_| normalize_item(input, out, depth))
        }
        (5, Some(pairs)) => (0..pairs).try_for_each(|_| {
            normalize_item(input, out, depth)?;
            normalize_item(input, out, depth)
        }),
        (_, Some(_)) => Ok(()),
        (_, None) => Err(Malformed),
    }
}

fn read_head(input: &mut &[u8]) -> Result<Head, Malformed> {
    let (first, rest) = input.split_first().ok_or(Malformed)?;
    *input = rest;
    let (major, info) = (first >> 5, first & 31);
    let argument = match info {
        0..24 => Some(u64::from(info)),
        24..28 => {
            let (bytes, rest) = input.split_at_checked(1 << (info - 24)).ok_or(Malformed)?;
            *input = rest;
            Some(bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
        }
        31 => None,
        _ => return Err(Malformed),
    };
    Ok(Head { major, info, argument })
}

fn take_break(input: &mut &[u8]) -> bool {
    match input.split_first() {
        Some((&BREAK, rest)) => {
            *input = rest;
            true
        }
        _ => false,
    }
}

fn copy(input: &mut &[u8], out: &mut Vec<u8>, len: u64) -> Result<(), Malformed> {
    let len = usize::try_from(len).map_err(|_| Malformed)?;
    let (bytes, rest) = input.split_at_checked(len).ok_or(Malformed)?;
    out.extend_from_slice(bytes);
    *input = rest;
    Ok(())
}

/// The integer that a float of any precision stands for; minus zero stays a float.
fn integer_in_float(info: u8, bits: u64) -> Option<i64> {
    let float = match info {
        25 => half(bits),
        26 => f64::from(f32::from_bits(u32::try_from(bits).ok()?)),
        27 => f64::from_bits(bits),
        _ => return None,
    };
    let integral =
        float.fract() == 0.0 && float.abs() <= EXACT && !(float == 0.0 && float.is_sign_negative());
    integral.then_some(float as i64)
}

/// A float of half precision (RFC 8949, appendix D).
fn half(bits: u64) -> f64 {
    let (exponent, mantissa) = ((bits >> 10) & 31, (bits & 1023) as f64);
    let magnitude = match exponent {
        0 => mantissa * 2f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2f64.powi(exponent as i32 - 25),
    };
    if bits & 0x8000 == 0 { magnitude } else { -magnitude }
}

fn write_integer(integer: i64, out: &mut Vec<u8>) {
    let (major, n) = if integer < 0 { (0x20, !integer as u64) } else { (0, integer as u64) };
    match n {
        0..24 => out.push(major | n as u8),
        24..0x100 => out.extend_from_slice(&[major | 24, n as u8]),
        0x100..0x1_0000 => {
            out.push(major | 25);
            out.extend_from_slice(&(n as u16).to_be_bytes());
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 26);
            out.extend_from_slice(&(n as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&n.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_cbor::Value;

    use super::*;

    fn check(input: &[u8], expect: &Value) {
        let normalized = normalize(input).unwrap();
        assert_eq!(&serde_cbor::from_slice::<Value>(&normalized).unwrap(), expect, "{input:02x?}");
    }

    #[test]
    fn integral_floats_become_integers() {
        for n in [0.0, 1.0, -1.0, 23.0, 24.0, 255.0, 256.0, 65_536.0, 4_294_967_296.0, -1.7e12, EXACT] {
            let mut item = vec![0xfb];
            item.extend_from_slice(&f64::to_be_bytes(n));
            check(&item, &Value::Integer(n as i128));
        }
        check(&[0xfa, 0x47, 0xc3, 0x50, 0x00], &Value::Integer(100_000));
        for (bits, n) in [(0x0000u16, 0), (0x3c00, 1), (0xc900, -10), (0x7bff, 65_504)] {
            check(&[&[0xf9][..], &bits.to_be_bytes()].concat(), &Value::Integer(n));
        }
    }

    #[test]
    fn other_floats_stay() {
        for n in [1.5, -0.0, f64::INFINITY, 1e300, EXACT * 2.0] {
            let mut item = vec![0xfb];
            item.extend_from_slice(&f64::to_be_bytes(n));
            assert_eq!(normalize(&item).unwrap(), item);
        }
    }

    #[test]
    fn everything_else_is_copied() {
        let items: [&[u8]; 8] = [
            &[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x5f, 0x41, 1, 0x42, 2, 3, 0xff],
            &[0x7f, 0x61, b'a', 0xff],
            &[0xbf, 0x61, b'a', 0x9f, 1, 0xff, 0xff],
            &[0xd8, 0x40, 0x42, 1, 2],
            &[0xf9, 0x3e, 0x00],
            &[0xa1, 0x61, b'k', 0x82, 0xf6, 0xf7],
            &[0xf8, 0xff],
        ];
        for item in items {
            assert_eq!(normalize(item).unwrap(), item);
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        let items: [&[u8]; 8] = [
            &[],
            &[0x82, 1],
            &[0x62, b'a'],
            &[0xff],
            &[0x1c],
            &[0x9f, 1],
            &[1, 1],
            &[0x5b, 0xff, 0, 0, 0, 0, 0, 0, 0],
        ];
        for item in items {
            assert_eq!(normalize(item), Err(Malformed), "{item:02x?}");
        }
        assert_eq!(normalize(&[0x81; 200]), Err(Malformed));
    }

    #[test]
    fn arrays_are_split() {
        let mut out = vec![];
        assert_eq!(split_array(&[0x82, 0x01, 0x61, b'a'], &mut out), Ok(vec![1, 3]));
        assert_eq!(out, [0x01, 0x61, b'a']);
        assert_eq!(split_array(&[0x9f, 0x01, 0xff], &mut vec![]), Ok(vec![1]));
        assert_eq!(split_array(&[0x80], &mut vec![]), Ok(vec![]));
        assert_eq!(split_array(&[0xa0], &mut vec![]), Err(Malformed));
        assert_eq!(split_array(&[0x80, 0x01], &mut vec![]), Err(Malformed));
    }
}
