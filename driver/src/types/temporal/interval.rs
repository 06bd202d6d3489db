//! An interval of the calendar.

use std::fmt;

use super::NANOSECONDS_PER_SECOND;
use super::duration::write_clock;

/// An interval of months, days and nanoseconds, each with its own sign: no month has a fixed number of days, no day one of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Interval {
    /// Months, years being twelve of them.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Nanoseconds.
    pub nanoseconds: i64,
}

impl Interval {
    /// The interval of so many months, days and nanoseconds.
    #[must_use]
    pub const fn new(months: i32, days: i32, nanoseconds: i64) -> Self {
        Self {
            months,
            days,
            nanoseconds,
        }
    }
}

impl fmt::Display for Interval {
    /// ISO 8601, each part with its own sign: `P1Y2M-3DT4H5M6.789S`; nothing at all is `PT0S`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            months,
            days,
            nanoseconds,
        } = *self;
        f.write_str("P")?;
        for (number, unit) in [(months / 12, 'Y'), (months % 12, 'M'), (days, 'D')] {
            if number != 0 {
                write!(f, "{number}{unit}")?;
            }
        }
        if nanoseconds != 0 {
            f.write_str("T")?;
            let per_second = NANOSECONDS_PER_SECOND.unsigned_abs();
            let seconds = nanoseconds.unsigned_abs() / per_second;
            let below = u32::try_from(nanoseconds.unsigned_abs() % per_second).unwrap_or_default();
            write_clock(
                f,
                if nanoseconds < 0 { "-" } else { "" },
                u128::from(seconds),
                below,
            )
        } else if months == 0 && days == 0 {
            f.write_str("T0S")
        } else {
            Ok(())
        }
    }
}
