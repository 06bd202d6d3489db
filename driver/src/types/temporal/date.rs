//! A calendar date.

use std::fmt;
use std::str::FromStr;

use super::calendar;
use super::text::{Scanner, write_year};
use crate::error::{Error, Result};

/// A date of the proleptic Gregorian calendar, as days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Date {
    days: i32,
}

impl Date {
    /// The date so many days after 1970-01-01.
    #[must_use]
    pub const fn from_days(days: i32) -> Self {
        Self { days }
    }

    /// The date of a year, a month from 1 and a day from 1; none where the calendar has no such day.
    #[must_use]
    pub fn from_ymd(year: i32, month: u8, day: u8) -> Option<Self> {
        Self::from_civil(i64::from(year), month, day)
    }

    fn from_civil(year: i64, month: u8, day: u8) -> Option<Self> {
        let days = calendar::days(year, month, day)?;
        Some(Self {
            days: i32::try_from(days).ok()?,
        })
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.days
    }

    /// Year, month from 1 and day from 1. The year before year 1 is year 0.
    #[must_use]
    pub fn to_ymd(self) -> (i32, u8, u8) {
        let (year, month, day) = calendar::civil(i64::from(self.days));
        // 32 bits of days are fewer than six million years.
        (i32::try_from(year).unwrap_or_default(), month, day)
    }

    pub(super) fn scan(scanner: &mut Scanner<'_>) -> Option<Self> {
        let year = scanner.year()?;
        scanner.expect(b'-')?;
        let month = scanner.two_digits()?;
        scanner.expect(b'-')?;
        let day = scanner.two_digits()?;
        Self::from_civil(year, month, day)
    }
}

impl fmt::Display for Date {
    /// ISO 8601: `2024-02-29`; years outside 0 to 9999 with a sign.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_date(f, i64::from(self.days))
    }
}

/// Writes the date of a day counted from 1970-01-01, also of one no [`Date`] holds.
pub(super) fn write_date(f: &mut fmt::Formatter<'_>, days: i64) -> fmt::Result {
    let (year, month, day) = calendar::civil(days);
    write_year(f, year)?;
    write!(f, "-{month:02}-{day:02}")
}

impl FromStr for Date {
    type Err = Error;

    /// Reads `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self> {
        Scanner::whole(text, Self::scan, "a date (YYYY-MM-DD)")
    }
}
