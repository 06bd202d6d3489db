//! What the crates for dates and times have in common.

use std::sync::Arc;

use arrow::datatypes::DataType;

use super::super::cell::{Cell, Unreadable};
use super::super::temporal::zone_offset;

/// A point in time, and the offset from UTC in seconds it is looked at with.
pub(super) struct Instant {
    pub(super) seconds: i64,
    pub(super) nanosecond: u32,
    pub(super) offset: i32,
}

pub(super) fn is_local(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(_, None))
}

pub(super) fn is_instant(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(_, Some(_)))
}

/// A date and time whose zone nobody said: seconds and nanoseconds as if it were UTC.
pub(super) fn local(cell: Cell<'_>) -> Result<(i64, u32), Unreadable> {
    match cell {
        Cell::Timestamp {
            seconds,
            nanosecond,
            zone: None,
        } => Ok((seconds, nanosecond)),
        Cell::Null => Err(Unreadable::Null),
        _ => Err(Unreadable::Type),
    }
}

/// A point in time; a zone with a name is looked at in UTC, since no time zone database is asked.
pub(super) fn instant(cell: Cell<'_>) -> Result<Instant, Unreadable> {
    match cell {
        Cell::Timestamp {
            seconds,
            nanosecond,
            zone: Some(zone),
        } => Ok(Instant {
            seconds,
            nanosecond,
            offset: zone_offset(zone)
                .and_then(|offset| i32::try_from(offset).ok())
                .unwrap_or(0),
        }),
        Cell::Null => Err(Unreadable::Null),
        _ => Err(Unreadable::Type),
    }
}

/// The zone of a fixed offset, as Arrow writes it.
pub(super) fn zone_of(offset: i32) -> Arc<str> {
    if offset == 0 {
        return "UTC".into();
    }
    // Arrow knows no seconds of an offset; the point in time is the same.
    let minutes = offset.unsigned_abs() / 60;
    let sign = if offset < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60).into()
}
