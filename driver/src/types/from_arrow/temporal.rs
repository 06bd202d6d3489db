//! Dates, times, timestamps, durations and intervals.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use arrow::datatypes::{DataType, IntervalUnit};

use super::super::accessor::{Accessor, CellPlace};
use super::super::cell::{Cell, Unreadable};
use super::super::temporal::{Date, Duration, Interval, Time, Timestamp};
use super::{FromArrow, mismatch};

impl<'a> FromArrow<'a> for Date {
    fn accepts(data_type: &DataType) -> bool {
        matches!(data_type, DataType::Date32 | DataType::Date64)
    }

    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::Date(date) => Ok(date),
            other => Err(mismatch(other)),
        }
    }

    #[inline]
    fn read_place(place: CellPlace<'a>) -> Option<Result<Self, Unreadable>> {
        match place.accessor() {
            Accessor::Date32(array) => Some(place.number(array).map(Self::from_days)),
            _ => None,
        }
    }
}

impl<'a> FromArrow<'a> for Time {
    fn accepts(data_type: &DataType) -> bool {
        matches!(data_type, DataType::Time32(_) | DataType::Time64(_))
    }

    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::Time(time) => Ok(time),
            other => Err(mismatch(other)),
        }
    }
}

impl<'a> FromArrow<'a> for Timestamp {
    fn accepts(data_type: &DataType) -> bool {
        matches!(data_type, DataType::Timestamp(_, _))
    }

    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::Timestamp {
                seconds,
                nanosecond,
                zone,
            } => Self::new(seconds, nanosecond, zone.map(Arc::clone)).ok_or(Unreadable::Range),
            other => Err(mismatch(other)),
        }
    }

    #[inline]
    fn read_place(place: CellPlace<'a>) -> Option<Result<Self, Unreadable>> {
        let read = place.timestamp()?;
        Some(read.and_then(|(seconds, nanosecond, zone)| {
            Self::new(seconds, nanosecond, zone.map(Arc::clone)).ok_or(Unreadable::Range)
        }))
    }
}

impl<'a> FromArrow<'a> for Duration {
    fn accepts(data_type: &DataType) -> bool {
        matches!(data_type, DataType::Duration(_))
    }

    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::Duration(duration) => Ok(duration),
            other => Err(mismatch(other)),
        }
    }
}

impl<'a> FromArrow<'a> for StdDuration {
    fn accepts(data_type: &DataType) -> bool {
        Duration::accepts(data_type)
    }

    /// Only durations that do not go backwards.
    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        Self::try_from(Duration::read(cell)?).map_err(|_| Unreadable::Range)
    }
}

impl<'a> FromArrow<'a> for Interval {
    fn accepts(data_type: &DataType) -> bool {
        matches!(
            data_type,
            DataType::Interval(IntervalUnit::YearMonth | IntervalUnit::DayTime | IntervalUnit::MonthDayNano)
        )
    }

    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::Interval(interval) => Ok(interval),
            other => Err(mismatch(other)),
        }
    }
}
