//! Integers that JavaScript calls BigInt.

use std::borrow::Cow;

use rivet_ground::limits;

use crate::error::CodecError;
use crate::value::head::put;

/// An integer of any size up to the limits below, the way CBOR carries it.
pub(crate) struct BigInt<'a> {
    /// Whether the value is -1-n instead of n.
    negative: bool,
    magnitude: Magnitude<'a>,
}

/// The n of an integer.
enum Magnitude<'a> {
    Small(u64),
    /// Big-endian, more than 8 bytes, the first of them not 0.
    Large(Cow<'a, [u8]>),
}

// Conversion to and from decimal takes time that grows with the square of the length, so what a message may hold
// is bounded: numbers of 8,192 bits.
const BYTES: usize = limits::BIGINT_BYTES;
const DIGITS: usize = 2466;
const LIMB_DIGITS: usize = 9;
const LIMB: u64 = 1_000_000_000;

impl<'a> BigInt<'a> {
    pub(crate) fn small(negative: bool, n: u64) -> Self {
        Self { negative, magnitude: Magnitude::Small(n) }
    }

    /// The content of tag 2 or 3.
    pub(crate) fn from_bytes(negative: bool, n: &'a [u8]) -> Result<Self, CodecError> {
        let zeros = n.iter().take_while(|&&byte| byte == 0).count();
        let significant = n.get(zeros..).unwrap_or_default();
        if significant.len() > BYTES {
            return Err(CodecError::BigInt { limit: BYTES, unit: "bytes" });
        }
        Ok(Self { negative, magnitude: magnitude(significant.into()) })
    }

    /// Reads decimal digits, perhaps with a minus in front. None means that the text is no number.
    pub(crate) fn parse(text: &str) -> Result<Option<BigInt<'static>>, CodecError> {
        let (minus, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        if digits.len() > DIGITS {
            return Err(CodecError::BigInt { limit: DIGITS, unit: "digits" });
        }
        let mut limbs: Vec<u32> = Vec::new();
        for chunk in digits.as_bytes().chunks(LIMB_DIGITS) {
            let mut carry = 0;
            let mut scale = 1;
            for digit in chunk {
                carry = carry * 10 + u64::from(digit - b'0');
                scale *= 10;
            }
            for limb in &mut limbs {
                let wide = u64::from(*limb) * scale + carry;
                *limb = wide as u32;
                carry = wide >> 32;
            }
            if carry > 0 {
                limbs.push(carry as u32);
            }
        }
        let negative = minus && limbs.iter().any(|&limb| limb != 0);
        if negative {
            for limb in &mut limbs {
                let (less, borrow) = limb.overflowing_sub(1);
                *limb = less;
                if !borrow {
                    break;
                }
            }
        }
        let bytes: Vec<u8> =
            limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).skip_while(|&byte| byte == 0).collect();
        Ok(Some(BigInt { negative, magnitude: magnitude(bytes.into()) }))
    }

    /// The number, if it is one of the 64-bit integers, signed or not.
    pub(crate) fn as_64_bits(&self) -> Option<i128> {
        match self.magnitude {
            Magnitude::Small(n) if !self.negative => Some(i128::from(n)),
            Magnitude::Small(n) if n <= i64::MAX as u64 => Some(-1 - i128::from(n)),
            _ => None,
        }
    }

    /// The number in decimal.
    pub(crate) fn decimal(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        match &self.magnitude {
            Magnitude::Small(n) => format!("{sign}{}", u128::from(*n) + u128::from(self.negative)),
            Magnitude::Large(bytes) => format!("{sign}{}", decimal(bytes, self.negative)),
        }
    }

    /// Writes the number in guest form, which is also how cbor-x writes a BigInt.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match &self.magnitude {
            Magnitude::Small(n) => {
                out.push(if self.negative { 0x3b } else { 0x1b });
                out.extend_from_slice(&n.to_be_bytes());
            }
            Magnitude::Large(bytes) => {
                let tag = minicbor::data::Tag::new(if self.negative { 3 } else { 2 });
                put(out, |e| e.tag(tag)?.bytes(bytes)?.ok());
            }
        }
    }
}

fn magnitude(significant: Cow<'_, [u8]>) -> Magnitude<'_> {
    if significant.len() <= 8 {
        Magnitude::Small(significant.iter().fold(0, |n, &byte| n << 8 | u64::from(byte)))
    } else {
        Magnitude::Large(significant)
    }
}

fn decimal(bytes: &[u8], plus_one: bool) -> String {
    let mut limbs: Vec<u32> = bytes
        .rchunks(4)
        .map(|chunk| chunk.iter().fold(0, |limb, &byte| limb << 8 | u32::from(byte)))
        .collect();
    if plus_one {
        let mut carry = true;
        for limb in &mut limbs {
            (*limb, carry) = limb.overflowing_add(u32::from(carry));
        }
        if carry {
            limbs.push(1);
        }
    }
    let mut groups = Vec::new();
    while limbs.last().is_some() {
        let mut rest = 0;
        for limb in limbs.iter_mut().rev() {
            let wide = rest << 32 | u64::from(*limb);
            *limb = (wide / LIMB) as u32;
            rest = wide % LIMB;
        }
        groups.push(rest);
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
    }
    let mut text = groups.pop().unwrap_or_default().to_string();
    for group in groups.iter().rev() {
        text.push_str(&format!("{group:09}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, bytes: &[u8]) {
        let parsed = BigInt::parse(text).unwrap().unwrap();
        let mut out = Vec::new();
        parsed.write(&mut out);
        assert_eq!(out, bytes, "{text}");
        assert_eq!(parsed.decimal(), text);
    }

    #[test]
    fn decimal_round_trips() {
        check("0", &[0x1b, 0, 0, 0, 0, 0, 0, 0, 0]);
        check("-1", &[0x3b, 0, 0, 0, 0, 0, 0, 0, 0]);
        check("9007199254740993", &[0x1b, 0, 0x20, 0, 0, 0, 0, 0, 1]);
        check("18446744073709551615", &[0x1b, 255, 255, 255, 255, 255, 255, 255, 255]);
        check("-18446744073709551616", &[0x3b, 255, 255, 255, 255, 255, 255, 255, 255]);
        check("18446744073709551616", &[0xc2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        check("-18446744073709551617", &[0xc3, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        check(
            "-79228162514264337593543950336",
            &[0xc3, 0x4c, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
        );
    }

    #[test]
    fn long_numbers_keep_their_zeros() {
        let text = format!("1{}", "0".repeat(500));
        assert_eq!(BigInt::parse(&text).unwrap().unwrap().decimal(), text);
    }

    #[test]
    fn what_is_no_decimal_number_is_refused() {
        for text in ["", "-", "1.5", "0x10", "1e3", " 1", "+1"] {
            assert!(BigInt::parse(text).unwrap().is_none(), "{text:?}");
        }
        assert!(BigInt::parse(&"9".repeat(DIGITS + 1)).is_err());
        assert!(BigInt::from_bytes(false, &[1; BYTES + 1]).is_err());
    }

    #[test]
    fn the_largest_decimal_fits_the_largest_magnitude() {
        let most = BigInt::parse(&"9".repeat(DIGITS)).unwrap().unwrap();
        let Magnitude::Large(bytes) = most.magnitude else { panic!("small") };
        assert!(bytes.len() <= BYTES);
    }
}
