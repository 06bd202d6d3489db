//! A length of time.

use std::fmt;
use std::time::Duration as StdDuration;

use arrow::datatypes::TimeUnit;

use super::text::write_fraction;
use super::{NANOSECONDS_PER_SECOND, join_ticks, split_ticks};
use crate::error::{Error, Kind, SqlState};

/// A length of time, forwards or backwards, exact to the nanosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration {
    // In this order, so that the derived comparison is the right one.
    seconds: i64,
    nanosecond: u32,
}

impl Duration {
    /// The longest one.
    pub const MAX: Self = Self {
        seconds: i64::MAX,
        nanosecond: 999_999_999,
    };

    /// The duration of so many seconds, and nanoseconds added to them; none where the nanoseconds make a second or more.
    #[must_use]
    pub fn new(seconds: i64, nanosecond: u32) -> Option<Self> {
        (i64::from(nanosecond) < NANOSECONDS_PER_SECOND).then_some(Self { seconds, nanosecond })
    }

    /// The duration of so many ticks of a unit.
    #[must_use]
    pub fn from_ticks(ticks: i64, unit: TimeUnit) -> Self {
        let (seconds, nanosecond) = split_ticks(ticks, unit);
        Self { seconds, nanosecond }
    }

    /// The duration of so many nanoseconds.
    #[must_use]
    pub fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self::from_ticks(nanoseconds, TimeUnit::Nanosecond)
    }

    /// Whole seconds, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds above the whole seconds: minus a quarter of a second is minus one second and 750 million nanoseconds.
    #[must_use]
    pub fn nanosecond(self) -> u32 {
        self.nanosecond
    }

    /// All of it in nanoseconds.
    #[must_use]
    pub fn total_nanoseconds(self) -> i128 {
        i128::from(self.seconds) * i128::from(NANOSECONDS_PER_SECOND) + i128::from(self.nanosecond)
    }

    /// The ticks of a unit, what is finer cut off; none where 64 bits do not hold them.
    #[must_use]
    pub fn to_ticks(self, unit: TimeUnit) -> Option<i64> {
        join_ticks(self.seconds, self.nanosecond, unit)
    }
}

impl fmt::Display for Duration {
    /// ISO 8601: `PT26H3M4.5S`; one that goes backwards begins with a minus.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = self.total_nanoseconds();
        if nanoseconds < 0 {
            f.write_str("-")?;
        }
        f.write_str("PT")?;
        let per_second = u128::from(NANOSECONDS_PER_SECOND.unsigned_abs());
        let seconds = nanoseconds.unsigned_abs() / per_second;
        let below = u32::try_from(nanoseconds.unsigned_abs() % per_second).unwrap_or_default();
        write_clock(f, "", seconds, below)?;
        if nanoseconds == 0 {
            f.write_str("0S")
        } else {
            Ok(())
        }
    }
}

/// Writes hours, minutes and seconds, each where it is not zero, with a sign before each.
pub(super) fn write_clock(
    f: &mut fmt::Formatter<'_>,
    sign: &str,
    seconds: u128,
    nanosecond: u32,
) -> fmt::Result {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours != 0 {
        write!(f, "{sign}{hours}H")?;
    }
    if minutes != 0 {
        write!(f, "{sign}{minutes}M")?;
    }
    if seconds != 0 || nanosecond != 0 {
        write!(f, "{sign}{seconds}")?;
        write_fraction(f, nanosecond)?;
        f.write_str("S")?;
    }
    Ok(())
}

impl TryFrom<StdDuration> for Duration {
    type Error = Error;

    fn try_from(duration: StdDuration) -> Result<Self, Error> {
        let seconds = i64::try_from(duration.as_secs())
            .map_err(|_| out_of_range("the duration is too long: 64 bits of seconds do not hold it"))?;
        Ok(Self {
            seconds,
            nanosecond: duration.subsec_nanos(),
        })
    }
}

impl TryFrom<Duration> for StdDuration {
    type Error = Error;

    fn try_from(duration: Duration) -> Result<Self, Error> {
        let seconds = u64::try_from(duration.seconds)
            .map_err(|_| out_of_range("the duration goes backwards, which std::time::Duration cannot"))?;
        Ok(Self::new(seconds, duration.nanosecond))
    }
}

fn out_of_range(message: &str) -> Error {
    Error::new(Kind::Conversion, message).state(SqlState::NUMBER_OUT_OF_RANGE)
}
