//! ISO 8601 text of dates and times, read and written.

use std::fmt;

use crate::error::{Error, Kind, Result, SqlState};

/// Writes a year: four digits, and a sign where four do not hold it.
pub(super) fn write_year(f: &mut fmt::Formatter<'_>, year: i64) -> fmt::Result {
    match year {
        0..=9_999 => write!(f, "{year:04}"),
        10_000.. => write!(f, "+{year}"),
        _ => write!(f, "-{:04}", year.unsigned_abs()),
    }
}

/// Writes a fraction of a second with 3, 6 or 9 digits, or nothing where it is zero.
pub(super) fn write_fraction(f: &mut fmt::Formatter<'_>, nanosecond: u32) -> fmt::Result {
    if nanosecond == 0 {
        Ok(())
    } else if nanosecond.is_multiple_of(1_000_000) {
        write!(f, ".{:03}", nanosecond / 1_000_000)
    } else if nanosecond.is_multiple_of(1_000) {
        write!(f, ".{:06}", nanosecond / 1_000)
    } else {
        write!(f, ".{nanosecond:09}")
    }
}

/// Reads text from left to right.
pub(super) struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    /// Reads all of a text, or says that it is not what it should be.
    pub(super) fn whole<T>(
        text: &'a str,
        read: impl FnOnce(&mut Self) -> Option<T>,
        wanted: &str,
    ) -> Result<T> {
        let mut scanner = Self { rest: text.trim() };
        read(&mut scanner)
            .filter(|_| scanner.rest.is_empty())
            .ok_or_else(|| {
                Error::new(Kind::Conversion, format!("the text is not {wanted}"))
                    .state(SqlState::INVALID_TEXT)
            })
    }

    /// Takes one ASCII character, if it is the next.
    pub(super) fn expect(&mut self, wanted: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(char::from(wanted))?;
        Some(())
    }

    fn digits(&mut self, most: usize) -> Option<&'a str> {
        let length = self
            .rest
            .bytes()
            .take(most)
            .take_while(u8::is_ascii_digit)
            .count();
        let (digits, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(digits)
    }

    /// A year of at least four digits, with a sign or without.
    pub(super) fn year(&mut self) -> Option<i64> {
        let negative = self.expect(b'-').is_some();
        if !negative {
            let _ = self.expect(b'+');
        }
        let digits = self.digits(9)?;
        if digits.len() < 4 {
            return None;
        }
        let year: i64 = digits.parse().ok()?;
        Some(if negative { -year } else { year })
    }

    /// A number of exactly two digits.
    pub(super) fn two_digits(&mut self) -> Option<u8> {
        let digits = self.digits(2)?;
        if digits.len() == 2 {
            digits.parse().ok()
        } else {
            None
        }
    }

    /// The digits of a fraction of a second, as nanoseconds. More than nine are refused, not cut.
    pub(super) fn fraction(&mut self) -> Option<u32> {
        let digits = self.digits(9)?;
        if digits.is_empty() {
            return None;
        }
        format!("{digits:0<9}").parse().ok()
    }

    /// `Z` or an offset, where one follows.
    pub(super) fn zone(&mut self) -> Option<&'a str> {
        let end = self.rest.find('[').unwrap_or(self.rest.len());
        let (zone, rest) = self.rest.split_at_checked(end)?;
        if zone.is_empty() {
            return None;
        }
        self.rest = rest;
        Some(zone)
    }

    /// The name of a zone in brackets, where one follows.
    pub(super) fn bracketed(&mut self) -> Option<&'a str> {
        let inner = self.rest.strip_prefix('[')?.strip_suffix(']')?;
        self.rest = "";
        Some(inner)
    }
}
