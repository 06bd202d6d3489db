//! Dates, times, timestamps, durations and intervals.
//!
//! Python's own classes end at the microsecond. A value with nanoseconds becomes one of their subclasses of `jetbridge.types`, which carry the rest.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, IntervalDayTimeType, IntervalMonthDayNanoType, IntervalUnit,
    IntervalYearMonthType, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use jetbridge::types::{Date, Time, Timestamp};
use pyo3::prelude::*;
use pyo3::types::{PyDate, PyDateTime, PyDelta, PyTime, PyTzInfo};

use super::{Cells, each, unreadable};
use crate::runtime::{Lookup, lookup};

const MILLISECONDS_PER_DAY: i64 = 86_400_000;
const NANOSECONDS_PER_SECOND: i128 = 1_000_000_000;

pub(super) fn column<'py>(py: Python<'py>, array: &ArrayRef) -> PyResult<Cells<'py>> {
    match array.data_type() {
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>();
            each(py, array, |row| date(py, i64::from(days.value(row))))
        }
        DataType::Date64 => {
            let milliseconds = array.as_primitive::<Date64Type>();
            each(py, array, |row| {
                date(py, milliseconds.value(row).div_euclid(MILLISECONDS_PER_DAY))
            })
        }
        DataType::Time32(_) | DataType::Time64(_) => {
            let (ticks, unit) = time_ticks(array)?;
            each(py, array, |row| {
                let nanoseconds = ticks(row).checked_mul(nanoseconds_of(unit));
                let time = nanoseconds.and_then(Time::from_nanoseconds);
                time_of_day(py, time.ok_or_else(|| unreadable("a time beyond the day's end"))?)
            })
        }
        DataType::Timestamp(unit, zone) => {
            let zone = zone.as_deref().map(|zone| Zone::named(py, zone)).transpose()?;
            let ticks = timestamp_ticks(array, *unit);
            each(py, array, |row| {
                timestamp(py, &Timestamp::from_ticks(ticks(row), *unit, None), zone.as_ref())
            })
        }
        DataType::Duration(unit) => {
            let ticks = duration_ticks(array, *unit);
            each(py, array, |row| {
                duration(py, i128::from(ticks(row)) * i128::from(nanoseconds_of(*unit)))
            })
        }
        DataType::Interval(unit) => interval(py, array, *unit),
        other => Err(unreadable(format!("no values of {other} are known"))),
    }
}

type Ticks<'a> = Box<dyn Fn(usize) -> i64 + 'a>;

fn time_ticks(array: &ArrayRef) -> PyResult<(Ticks<'_>, TimeUnit)> {
    Ok(match array.data_type() {
        DataType::Time32(TimeUnit::Second) => {
            let values = array.as_primitive::<Time32SecondType>();
            (Box::new(|row| i64::from(values.value(row))), TimeUnit::Second)
        }
        DataType::Time32(TimeUnit::Millisecond) => {
            let values = array.as_primitive::<Time32MillisecondType>();
            (
                Box::new(|row| i64::from(values.value(row))),
                TimeUnit::Millisecond,
            )
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            let values = array.as_primitive::<Time64MicrosecondType>();
            (Box::new(|row| values.value(row)), TimeUnit::Microsecond)
        }
        DataType::Time64(TimeUnit::Nanosecond) => {
            let values = array.as_primitive::<Time64NanosecondType>();
            (Box::new(|row| values.value(row)), TimeUnit::Nanosecond)
        }
        other => return Err(unreadable(format!("{other} is no type of Arrow"))),
    })
}

fn timestamp_ticks(array: &ArrayRef, unit: TimeUnit) -> Ticks<'_> {
    match unit {
        TimeUnit::Second => {
            let values = array.as_primitive::<TimestampSecondType>();
            Box::new(|row| values.value(row))
        }
        TimeUnit::Millisecond => {
            let values = array.as_primitive::<TimestampMillisecondType>();
            Box::new(|row| values.value(row))
        }
        TimeUnit::Microsecond => {
            let values = array.as_primitive::<TimestampMicrosecondType>();
            Box::new(|row| values.value(row))
        }
        TimeUnit::Nanosecond => {
            let values = array.as_primitive::<TimestampNanosecondType>();
            Box::new(|row| values.value(row))
        }
    }
}

fn duration_ticks(array: &ArrayRef, unit: TimeUnit) -> Ticks<'_> {
    match unit {
        TimeUnit::Second => {
            let values = array.as_primitive::<DurationSecondType>();
            Box::new(|row| values.value(row))
        }
        TimeUnit::Millisecond => {
            let values = array.as_primitive::<DurationMillisecondType>();
            Box::new(|row| values.value(row))
        }
        TimeUnit::Microsecond => {
            let values = array.as_primitive::<DurationMicrosecondType>();
            Box::new(|row| values.value(row))
        }
        TimeUnit::Nanosecond => {
            let values = array.as_primitive::<DurationNanosecondType>();
            Box::new(|row| values.value(row))
        }
    }
}

const fn nanoseconds_of(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

fn date(py: Python<'_>, days: i64) -> PyResult<Bound<'_, PyAny>> {
    let (year, month, day) = i32::try_from(days)
        .map(|days| Date::from_days(days).to_ymd())
        .map_err(|_| unreadable("a date beyond all calendars"))?;
    let date = PyDate::new(py, year, month, day).map_err(|_| {
        unreadable(format!(
            "the date {year:04}-{month:02}-{day:02} is none of Python's"
        ))
    })?;
    Ok(date.into_any())
}

fn time_of_day(py: Python<'_>, time: Time) -> PyResult<Bound<'_, PyAny>> {
    let (hour, minute, second, nanosecond) = time.to_hms_nano();
    if !nanosecond.is_multiple_of(1_000) {
        static CLASS: Lookup = Lookup::new();
        let class = lookup(py, &CLASS, "jetbridge.types", "NanoTime")?;
        return class.call_method1("of", (hour, minute, second, nanosecond));
    }
    Ok(PyTime::new(py, hour, minute, second, nanosecond / 1_000, None)?.into_any())
}

/// A time zone of a column.
struct Zone<'py> {
    zone: Bound<'py, PyAny>,
    is_utc: bool,
}

impl<'py> Zone<'py> {
    fn named(py: Python<'py>, name: &str) -> PyResult<Self> {
        static ZONE: Lookup = Lookup::new();
        let is_utc = matches!(name, "UTC" | "utc" | "Z" | "+00:00" | "Etc/UTC");
        let zone = match is_utc {
            true => PyTzInfo::utc(py)?.to_owned().into_any(),
            false => lookup(py, &ZONE, "jetbridge.types", "zone")?.call1((name,))?,
        };
        Ok(Self { zone, is_utc })
    }
}

fn timestamp<'py>(
    py: Python<'py>,
    timestamp: &Timestamp,
    zone: Option<&Zone<'py>>,
) -> PyResult<Bound<'py, PyAny>> {
    let beyond = || unreadable(format!("the timestamp {timestamp} is none of Python's"));
    let (date, time) = timestamp.to_date_time().ok_or_else(beyond)?;
    let (year, month, day) = date.to_ymd();
    let (hour, minute, second, nanosecond) = time.to_hms_nano();
    let utc = zone.map(|_| PyTzInfo::utc(py)).transpose()?;
    let utc = utc.as_deref();
    let made = PyDateTime::new(
        py,
        year,
        month,
        day,
        hour,
        minute,
        second,
        nanosecond / 1_000,
        utc,
    )
    .map_err(|_| beyond())?
    .into_any();
    let made = match zone {
        Some(zone) if !zone.is_utc => made.call_method1("astimezone", (&zone.zone,))?,
        _ => made,
    };
    if nanosecond.is_multiple_of(1_000) {
        return Ok(made);
    }
    static CLASS: Lookup = Lookup::new();
    lookup(py, &CLASS, "jetbridge.types", "NanoDateTime")?.call_method1("of", (made, nanosecond % 1_000))
}

fn duration(py: Python<'_>, nanoseconds: i128) -> PyResult<Bound<'_, PyAny>> {
    let seconds = nanoseconds.div_euclid(NANOSECONDS_PER_SECOND);
    let rest = nanoseconds.rem_euclid(NANOSECONDS_PER_SECOND);
    let beyond = || unreadable("a duration that is none of Python's");
    let days = i32::try_from(seconds.div_euclid(86_400)).map_err(|_| beyond())?;
    let seconds = i32::try_from(seconds.rem_euclid(86_400)).map_err(|_| beyond())?;
    let microseconds = i32::try_from(rest / 1_000).map_err(|_| beyond())?;
    let made = PyDelta::new(py, days, seconds, microseconds, true)
        .map_err(|_| beyond())?
        .into_any();
    if rest % 1_000 == 0 {
        return Ok(made);
    }
    static CLASS: Lookup = Lookup::new();
    let nanosecond = i64::try_from(rest % 1_000).map_err(|_| beyond())?;
    lookup(py, &CLASS, "jetbridge.types", "NanoTimeDelta")?.call_method1("of", (made, nanosecond))
}

/// Months, days and nanoseconds are three numbers that do not add up: a named tuple of them.
fn interval<'py>(py: Python<'py>, array: &ArrayRef, unit: IntervalUnit) -> PyResult<Cells<'py>> {
    static CLASS: Lookup = Lookup::new();
    let class = lookup(py, &CLASS, "jetbridge.types", "Interval")?;
    match unit {
        IntervalUnit::YearMonth => {
            let values = array.as_primitive::<IntervalYearMonthType>();
            each(py, array, |row| class.call1((values.value(row), 0, 0)))
        }
        IntervalUnit::DayTime => {
            let values = array.as_primitive::<IntervalDayTimeType>();
            each(py, array, |row| {
                let value = values.value(row);
                class.call1((0, value.days, i64::from(value.milliseconds) * 1_000_000))
            })
        }
        IntervalUnit::MonthDayNano => {
            let values = array.as_primitive::<IntervalMonthDayNanoType>();
            each(py, array, |row| {
                let value = values.value(row);
                class.call1((value.months, value.days, value.nanoseconds))
            })
        }
    }
}
