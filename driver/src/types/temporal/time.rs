//! A time of day.

use std::fmt;
use std::str::FromStr;

use super::text::{Scanner, write_fraction};
use super::{NANOSECONDS_PER_SECOND, SECONDS_PER_DAY};
use crate::error::{Error, Result};

/// A time of day without a zone, as nanoseconds since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time {
    nanoseconds: i64,
}

impl Time {
    /// The time so many nanoseconds after midnight; none outside the day.
    #[must_use]
    pub const fn from_nanoseconds(nanoseconds: i64) -> Option<Self> {
        if nanoseconds < 0 || nanoseconds >= SECONDS_PER_DAY * NANOSECONDS_PER_SECOND {
            return None;
        }
        Some(Self { nanoseconds })
    }

    /// The time of an hour, minute, second and nanosecond; none outside the day.
    #[must_use]
    pub fn from_hms_nano(hour: u8, minute: u8, second: u8, nanosecond: u32) -> Option<Self> {
        if hour > 23 || minute > 59 || second > 59 || i64::from(nanosecond) >= NANOSECONDS_PER_SECOND {
            return None;
        }
        let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
        Self::from_nanoseconds(seconds * NANOSECONDS_PER_SECOND + i64::from(nanosecond))
    }

    /// Nanoseconds since midnight.
    #[must_use]
    pub const fn nanoseconds(self) -> i64 {
        self.nanoseconds
    }

    /// Hour, minute, second and nanosecond.
    #[must_use]
    pub fn to_hms_nano(self) -> (u8, u8, u8, u32) {
        let seconds = self.nanoseconds / NANOSECONDS_PER_SECOND;
        let small = |number: i64| u8::try_from(number).unwrap_or_default();
        let nanosecond = u32::try_from(self.nanoseconds % NANOSECONDS_PER_SECOND).unwrap_or_default();
        (
            small(seconds / 3_600),
            small(seconds / 60 % 60),
            small(seconds % 60),
            nanosecond,
        )
    }

    pub(super) fn scan(scanner: &mut Scanner<'_>) -> Option<Self> {
        let hour = scanner.two_digits()?;
        scanner.expect(b':')?;
        let minute = scanner.two_digits()?;
        if scanner.expect(b':').is_none() {
            return Self::from_hms_nano(hour, minute, 0, 0);
        }
        let second = scanner.two_digits()?;
        let nanosecond = if scanner.expect(b'.').is_some() {
            scanner.fraction()?
        } else {
            0
        };
        Self::from_hms_nano(hour, minute, second, nanosecond)
    }
}

impl fmt::Display for Time {
    /// ISO 8601: `12:34:56`, with 3, 6 or 9 digits of a fraction where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second, nanosecond) = self.to_hms_nano();
        write!(f, "{hour:02}:{minute:02}:{second:02}")?;
        write_fraction(f, nanosecond)
    }
}

impl FromStr for Time {
    type Err = Error;

    /// Reads `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fffffffff`.
    fn from_str(text: &str) -> Result<Self> {
        Scanner::whole(text, Self::scan, "a time (HH:MM:SS.fff)")
    }
}
