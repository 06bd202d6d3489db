//! Cells that serde has no type for, as text.

use std::fmt::{self, Write};

use super::super::cell::Cell;
use super::super::temporal::{Timestamp, zone_offset};
use super::super::uuid::Uuid;

/// Enough for every decimal of 76 digits and every date and time.
const ROOM: usize = 256;

/// The text of a value, on the stack.
pub(super) struct Scratch {
    bytes: [u8; ROOM],
    length: usize,
}

impl Scratch {
    /// The text of a date, time, timestamp, duration, interval, decimal or UUID; none for any other cell.
    pub(super) fn of(cell: Cell<'_>) -> Option<Self> {
        let mut scratch = Self {
            bytes: [0; ROOM],
            length: 0,
        };
        match cell {
            Cell::Decimal(number) => write!(scratch, "{number}"),
            Cell::Date(date) => write!(scratch, "{date}"),
            Cell::Time(time) => write!(scratch, "{time}"),
            Cell::Timestamp {
                seconds,
                nanosecond,
                zone,
            } => scratch.write_timestamp(seconds, nanosecond, zone.map(|zone| &**zone)),
            Cell::Duration(duration) => write!(scratch, "{duration}"),
            Cell::Interval(interval) => write!(scratch, "{interval}"),
            Cell::Uuid(bytes) => write!(scratch, "{}", Uuid(*bytes)),
            _ => return None,
        }
        .ok()?;
        Some(scratch)
    }

    /// RFC 3339, which knows no names of zones: a point in time in a zone with a name is written in UTC.
    fn write_timestamp(&mut self, seconds: i64, nanosecond: u32, zone: Option<&str>) -> fmt::Result {
        let utc = Timestamp::new(seconds, nanosecond, None).ok_or(fmt::Error)?;
        let Some(zone) = zone else {
            return write!(self, "{utc}");
        };
        let offset = zone_offset(zone).unwrap_or(0);
        match utc.moved(offset, None) {
            Some(local) if offset != 0 => {
                let (sign, minutes) = if offset < 0 {
                    ('-', -offset / 60)
                } else {
                    ('+', offset / 60)
                };
                write!(self, "{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            _ => write!(self, "{utc}Z"),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        let written = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

impl Write for Scratch {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        let room = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
