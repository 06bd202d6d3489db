//! A point in time, or a date and time of day without a zone.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arrow::datatypes::TimeUnit;

use super::date::write_date;
use super::text::Scanner;
use super::{Date, NANOSECONDS_PER_SECOND, SECONDS_PER_DAY, Time, join_ticks, split_ticks};
use crate::error::{Error, Result};

/// A timestamp: with a zone a point in time, without one a date and time of day whose zone nobody said.
///
/// It is counted in seconds and nanoseconds since 1970-01-01 00:00:00, in UTC where there is a zone. The zone is the text Arrow has for it
/// (`UTC`, `+02:00`, `Europe/Berlin`) and only says how to show the timestamp.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanosecond: u32,
    zone: Option<Arc<str>>,
}

impl Timestamp {
    /// The timestamp so many seconds, and nanoseconds above them, after the epoch; none where the nanoseconds make a second or more.
    #[must_use]
    pub fn new(seconds: i64, nanosecond: u32, zone: Option<Arc<str>>) -> Option<Self> {
        (i64::from(nanosecond) < NANOSECONDS_PER_SECOND).then_some(Self {
            seconds,
            nanosecond,
            zone,
        })
    }

    /// The timestamp so many ticks of a unit after the epoch.
    #[must_use]
    pub fn from_ticks(ticks: i64, unit: TimeUnit, zone: Option<Arc<str>>) -> Self {
        let (seconds, nanosecond) = split_ticks(ticks, unit);
        Self {
            seconds,
            nanosecond,
            zone,
        }
    }

    /// The timestamp of a date and a time of day; with a zone, the date and time it is in UTC.
    #[must_use]
    pub fn from_date_time(date: Date, time: Time, zone: Option<Arc<str>>) -> Self {
        let seconds = i64::from(date.days()) * SECONDS_PER_DAY + time.nanoseconds() / NANOSECONDS_PER_SECOND;
        let (_, nanosecond) = split_ticks(time.nanoseconds(), TimeUnit::Nanosecond);
        Self {
            seconds,
            nanosecond,
            zone,
        }
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        self.seconds
    }

    /// Nanoseconds above the whole seconds.
    #[must_use]
    pub fn nanosecond(&self) -> u32 {
        self.nanosecond
    }

    /// The zone, as Arrow writes it.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        self.zone.as_deref()
    }

    /// The ticks of a unit since the epoch, what is finer cut off; none where 64 bits do not hold them.
    #[must_use]
    pub fn to_ticks(&self, unit: TimeUnit) -> Option<i64> {
        join_ticks(self.seconds, self.nanosecond, unit)
    }

    /// The date and time of day (in UTC where there is a zone); none where no [`Date`] holds the date.
    #[must_use]
    pub fn to_date_time(&self) -> Option<(Date, Time)> {
        let days = i32::try_from(self.seconds.div_euclid(SECONDS_PER_DAY)).ok()?;
        Some((Date::from_days(days), self.time()))
    }

    fn time(&self) -> Time {
        let seconds = self.seconds.rem_euclid(SECONDS_PER_DAY);
        let nanoseconds = seconds * NANOSECONDS_PER_SECOND + i64::from(self.nanosecond);
        Time::from_nanoseconds(nanoseconds).unwrap_or_default()
    }

    /// The same timestamp with its count moved by so many seconds and another zone.
    pub(in crate::types) fn moved(&self, seconds: i64, zone: Option<Arc<str>>) -> Option<Self> {
        Some(Self {
            seconds: self.seconds.checked_add(seconds)?,
            nanosecond: self.nanosecond,
            zone,
        })
    }

    fn scan(scanner: &mut Scanner<'_>) -> Option<Self> {
        let date = Date::scan(scanner)?;
        scanner.expect(b'T').or_else(|| scanner.expect(b' '))?;
        let local = Self::from_date_time(date, Time::scan(scanner)?, None);
        let Some(offset) = scanner.zone() else {
            return Some(local);
        };
        let seconds = zone_offset(offset)?;
        let zone = scanner.bracketed().unwrap_or(if matches!(offset, "Z" | "z") {
            "UTC"
        } else {
            offset
        });
        local.moved(-seconds, Some(zone.into()))
    }
}

impl fmt::Display for Timestamp {
    /// ISO 8601: `2024-02-29T12:34:56.789`, in UTC with `Z`, in a fixed offset with that offset. A zone with a name follows in brackets
    /// (RFC 9557), the time being in UTC: `2024-02-29T12:34:56Z[Europe/Berlin]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(zone) = self.zone() else {
            return self.write_local(f);
        };
        if is_utc(zone) {
            self.write_local(f)?;
            return f.write_str("Z");
        }
        match zone_offset(zone).and_then(|offset| self.moved(offset, None)) {
            Some(local) => {
                local.write_local(f)?;
                f.write_str(zone)
            }
            None => {
                self.write_local(f)?;
                write!(f, "Z[{zone}]")
            }
        }
    }
}

impl Timestamp {
    fn write_local(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_date(f, self.seconds.div_euclid(SECONDS_PER_DAY))?;
        write!(f, "T{}", self.time())
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    /// Reads a date, `T` or a space, and a time, then nothing, `Z` or an offset, then perhaps a zone in brackets.
    fn from_str(text: &str) -> Result<Self> {
        Scanner::whole(text, Self::scan, "a timestamp (YYYY-MM-DDTHH:MM:SS.fff)")
    }
}

fn is_utc(zone: &str) -> bool {
    ["UTC", "Z", "Etc/UTC"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(zone))
}

/// Seconds east of UTC of a zone that needs no time zone database: UTC and offsets (`+02:00`, `-0530`, `+02`).
pub(in crate::types) fn zone_offset(zone: &str) -> Option<i64> {
    if is_utc(zone) {
        return Some(0);
    }
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':')?,
        _ => return None,
    };
    let number = |text: &str| -> Option<i64> {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}
