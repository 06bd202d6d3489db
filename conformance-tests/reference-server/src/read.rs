//! SQLite values → Arrow arrays, column by column.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder,
    Float64Builder, Int8Builder, Int16Builder, Int32Builder, Int64Builder, StringBuilder,
    Time64MicrosecondBuilder, TimestampMicrosecondBuilder, TimestampMillisecondBuilder,
    TimestampNanosecondBuilder, TimestampSecondBuilder, UInt8Builder, UInt16Builder, UInt32Builder,
    UInt64Builder,
};
use arrow::datatypes::{DataType, TimeUnit};
use rusqlite::types::{Value, ValueRef};

use crate::{datetime, decimal};

/// The integers a double holds exactly.
const EXACT: std::ops::RangeInclusive<i64> = -(1 << 53)..=(1 << 53);

/// Collects the values of one column.
pub(crate) enum ColumnBuilder {
    Int8(Int8Builder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    UInt8(UInt8Builder),
    UInt16(UInt16Builder),
    UInt32(UInt32Builder),
    UInt64(UInt64Builder),
    Boolean(BooleanBuilder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    /// `loose`: a column of mixed values, shown as text without loss.
    Text {
        builder: StringBuilder,
        loose: bool,
    },
    Binary(BinaryBuilder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Seconds(TimestampSecondBuilder, bool),
    Millis(TimestampMillisecondBuilder, bool),
    Micros(TimestampMicrosecondBuilder, bool),
    Nanos(TimestampNanosecondBuilder, bool),
    Decimal {
        builder: Decimal128Builder,
        precision: u8,
        scale: i8,
    },
}

/// Appends an integer when it fits the builder's type.
macro_rules! integer {
    ($builder:expr, $value:expr) => {
        match whole($value).and_then(|number| number.try_into().ok()) {
            Some(number) => $builder.append_value(number),
            None => return false,
        }
    };
}

/// Appends a timestamp of the given resolution.
macro_rules! moment {
    ($builder:expr, $zoned:expr, $per_second:expr, $value:expr) => {
        match timestamp($value, *$zoned, $per_second) {
            Some(number) => $builder.append_value(number),
            None => return false,
        }
    };
}

impl ColumnBuilder {
    pub(crate) fn new(data_type: &DataType, loose: bool) -> Self {
        match data_type {
            DataType::Int8 => Self::Int8(Int8Builder::new()),
            DataType::Int16 => Self::Int16(Int16Builder::new()),
            DataType::Int32 => Self::Int32(Int32Builder::new()),
            DataType::Int64 => Self::Int64(Int64Builder::new()),
            DataType::UInt8 => Self::UInt8(UInt8Builder::new()),
            DataType::UInt16 => Self::UInt16(UInt16Builder::new()),
            DataType::UInt32 => Self::UInt32(UInt32Builder::new()),
            DataType::UInt64 => Self::UInt64(UInt64Builder::new()),
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Float32 => Self::Float32(Float32Builder::new()),
            DataType::Float64 => Self::Float64(Float64Builder::new()),
            DataType::Binary => Self::Binary(BinaryBuilder::new()),
            DataType::Date32 => Self::Date(Date32Builder::new()),
            DataType::Time64(_) => Self::Time(Time64MicrosecondBuilder::new()),
            DataType::Timestamp(unit, zone) => {
                let zoned = zone.is_some();
                let full = data_type.clone();
                match unit {
                    TimeUnit::Second => {
                        Self::Seconds(TimestampSecondBuilder::new().with_data_type(full), zoned)
                    }
                    TimeUnit::Millisecond => {
                        Self::Millis(TimestampMillisecondBuilder::new().with_data_type(full), zoned)
                    }
                    TimeUnit::Microsecond => {
                        Self::Micros(TimestampMicrosecondBuilder::new().with_data_type(full), zoned)
                    }
                    TimeUnit::Nanosecond => {
                        Self::Nanos(TimestampNanosecondBuilder::new().with_data_type(full), zoned)
                    }
                }
            }
            DataType::Decimal128(precision, scale) => Self::Decimal {
                builder: Decimal128Builder::new().with_data_type(data_type.clone()),
                precision: *precision,
                scale: *scale,
            },
            // `declared` and `infer` name no other type.
            _ => Self::Text {
                builder: StringBuilder::new(),
                loose,
            },
        }
    }

    /// Appends a value; `false` when it does not fit the type, and then nothing was appended.
    pub(crate) fn append(&mut self, value: ValueRef<'_>) -> bool {
        if value == ValueRef::Null {
            self.append_null();
            return true;
        }
        match self {
            Self::Int8(builder) => integer!(builder, value),
            Self::Int16(builder) => integer!(builder, value),
            Self::Int32(builder) => integer!(builder, value),
            Self::Int64(builder) => integer!(builder, value),
            Self::UInt8(builder) => integer!(builder, value),
            Self::UInt16(builder) => integer!(builder, value),
            Self::UInt32(builder) => integer!(builder, value),
            Self::UInt64(builder) => integer!(builder, value),
            Self::Boolean(builder) => match boolean(value) {
                Some(yes) => builder.append_value(yes),
                None => return false,
            },
            Self::Float32(builder) => match real(value) {
                Some(number) => builder.append_value(single(number)),
                None => return false,
            },
            Self::Float64(builder) => match real(value) {
                Some(number) => builder.append_value(number),
                None => return false,
            },
            Self::Text { builder, loose } => match text(value, *loose) {
                Some(Shown::Borrowed(text)) => builder.append_value(text),
                Some(Shown::Owned(text)) => builder.append_value(text),
                None => return false,
            },
            Self::Binary(builder) => match value {
                ValueRef::Blob(bytes) | ValueRef::Text(bytes) => builder.append_value(bytes),
                _ => return false,
            },
            Self::Date(builder) => match date(value) {
                Some(days) => builder.append_value(days),
                None => return false,
            },
            Self::Time(builder) => match time(value) {
                Some(micros) => builder.append_value(micros),
                None => return false,
            },
            Self::Seconds(builder, zoned) => moment!(builder, zoned, 1, value),
            Self::Millis(builder, zoned) => moment!(builder, zoned, 1_000, value),
            Self::Micros(builder, zoned) => moment!(builder, zoned, 1_000_000, value),
            Self::Nanos(builder, zoned) => moment!(builder, zoned, 1_000_000_000, value),
            Self::Decimal {
                builder,
                precision,
                scale,
            } => match number(value, *precision, *scale) {
                Some(scaled) => builder.append_value(scaled),
                None => return false,
            },
        }
        true
    }

    fn append_null(&mut self) {
        match self {
            Self::Int8(builder) => builder.append_null(),
            Self::Int16(builder) => builder.append_null(),
            Self::Int32(builder) => builder.append_null(),
            Self::Int64(builder) => builder.append_null(),
            Self::UInt8(builder) => builder.append_null(),
            Self::UInt16(builder) => builder.append_null(),
            Self::UInt32(builder) => builder.append_null(),
            Self::UInt64(builder) => builder.append_null(),
            Self::Boolean(builder) => builder.append_null(),
            Self::Float32(builder) => builder.append_null(),
            Self::Float64(builder) => builder.append_null(),
            Self::Text { builder, .. } => builder.append_null(),
            Self::Binary(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Time(builder) => builder.append_null(),
            Self::Seconds(builder, _) => builder.append_null(),
            Self::Millis(builder, _) => builder.append_null(),
            Self::Micros(builder, _) => builder.append_null(),
            Self::Nanos(builder, _) => builder.append_null(),
            Self::Decimal { builder, .. } => builder.append_null(),
        }
    }

    /// The values so far as an array; the builder is empty afterwards.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Int8(builder) => Arc::new(builder.finish()),
            Self::Int16(builder) => Arc::new(builder.finish()),
            Self::Int32(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::UInt8(builder) => Arc::new(builder.finish()),
            Self::UInt16(builder) => Arc::new(builder.finish()),
            Self::UInt32(builder) => Arc::new(builder.finish()),
            Self::UInt64(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Float32(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::Text { builder, .. } => Arc::new(builder.finish()),
            Self::Binary(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Seconds(builder, _) => Arc::new(builder.finish()),
            Self::Millis(builder, _) => Arc::new(builder.finish()),
            Self::Micros(builder, _) => Arc::new(builder.finish()),
            Self::Nanos(builder, _) => Arc::new(builder.finish()),
            Self::Decimal { builder, .. } => Arc::new(builder.finish()),
        }
    }
}

/// A whole number, also when it is kept as a real.
fn whole(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        ValueRef::Real(number) if number.fract() == 0.0 => format!("{number:.0}").parse().ok(),
        _ => None,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "only integers a double holds exactly get here"
)]
fn real(value: ValueRef<'_>) -> Option<f64> {
    match value {
        ValueRef::Real(number) => Some(number),
        ValueRef::Integer(number) if EXACT.contains(&number) => Some(number as f64),
        _ => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the column is declared with single precision"
)]
fn single(number: f64) -> f32 {
    number as f32
}

fn boolean(value: ValueRef<'_>) -> Option<bool> {
    match value {
        ValueRef::Integer(0) => Some(false),
        ValueRef::Integer(1) => Some(true),
        ValueRef::Text(text) if text.eq_ignore_ascii_case(b"false") => Some(false),
        ValueRef::Text(text) if text.eq_ignore_ascii_case(b"true") => Some(true),
        _ => None,
    }
}

enum Shown<'a> {
    Borrowed(&'a str),
    Owned(String),
}

fn text(value: ValueRef<'_>, loose: bool) -> Option<Shown<'_>> {
    match value {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok().map(Shown::Borrowed),
        ValueRef::Integer(number) => Some(Shown::Owned(number.to_string())),
        ValueRef::Real(number) => Some(Shown::Owned(format!("{number:?}"))),
        ValueRef::Blob(bytes) if loose => Some(Shown::Owned(literal(bytes))),
        _ => None,
    }
}

/// Bytes as SQLite's `quote()` writes them: `X'00FF'`.
fn literal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2 + 3);
    text.push_str("X'");
    for byte in bytes {
        text.push_str(&format!("{byte:02X}"));
    }
    text.push('\'');
    text
}

fn utf8(value: ValueRef<'_>) -> Option<&str> {
    match value {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

fn date(value: ValueRef<'_>) -> Option<i32> {
    datetime::parse_date(utf8(value)?)?.try_into().ok()
}

fn time(value: ValueRef<'_>) -> Option<i64> {
    let nanos = datetime::parse_time(utf8(value)?)?;
    (nanos % 1000 == 0).then_some(nanos / 1000)
}

fn timestamp(value: ValueRef<'_>, zoned: bool, per_second: i64) -> Option<i64> {
    let moment = datetime::parse_moment(utf8(value)?)?;
    // Text with an offset in a column without zone would lose the offset; text without one in a column with zone is UTC.
    (zoned || !moment.zoned).then(|| moment.in_units(per_second))?
}

fn number(value: ValueRef<'_>, precision: u8, scale: i8) -> Option<i128> {
    match value {
        ValueRef::Integer(number) => decimal::parse(&number.to_string(), precision, scale),
        ValueRef::Real(number) => decimal::from_real(number, precision, scale),
        ValueRef::Text(_) => decimal::parse(utf8(value)?, precision, scale),
        _ => None,
    }
}

/// The type that holds all these values without loss, and whether they are mixed; nothing when all are NULL.
pub(crate) fn infer<'a>(values: impl Iterator<Item = &'a Value>) -> Option<(DataType, bool)> {
    let (mut integers, mut reals, mut texts, mut blobs, mut exact) = (false, false, false, false, true);
    for value in values {
        match value {
            Value::Null => {}
            Value::Integer(number) => {
                integers = true;
                exact &= EXACT.contains(number);
            }
            Value::Real(_) => reals = true,
            Value::Text(_) => texts = true,
            Value::Blob(_) => blobs = true,
        }
    }
    match (integers, reals, texts, blobs) {
        (false, false, false, false) => None,
        (true, false, false, false) => Some((DataType::Int64, false)),
        (false, true, false, false) => Some((DataType::Float64, false)),
        (true, true, false, false) if exact => Some((DataType::Float64, false)),
        (false, false, true, false) => Some((DataType::Utf8, false)),
        (false, false, false, true) => Some((DataType::Binary, false)),
        _ => Some((DataType::Utf8, true)),
    }
}

/// A value as an error message shows it.
pub(crate) fn show(value: ValueRef<'_>) -> String {
    const LONGEST: usize = 60;
    let shown = match value {
        ValueRef::Text(bytes) => format!("'{}'", String::from_utf8_lossy(bytes)),
        ValueRef::Blob(bytes) => format!("a blob of {} bytes", bytes.len()),
        ValueRef::Null => "NULL".into(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => format!("{number:?}"),
    };
    match shown.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", shown.get(..at).unwrap_or_default()),
        None => shown,
    }
}

/// Roughly how much memory a value takes.
pub(crate) fn weight(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len() + 8,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(data_type: &DataType, value: ValueRef<'_>) -> bool {
        ColumnBuilder::new(data_type, false).append(value)
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused_not_bent() {
        let cases = [
            (DataType::Int8, ValueRef::Integer(128)),
            (DataType::Int64, ValueRef::Real(1.5)),
            (DataType::Int64, ValueRef::Real(1e30)),
            (DataType::Int64, ValueRef::Text(b"7")),
            (DataType::UInt64, ValueRef::Integer(-1)),
            (DataType::Float64, ValueRef::Integer(i64::MAX)),
            (DataType::Float64, ValueRef::Text(b"1.0")),
            (DataType::Boolean, ValueRef::Integer(2)),
            (DataType::Utf8, ValueRef::Blob(b"x")),
            (DataType::Utf8, ValueRef::Text(b"\xff")),
            (DataType::Binary, ValueRef::Integer(1)),
            (DataType::Date32, ValueRef::Text(b"2024-02-30")),
            (DataType::Date32, ValueRef::Integer(1)),
            (
                DataType::Timestamp(TimeUnit::Second, None),
                ValueRef::Text(b"2024-01-01 00:00:00.5"),
            ),
            (
                DataType::Timestamp(TimeUnit::Microsecond, None),
                ValueRef::Text(b"2024-01-01T00:00:00Z"),
            ),
            (DataType::Decimal128(4, 2), ValueRef::Text(b"1.234")),
            (DataType::Decimal128(4, 2), ValueRef::Integer(100)),
        ];
        for (data_type, value) in cases {
            assert!(!accepts(&data_type, value), "{data_type}: {value:?}");
        }
    }

    #[test]
    fn integers_kept_as_reals_and_numbers_in_text_columns_are_read() {
        assert!(accepts(&DataType::Int32, ValueRef::Real(7.0)));
        assert!(accepts(&DataType::Utf8, ValueRef::Integer(7)));
        assert!(accepts(&DataType::Boolean, ValueRef::Text(b"True")));
        assert!(accepts(&DataType::Decimal128(4, 2), ValueRef::Real(12.34)));
    }

    #[test]
    fn mixed_values_find_a_type_that_loses_nothing() {
        let of = |values: &[Value]| infer(values.iter());
        assert_eq!(of(&[Value::Null]), None);
        assert_eq!(
            of(&[Value::Integer(1), Value::Null]),
            Some((DataType::Int64, false))
        );
        assert_eq!(
            of(&[Value::Integer(1), Value::Real(0.5)]),
            Some((DataType::Float64, false))
        );
        assert_eq!(
            of(&[Value::Integer(i64::MAX), Value::Real(0.5)]),
            Some((DataType::Utf8, true))
        );
        assert_eq!(
            of(&[Value::Integer(1), Value::Text("x".into())]),
            Some((DataType::Utf8, true))
        );
        assert_eq!(literal(&[0, 255]), "X'00FF'");
    }
}
