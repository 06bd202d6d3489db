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
use pyo3::PyTypeInfo;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDate, PyDateTime, PyDelta, PyTime, PyTzInfo};

use super::{Sink, each, unreadable};
use crate::runtime::{Lookup, lookup};

const MILLISECONDS_PER_DAY: i64 = 86_400_000;
const NANOSECONDS_PER_SECOND: i128 = 1_000_000_000;

pub(super) fn column<'py>(py: Python<'py>, array: &ArrayRef, sink: &mut impl Sink<'py>) -> PyResult<()> {
    match array.data_type() {
        DataType::Date32 => {
            let (days, class) = (array.as_primitive::<Date32Type>(), Class::of::<PyDate>(py));
            each(py, array, sink, |row| date(&class, i64::from(days.value(row))))
        }
        DataType::Date64 => {
            let (milliseconds, class) = (array.as_primitive::<Date64Type>(), Class::of::<PyDate>(py));
            each(py, array, sink, |row| {
                date(&class, milliseconds.value(row).div_euclid(MILLISECONDS_PER_DAY))
            })
        }
        DataType::Time32(_) | DataType::Time64(_) => {
            let (ticks, unit) = time_ticks(array)?;
            let class = Class::of::<PyTime>(py);
            each(py, array, sink, |row| {
                let nanoseconds = ticks(row).checked_mul(nanoseconds_of(unit));
                let time = nanoseconds.and_then(Time::from_nanoseconds);
                time_of_day(
                    py,
                    &class,
                    time.ok_or_else(|| unreadable("a time beyond the day's end"))?,
                )
            })
        }
        DataType::Timestamp(unit, zone) => {
            let zone = zone.as_deref().map(|zone| Zone::named(py, zone)).transpose()?;
            let (ticks, class) = (timestamp_ticks(array, *unit), Class::of::<PyDateTime>(py));
            each(py, array, sink, |row| {
                timestamp(
                    &class,
                    &Timestamp::from_ticks(ticks(row), *unit, None),
                    zone.as_ref(),
                )
            })
        }
        DataType::Duration(unit) => {
            let ticks = duration_ticks(array, *unit);
            each(py, array, sink, |row| {
                duration(py, i128::from(ticks(row)) * i128::from(nanoseconds_of(*unit)))
            })
        }
        DataType::Interval(unit) => interval(py, array, *unit, sink),
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

/// Makes Python's dates, times and datetimes of the bytes by which they are pickled: a third of the time of a call with seven numbers, each of
/// which would have to be made first and checked again. The bytes are not checked, so only what is sure to be right goes there.
struct Class<'py>(Bound<'py, PyAny>);

impl<'py> Class<'py> {
    fn of<T: PyTypeInfo>(py: Python<'py>) -> Self {
        Self(py.get_type::<T>().into_any())
    }

    fn make<const N: usize>(
        &self,
        state: &[u8; N],
        zone: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let state = PyBytes::new(self.0.py(), state);
        match zone {
            None => self.0.call1((state,)),
            Some(zone) => self.0.call1((state, zone)),
        }
    }
}

/// A date of Python's calendar, which has the years 1 to 9999.
fn date_state(date: Date) -> Option<[u8; 4]> {
    let (year, month, day) = date.to_ymd();
    let year = u16::try_from(year)
        .ok()
        .filter(|year| (1..=9999).contains(year))?;
    let [century, rest] = year.to_be_bytes();
    Some([century, rest, month, day])
}

/// A time of day, and the nanoseconds that Python's has no place for.
fn time_state(time: Time) -> ([u8; 6], u32) {
    let (hour, minute, second, nanosecond) = time.to_hms_nano();
    let [_, high, middle, low] = (nanosecond / 1_000).to_be_bytes();
    ([hour, minute, second, high, middle, low], nanosecond % 1_000)
}

fn date<'py>(class: &Class<'py>, days: i64) -> PyResult<Bound<'py, PyAny>> {
    let date = i32::try_from(days).map(Date::from_days);
    let date = date.map_err(|_| unreadable("a date beyond all calendars"))?;
    let state = date_state(date).ok_or_else(|| {
        let (year, month, day) = date.to_ymd();
        unreadable(format!(
            "the date {year:04}-{month:02}-{day:02} is none of Python's"
        ))
    })?;
    class.make(&state, None)
}

fn time_of_day<'py>(py: Python<'py>, plain: &Class<'py>, time: Time) -> PyResult<Bound<'py, PyAny>> {
    let (state, below) = time_state(time);
    if below == 0 {
        return plain.make(&state, None);
    }
    static CLASS: Lookup = Lookup::new();
    let (hour, minute, second, nanosecond) = time.to_hms_nano();
    let class = lookup(py, &CLASS, "jetbridge.types", "NanoTime")?;
    class.call_method1("of", (hour, minute, second, nanosecond))
}

/// A time zone of a column.
struct Zone<'py> {
    zone: Bound<'py, PyAny>,
    /// What turns a time in UTC into one of this zone; there is nothing to turn in UTC.
    from_utc: Option<Bound<'py, PyAny>>,
}

impl<'py> Zone<'py> {
    fn named(py: Python<'py>, name: &str) -> PyResult<Self> {
        static ZONE: Lookup = Lookup::new();
        if matches!(name, "UTC" | "utc" | "Z" | "+00:00" | "Etc/UTC") {
            return Ok(Self {
                zone: PyTzInfo::utc(py)?.to_owned().into_any(),
                from_utc: None,
            });
        }
        let zone = lookup(py, &ZONE, "jetbridge.types", "zone")?.call1((name,))?;
        Ok(Self {
            from_utc: Some(zone.getattr("fromutc")?),
            zone,
        })
    }
}

fn timestamp<'py>(
    class: &Class<'py>,
    timestamp: &Timestamp,
    zone: Option<&Zone<'py>>,
) -> PyResult<Bound<'py, PyAny>> {
    let beyond = || unreadable(format!("the timestamp {timestamp} is none of Python's"));
    let (date, time) = timestamp.to_date_time().ok_or_else(beyond)?;
    let [century, year, month, day] = date_state(date).ok_or_else(beyond)?;
    let ([hour, minute, second, high, middle, low], below) = time_state(time);
    let state = [century, year, month, day, hour, minute, second, high, middle, low];
    let made = class.make(&state, zone.map(|zone| &zone.zone))?;
    let made = match zone.and_then(|zone| zone.from_utc.as_ref()) {
        // The last hours of the year 9999 may lie in the next one.
        Some(from_utc) => from_utc.call1((made,)).map_err(|_| beyond())?,
        None => made,
    };
    if below == 0 {
        return Ok(made);
    }
    static NANO: Lookup = Lookup::new();
    lookup(class.0.py(), &NANO, "jetbridge.types", "NanoDateTime")?.call_method1("of", (made, below))
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
fn interval<'py>(
    py: Python<'py>,
    array: &ArrayRef,
    unit: IntervalUnit,
    sink: &mut impl Sink<'py>,
) -> PyResult<()> {
    static CLASS: Lookup = Lookup::new();
    let class = lookup(py, &CLASS, "jetbridge.types", "Interval")?;
    match unit {
        IntervalUnit::YearMonth => {
            let values = array.as_primitive::<IntervalYearMonthType>();
            each(py, array, sink, |row| class.call1((values.value(row), 0, 0)))
        }
        IntervalUnit::DayTime => {
            let values = array.as_primitive::<IntervalDayTimeType>();
            each(py, array, sink, |row| {
                let value = values.value(row);
                class.call1((0, value.days, i64::from(value.milliseconds) * 1_000_000))
            })
        }
        IntervalUnit::MonthDayNano => {
            let values = array.as_primitive::<IntervalMonthDayNanoType>();
            each(py, array, sink, |row| {
                let value = values.value(row);
                class.call1((value.months, value.days, value.nanoseconds))
            })
        }
    }
}
