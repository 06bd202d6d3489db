//! UUIDs.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Kind, Result, SqlState};

/// A UUID: sixteen bytes in the order they are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uuid(pub [u8; 16]);

impl fmt::Display for Uuid {
    /// Lower case with hyphens: `67e55044-10b1-426f-9247-bb680e5fe0c8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            if matches!(position, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Uuid {
    type Err = Error;

    /// Reads thirty-two hexadecimal digits, with hyphens at their places or without any, in braces or not.
    fn from_str(text: &str) -> Result<Self> {
        parse(text).map(Self).ok_or_else(|| {
            Error::new(Kind::Conversion, "the text is not a UUID").state(SqlState::INVALID_TEXT)
        })
    }
}

fn parse(text: &str) -> Option<[u8; 16]> {
    let text = text.trim();
    let text = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(text);
    let hyphens = text.len() == 36;
    let mut digits = Vec::with_capacity(32);
    for (position, character) in text.chars().enumerate() {
        if hyphens && matches!(position, 8 | 13 | 18 | 23) {
            if character != '-' {
                return None;
            }
        } else {
            digits.push(u8::try_from(character.to_digit(16)?).ok()?);
        }
    }
    let bytes: Vec<u8> = digits
        .chunks(2)
        .filter_map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        })
        .collect();
    // An odd digit has no partner and is dropped above, so the digits are counted too.
    if digits.len() == 32 {
        bytes.try_into().ok()
    } else {
        None
    }
}
