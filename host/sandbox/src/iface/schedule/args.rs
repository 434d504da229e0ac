//! The arguments of scheduled actions: CBOR arrays (RFC 8949) that one more value is put behind.

use rivet_ground::{ScheduleError, limits};
use serde::de::IgnoredAny;

/// The arguments as they are kept: one array of a known length. No bytes are none.
pub(super) fn normalized(args: Vec<u8>) -> Result<Vec<u8>, ScheduleError> {
    let invalid = |reason: String| ScheduleError::InvalidArgs { reason };
    if args.len() > limits::SCHEDULE_ARGS_BYTES {
        let most = limits::SCHEDULE_ARGS_BYTES;
        return Err(invalid(format!("they have {} bytes, over the limit of {most}", args.len())));
    }
    if args.is_empty() {
        return Ok(head(0));
    }
    let items: Vec<IgnoredAny> = serde_cbor::from_slice(&args)
        .map_err(|error| invalid(format!("they are not one CBOR array: {error}")))?;
    let body = match args.split_first() {
        // Of no known length: the array ends with a break.
        Some((&INDEFINITE, rest)) => rest.split_last().map_or(rest, |(_, items)| items),
        _ => args.get(head_len(&args)..).unwrap_or_default(),
    };
    Ok([head(items.len() as u64).as_slice(), body].concat())
}

/// The arguments with one more value behind them. They are as [`normalized`] left them.
pub(super) fn with_last(args: &[u8], last: &[u8]) -> Vec<u8> {
    let items = args.get(head_len(args)..).unwrap_or_default();
    [head(count(args) + 1).as_slice(), items, last].concat()
}

/// An array of no known length.
const INDEFINITE: u8 = 0x9f;
/// The major type of arrays, in the high three bits.
const ARRAY: u8 = 4 << 5;

/// How many bytes the head of an array has.
fn head_len(args: &[u8]) -> usize {
    match args.first().map(|first| first & 0x1f) {
        Some(24) => 2,
        Some(25) => 3,
        Some(26) => 5,
        Some(27) => 9,
        _ => 1,
    }
}

fn count(args: &[u8]) -> u64 {
    match (args.first().map(|first| first & 0x1f), args.get(1..head_len(args))) {
        (Some(few @ 0..24), _) => u64::from(few),
        (_, Some(bytes)) => bytes.iter().fold(0, |count, byte| count << 8 | u64::from(*byte)),
        _ => 0,
    }
}

/// The shortest head of an array of so many items.
fn head(count: u64) -> Vec<u8> {
    match count {
        0..24 => vec![ARRAY | count as u8],
        24..0x100 => vec![ARRAY | 24, count as u8],
        0x100..0x1_0000 => [&[ARRAY | 25], (count as u16).to_be_bytes().as_slice()].concat(),
        _ => [&[ARRAY | 27], count.to_be_bytes().as_slice()].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_cbor::Value;

    fn appended(args: &[u8]) -> Vec<Value> {
        let kept = normalized(args.to_vec()).unwrap();
        serde_cbor::from_slice(&with_last(&kept, &[0x18, 0x2a])).unwrap()
    }

    #[test]
    fn one_more_value_is_the_last() {
        for len in [0, 1, 22, 23, 24, 254, 255, 256, 65_000] {
            let args: Vec<Value> = (0..len).map(|n| Value::Integer(n % 10)).collect();
            let mut expected = args.clone();
            expected.push(Value::Integer(42));
            assert_eq!(appended(&serde_cbor::to_vec(&args).unwrap()), expected, "{len}");
        }
        assert_eq!(appended(&[]), [Value::Integer(42)]);
        let [one, two, last] = [1, 2, 42].map(Value::Integer);
        assert_eq!(appended(&[0x9f, 1, 2, 0xff]), [one, two, last], "of no known length");
    }

    #[test]
    fn what_is_no_array_is_refused() {
        for args in
            [vec![0xa0], vec![0x82, 1], vec![0x81, 1, 1], vec![0x9f, 1], vec![0xff], vec![0x80; 70_000]]
        {
            let error = normalized(args).unwrap_err();
            assert!(matches!(error, ScheduleError::InvalidArgs { .. }));
        }
    }
}
