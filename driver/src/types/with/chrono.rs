//! Dates and times of `chrono`.

use arrow::datatypes::{DataType, TimeUnit};
use chrono::{
    DateTime, Datelike as _, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _, Utc,
};

use super::super::cell::{Cell, Unreadable};
use super::super::from_arrow::FromArrow;
use super::super::temporal::{Date, Duration, Time, Timestamp};
use super::super::to_param::ToParam;
use super::super::value::Value;
use super::instant::{instant, is_instant, is_local, local, zone_of};

/// The day chrono counts 1970-01-01 as.
const EPOCH: i32 = 719_163;

impl FromArrow<'_> for NaiveDate {
    fn accepts(data_type: &DataType) -> bool {
        Date::accepts(data_type)
    }

    /// Dates up to the years chrono has, some 262 thousand from year 0.
    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        let days = Date::read(cell)?.days().checked_add(EPOCH);
        days.and_then(Self::from_num_days_from_ce_opt)
            .ok_or(Unreadable::Range)
    }
}

impl ToParam for NaiveDate {
    fn to_value(&self) -> Value {
        Value::Date(Date::from_days(self.num_days_from_ce() - EPOCH))
    }

    fn type_of_null() -> DataType {
        Date::type_of_null()
    }
}

impl FromArrow<'_> for NaiveTime {
    fn accepts(data_type: &DataType) -> bool {
        Time::accepts(data_type)
    }

    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        let (hour, minute, second, nanosecond) = Time::read(cell)?.to_hms_nano();
        Self::from_hms_nano_opt(hour.into(), minute.into(), second.into(), nanosecond)
            .ok_or(Unreadable::Range)
    }
}

impl ToParam for NaiveTime {
    /// A leap second goes as text: there is no such Arrow time, and the server may refuse it but not take it for another.
    fn to_value(&self) -> Value {
        let nanoseconds =
            i64::from(self.num_seconds_from_midnight()) * 1_000_000_000 + i64::from(self.nanosecond());
        match Time::from_nanoseconds(nanoseconds).filter(|_| self.nanosecond() < 1_000_000_000) {
            Some(time) => Value::Time(time),
            None => Value::Text(self.to_string()),
        }
    }

    fn type_of_null() -> DataType {
        Time::type_of_null()
    }
}

impl FromArrow<'_> for NaiveDateTime {
    fn accepts(data_type: &DataType) -> bool {
        is_local(data_type)
    }

    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        let (seconds, nanosecond) = local(cell)?;
        DateTime::from_timestamp(seconds, nanosecond)
            .map(|utc| utc.naive_utc())
            .ok_or(Unreadable::Range)
    }
}

impl ToParam for NaiveDateTime {
    fn to_value(&self) -> Value {
        let utc = self.and_utc();
        match Timestamp::new(utc.timestamp(), utc.timestamp_subsec_nanos(), None) {
            Some(timestamp) => Value::Timestamp(timestamp),
            // A leap second, as with times.
            None => Value::Text(self.to_string()),
        }
    }

    fn type_of_null() -> DataType {
        DataType::Timestamp(TimeUnit::Microsecond, None)
    }
}

fn to_instant(utc: DateTime<Utc>, offset: i32, text: impl FnOnce() -> String) -> Value {
    let (seconds, nanosecond) = (utc.timestamp(), utc.timestamp_subsec_nanos());
    match Timestamp::new(seconds, nanosecond, Some(zone_of(offset))) {
        Some(timestamp) => Value::Timestamp(timestamp),
        // A leap second, as with times.
        None => Value::Text(text()),
    }
}

impl FromArrow<'_> for DateTime<Utc> {
    fn accepts(data_type: &DataType) -> bool {
        is_instant(data_type)
    }

    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        let instant = instant(cell)?;
        Self::from_timestamp(instant.seconds, instant.nanosecond).ok_or(Unreadable::Range)
    }
}

impl ToParam for DateTime<Utc> {
    fn to_value(&self) -> Value {
        to_instant(*self, 0, || self.to_rfc3339())
    }

    fn type_of_null() -> DataType {
        DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
    }
}

impl FromArrow<'_> for DateTime<FixedOffset> {
    fn accepts(data_type: &DataType) -> bool {
        is_instant(data_type)
    }

    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        let offset = FixedOffset::east_opt(instant(cell)?.offset).ok_or(Unreadable::Range)?;
        Ok(DateTime::<Utc>::read(cell)?.with_timezone(&offset))
    }
}

impl ToParam for DateTime<FixedOffset> {
    fn to_value(&self) -> Value {
        to_instant(self.to_utc(), self.offset().local_minus_utc(), || {
            self.to_rfc3339()
        })
    }

    fn type_of_null() -> DataType {
        DateTime::<Utc>::type_of_null()
    }
}

impl FromArrow<'_> for TimeDelta {
    fn accepts(data_type: &DataType) -> bool {
        Duration::accepts(data_type)
    }

    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        let duration = Duration::read(cell)?;
        Self::new(duration.seconds(), duration.nanosecond()).ok_or(Unreadable::Range)
    }
}

impl ToParam for TimeDelta {
    fn to_value(&self) -> Value {
        // Rounded down, as the nanoseconds are counted up from there.
        let below = i64::from(self.subsec_nanos());
        let seconds = self.num_seconds() - i64::from(below < 0);
        let nanosecond = u32::try_from(below.rem_euclid(1_000_000_000)).unwrap_or_default();
        Duration::new(seconds, nanosecond).map_or(Value::Null, Value::Duration)
    }

    fn type_of_null() -> DataType {
        Duration::type_of_null()
    }
}
