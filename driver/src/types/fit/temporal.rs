//! Values as dates, times, timestamps, durations and intervals.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use arrow::datatypes::{
    ArrowTimestampType, DataType, Date32Type, Date64Type, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, IntervalDayTime, IntervalDayTimeType, IntervalMonthDayNano,
    IntervalMonthDayNanoType, IntervalUnit, IntervalYearMonthType, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};

use super::super::temporal::{
    Date, Duration, Interval, SECONDS_PER_DAY, Time, Timestamp, ticks_per_second, zone_offset,
};
use super::super::value::Value;
use super::number::primitive;
use super::{Fitted, Misfit, Why, convert, from_text};

pub(super) fn build(data_type: &DataType, values: &[&Value]) -> Result<ArrayRef, Misfit> {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    match data_type {
        DataType::Date32 => primitive::<Date32Type>(values, |value| date(value).map(Date::days)),
        DataType::Date64 => primitive::<Date64Type>(values, |value| {
            date(value).map(|date| i64::from(date.days()) * SECONDS_PER_DAY * 1_000)
        }),
        DataType::Time32(Second) => primitive::<Time32SecondType>(values, |value| time32(value, Second)),
        DataType::Time32(_) => primitive::<Time32MillisecondType>(values, |value| time32(value, Millisecond)),
        DataType::Time64(Microsecond) => {
            primitive::<Time64MicrosecondType>(values, |value| time(value, Microsecond))
        }
        DataType::Time64(_) => primitive::<Time64NanosecondType>(values, |value| time(value, Nanosecond)),
        DataType::Timestamp(unit, zone) => match unit {
            Second => timestamps::<TimestampSecondType>(values, zone.as_ref()),
            Millisecond => timestamps::<TimestampMillisecondType>(values, zone.as_ref()),
            Microsecond => timestamps::<TimestampMicrosecondType>(values, zone.as_ref()),
            Nanosecond => timestamps::<TimestampNanosecondType>(values, zone.as_ref()),
        },
        DataType::Duration(unit) => match unit {
            Second => durations::<DurationSecondType>(values, *unit),
            Millisecond => durations::<DurationMillisecondType>(values, *unit),
            Microsecond => durations::<DurationMicrosecondType>(values, *unit),
            Nanosecond => durations::<DurationNanosecondType>(values, *unit),
        },
        DataType::Interval(IntervalUnit::YearMonth) => {
            primitive::<IntervalYearMonthType>(values, |value| match interval(value)? {
                Interval {
                    months,
                    days: 0,
                    nanoseconds: 0,
                } => Ok(months),
                _ => Err(Why::Range),
            })
        }
        DataType::Interval(IntervalUnit::DayTime) => primitive::<IntervalDayTimeType>(values, day_time),
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            primitive::<IntervalMonthDayNanoType>(values, |value| {
                let Interval {
                    months,
                    days,
                    nanoseconds,
                } = interval(value)?;
                Ok(IntervalMonthDayNano::new(months, days, nanoseconds))
            })
        }
        _ => Err(Misfit {
            row: 0,
            why: Why::Type,
        }),
    }
}

fn date(value: &Value) -> Fitted<Date> {
    match value {
        Value::Date(date) => Ok(*date),
        // Midnight is a date; of another time of day something would be lost.
        Value::Timestamp(timestamp) if timestamp.zone().is_none() => match timestamp.to_date_time() {
            Some((date, time)) if time.nanoseconds() == 0 => Ok(date),
            _ => Err(Why::Range),
        },
        other => from_text(other),
    }
}

fn time(value: &Value, unit: TimeUnit) -> Fitted<i64> {
    let time = match value {
        Value::Time(time) => *time,
        other => from_text::<Time>(other)?,
    };
    Ok(time.nanoseconds() / (1_000_000_000 / ticks_per_second(unit)))
}

fn time32(value: &Value, unit: TimeUnit) -> Fitted<i32> {
    i32::try_from(time(value, unit)?).map_err(|_| Why::Range)
}

fn timestamps<T: ArrowTimestampType + ArrowPrimitiveType<Native = i64>>(
    values: &[&Value],
    zone: Option<&Arc<str>>,
) -> Result<ArrayRef, Misfit> {
    let ticks = convert(values, |value| {
        timestamp(value, zone)?.to_ticks(T::UNIT).ok_or(Why::Range)
    })?;
    let array = ticks.into_iter().collect::<PrimitiveArray<T>>();
    Ok(Arc::new(array.with_timezone_opt(zone.map(Arc::clone))))
}

/// The timestamp a value says, counted as the type of the column counts.
///
/// Without a zone in the value, or in the column, its date and time of day stay what they are and are read as local ones; that needs the offset
/// of the other's zone, which only UTC and fixed offsets tell without a time zone database.
fn timestamp(value: &Value, zone: Option<&Arc<str>>) -> Fitted<Timestamp> {
    let timestamp = match value {
        Value::Timestamp(timestamp) => timestamp.clone(),
        Value::Date(date) => Timestamp::from_date_time(*date, Time::default(), None),
        other => from_text::<Timestamp>(other).or_else(|why| {
            Ok(Timestamp::from_date_time(
                from_text(other).map_err(|_| why)?,
                Time::default(),
                None,
            ))
        })?,
    };
    let moved = match (timestamp.zone(), zone) {
        (None, None) | (Some(_), Some(_)) => return Ok(timestamp),
        (None, Some(zone)) => -zone_offset(zone).ok_or(Why::Type)?,
        (Some(zone), None) => zone_offset(zone).ok_or(Why::Type)?,
    };
    timestamp.moved(moved, None).ok_or(Why::Range)
}

fn durations<T: ArrowPrimitiveType<Native = i64>>(
    values: &[&Value],
    unit: TimeUnit,
) -> Result<ArrayRef, Misfit> {
    primitive::<T>(values, |value| duration(value)?.to_ticks(unit).ok_or(Why::Range))
}

fn duration(value: &Value) -> Fitted<Duration> {
    match value {
        Value::Duration(duration) => Ok(*duration),
        Value::Interval(Interval {
            months: 0,
            days: 0,
            nanoseconds,
        }) => Ok(Duration::from_nanoseconds(*nanoseconds)),
        Value::Interval(_) => Err(Why::Range),
        _ => Err(Why::Type),
    }
}

fn interval(value: &Value) -> Fitted<Interval> {
    match value {
        Value::Interval(interval) => Ok(*interval),
        Value::Duration(duration) => {
            let nanoseconds = i64::try_from(duration.total_nanoseconds()).map_err(|_| Why::Range)?;
            Ok(Interval::new(0, 0, nanoseconds))
        }
        _ => Err(Why::Type),
    }
}

fn day_time(value: &Value) -> Fitted<IntervalDayTime> {
    let Interval {
        months: 0,
        days,
        nanoseconds,
    } = interval(value)?
    else {
        return Err(Why::Range);
    };
    let milliseconds = i32::try_from(nanoseconds / 1_000_000).map_err(|_| Why::Range)?;
    Ok(IntervalDayTime::new(days, milliseconds))
}
