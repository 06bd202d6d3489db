//! Dates and times of `time`.

use arrow::datatypes::{DataType, TimeUnit};
use time::{
    Date as TimeDate, Duration as TimeDuration, OffsetDateTime, PrimitiveDateTime, Time as TimeTime,
    UtcOffset,
};

use super::super::cell::{Cell, Unreadable};
use super::super::from_arrow::FromArrow;
use super::super::temporal::{Date, Duration, Time, Timestamp};
use super::super::to_param::ToParam;
use super::super::value::Value;
use super::instant::{instant, is_instant, is_local, local, zone_of};

/// The Julian day of 1970-01-01.
const EPOCH: i32 = 2_440_588;

impl FromArrow<'_> for TimeDate {
    fn accepts(data_type: &DataType) -> bool {
        Date::accepts(data_type)
    }

    /// Dates of the years the crate has: -9999 to 9999, more with its feature `large-dates`.
    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        let day = Date::read(cell)?.days().checked_add(EPOCH);
        day.and_then(|day| Self::from_julian_day(day).ok())
            .ok_or(Unreadable::Range)
    }
}

impl ToParam for TimeDate {
    fn to_value(&self) -> Value {
        Value::Date(Date::from_days(self.to_julian_day() - EPOCH))
    }

    fn type_of_null() -> DataType {
        Date::type_of_null()
    }
}

impl FromArrow<'_> for TimeTime {
    fn accepts(data_type: &DataType) -> bool {
        Time::accepts(data_type)
    }

    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        let (hour, minute, second, nanosecond) = Time::read(cell)?.to_hms_nano();
        Self::from_hms_nano(hour, minute, second, nanosecond).map_err(|_| Unreadable::Range)
    }
}

impl ToParam for TimeTime {
    fn to_value(&self) -> Value {
        let (hour, minute, second, nanosecond) = self.as_hms_nano();
        Time::from_hms_nano(hour, minute, second, nanosecond).map_or(Value::Null, Value::Time)
    }

    fn type_of_null() -> DataType {
        Time::type_of_null()
    }
}

fn nanoseconds(seconds: i64, nanosecond: u32) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(nanosecond)
}

fn utc(seconds: i64, nanosecond: u32) -> Result<OffsetDateTime, Unreadable> {
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds(seconds, nanosecond)).map_err(|_| Unreadable::Range)
}

impl FromArrow<'_> for PrimitiveDateTime {
    fn accepts(data_type: &DataType) -> bool {
        is_local(data_type)
    }

    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        let (seconds, nanosecond) = local(cell)?;
        let utc = utc(seconds, nanosecond)?;
        Ok(Self::new(utc.date(), utc.time()))
    }
}

impl ToParam for PrimitiveDateTime {
    fn to_value(&self) -> Value {
        let utc = self.assume_utc();
        Timestamp::new(utc.unix_timestamp(), utc.nanosecond(), None).map_or(Value::Null, Value::Timestamp)
    }

    fn type_of_null() -> DataType {
        DataType::Timestamp(TimeUnit::Microsecond, None)
    }
}

impl FromArrow<'_> for OffsetDateTime {
    fn accepts(data_type: &DataType) -> bool {
        is_instant(data_type)
    }

    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        let instant = instant(cell)?;
        let offset = UtcOffset::from_whole_seconds(instant.offset).map_err(|_| Unreadable::Range)?;
        utc(instant.seconds, instant.nanosecond)?
            .checked_to_offset(offset)
            .ok_or(Unreadable::Range)
    }
}

impl ToParam for OffsetDateTime {
    fn to_value(&self) -> Value {
        let zone = zone_of(self.offset().whole_seconds());
        Timestamp::new(self.unix_timestamp(), self.nanosecond(), Some(zone))
            .map_or(Value::Null, Value::Timestamp)
    }

    fn type_of_null() -> DataType {
        DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
    }
}

impl FromArrow<'_> for TimeDuration {
    fn accepts(data_type: &DataType) -> bool {
        Duration::accepts(data_type)
    }

    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        let duration = Duration::read(cell)?;
        Self::seconds(duration.seconds())
            .checked_add(Self::nanoseconds(duration.nanosecond().into()))
            .ok_or(Unreadable::Range)
    }
}

impl ToParam for TimeDuration {
    fn to_value(&self) -> Value {
        // Rounded down, as the nanoseconds are counted up from there.
        let below = self.subsec_nanoseconds();
        let seconds = self.whole_seconds().checked_sub(i64::from(below < 0));
        let nanosecond = u32::try_from(below.rem_euclid(1_000_000_000)).unwrap_or_default();
        match seconds.and_then(|seconds| Duration::new(seconds, nanosecond)) {
            Some(duration) => Value::Duration(duration),
            // Only the very shortest: the server may refuse it but not take it for another.
            None => Value::Text(self.to_string()),
        }
    }

    fn type_of_null() -> DataType {
        Duration::type_of_null()
    }
}
