//! Dates, times, timestamps, durations and intervals, plain and exact to the nanosecond.
//!
//! Arrow keeps time as a number of seconds, milli-, micro- or nanoseconds in 32 or 64 bits. These types hold every such number: none of
//! them overflows, whatever a server sends.

mod calendar;
mod date;
mod duration;
mod interval;
mod text;
mod time;
mod timestamp;

use arrow::datatypes::TimeUnit;

pub use date::Date;
pub use duration::Duration;
pub use interval::Interval;
pub use time::Time;
pub use timestamp::Timestamp;
pub(super) use timestamp::zone_offset;

pub(super) const SECONDS_PER_DAY: i64 = 86_400;
pub(super) const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;

/// How many ticks of a unit make a second.
pub(super) fn ticks_per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => NANOSECONDS_PER_SECOND,
    }
}

/// Splits ticks into whole seconds (rounded down) and the nanoseconds above them.
#[inline]
pub(super) fn split_ticks(ticks: i64, unit: TimeUnit) -> (i64, u32) {
    // A division by a number known beforehand takes a tenth of the time of another.
    match unit {
        TimeUnit::Second => split::<1>(ticks),
        TimeUnit::Millisecond => split::<1_000>(ticks),
        TimeUnit::Microsecond => split::<1_000_000>(ticks),
        TimeUnit::Nanosecond => split::<NANOSECONDS_PER_SECOND>(ticks),
    }
}

#[inline]
fn split<const PER_SECOND: i64>(ticks: i64) -> (i64, u32) {
    let nanoseconds = ticks.rem_euclid(PER_SECOND) * (NANOSECONDS_PER_SECOND / PER_SECOND);
    // The remainder is below 10^9, which 32 bits hold.
    (
        ticks.div_euclid(PER_SECOND),
        u32::try_from(nanoseconds).unwrap_or_default(),
    )
}

/// The ticks of so many seconds and nanoseconds, what is finer than the unit cut off; none where 64 bits do not hold them.
pub(super) fn join_ticks(seconds: i64, nanosecond: u32, unit: TimeUnit) -> Option<i64> {
    let per_second = ticks_per_second(unit);
    let below = i64::from(nanosecond) / (NANOSECONDS_PER_SECOND / per_second);
    let ticks = i128::from(seconds) * i128::from(per_second) + i128::from(below);
    i64::try_from(ticks).ok()
}
