//! A value of any type.

mod from;
mod json;

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::DataType;

use super::cell::{Cell, Unreadable};
use super::decimal::Decimal;
use super::from_arrow::FromArrow;
use super::temporal::{Date, Duration, Interval, Time, Timestamp};
use super::uuid::Uuid;

/// A value of any type: the dynamic form of a cell, and of a parameter.
///
/// A union reads as the value it holds. Two values are equal when they have the same kind and content; `NaN` equals nothing.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Value {
    /// NULL.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer of 8 bits.
    Int8(i8),
    /// An integer of 16 bits.
    Int16(i16),
    /// An integer of 32 bits.
    Int32(i32),
    /// An integer of 64 bits.
    Int64(i64),
    /// An integer of 8 bits without a sign.
    UInt8(u8),
    /// An integer of 16 bits without a sign.
    UInt16(u16),
    /// An integer of 32 bits without a sign.
    UInt32(u32),
    /// An integer of 64 bits without a sign.
    UInt64(u64),
    /// A binary fraction of 32 bits, or of 16, which 32 hold exactly.
    Float32(f32),
    /// A binary fraction of 64 bits.
    Float64(f64),
    /// A decimal.
    Decimal(Decimal),
    /// Text, also JSON.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// A UUID.
    Uuid(Uuid),
    /// A date.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A timestamp.
    Timestamp(Timestamp),
    /// A length of time.
    Duration(Duration),
    /// An interval of the calendar.
    Interval(Interval),
    /// A list.
    List(Vec<Value>),
    /// Named fields, in order.
    Struct(Vec<(String, Value)>),
    /// Keys and values, in order.
    Map(Vec<(Value, Value)>),
}

impl Value {
    /// Says whether it is NULL.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// What kind of value it is, as errors say it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Bool(_) => "Bool",
            Self::Int8(_) => "Int8",
            Self::Int16(_) => "Int16",
            Self::Int32(_) => "Int32",
            Self::Int64(_) => "Int64",
            Self::UInt8(_) => "UInt8",
            Self::UInt16(_) => "UInt16",
            Self::UInt32(_) => "UInt32",
            Self::UInt64(_) => "UInt64",
            Self::Float32(_) => "Float32",
            Self::Float64(_) => "Float64",
            Self::Decimal(_) => "Decimal",
            Self::Text(_) => "Text",
            Self::Binary(_) => "Binary",
            Self::Uuid(_) => "Uuid",
            Self::Date(_) => "Date",
            Self::Time(_) => "Time",
            Self::Timestamp(_) => "Timestamp",
            Self::Duration(_) => "Duration",
            Self::Interval(_) => "Interval",
            Self::List(_) => "List",
            Self::Struct(_) => "Struct",
            Self::Map(_) => "Map",
        }
    }

    /// The value as JSON text: numbers as numbers, bytes in base64, dates and times as ISO 8601 text, what JSON has no number for
    /// (`NaN`, infinity) as text. The keys of a map become text.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::to_json(self)
    }

    pub(crate) fn from_cell(cell: Cell<'_>) -> Result<Self, Unreadable> {
        Ok(match cell {
            Cell::Null => Self::Null,
            Cell::Bool(truth) => Self::Bool(truth),
            Cell::Int8(number) => Self::Int8(number),
            Cell::Int16(number) => Self::Int16(number),
            Cell::Int32(number) => Self::Int32(number),
            Cell::Int64(number) => Self::Int64(number),
            Cell::UInt8(number) => Self::UInt8(number),
            Cell::UInt16(number) => Self::UInt16(number),
            Cell::UInt32(number) => Self::UInt32(number),
            Cell::UInt64(number) => Self::UInt64(number),
            Cell::Float32(number) => Self::Float32(number),
            Cell::Float64(number) => Self::Float64(number),
            Cell::Decimal(number) => Self::Decimal(number),
            Cell::Text(text) => Self::Text(text.to_owned()),
            Cell::Binary(bytes) => Self::Binary(bytes.to_vec()),
            Cell::Uuid(bytes) => Self::Uuid(Uuid(*bytes)),
            Cell::Date(date) => Self::Date(date),
            Cell::Time(time) => Self::Time(time),
            Cell::Timestamp {
                seconds,
                nanosecond,
                zone,
            } => Self::Timestamp(
                Timestamp::new(seconds, nanosecond, zone.map(Arc::clone)).ok_or(Unreadable::Range)?,
            ),
            Cell::Duration(duration) => Self::Duration(duration),
            Cell::Interval(interval) => Self::Interval(interval),
            Cell::List(list) => Self::List(list.iter().map(read).collect::<Result<_, _>>()?),
            Cell::Struct(fields) => Self::Struct(
                fields
                    .iter()
                    .map(|(name, cell)| Ok((name.to_owned(), read(cell)?)))
                    .collect::<Result<_, Unreadable>>()?,
            ),
            Cell::Map(map) => Self::Map(
                map.iter()
                    .map(|(key, value)| Ok((read(key)?, read(value)?)))
                    .collect::<Result<_, Unreadable>>()?,
            ),
        })
    }
}

fn read(cell: Result<Cell<'_>, Unreadable>) -> Result<Value, Unreadable> {
    Value::from_cell(cell?)
}

impl<'a> FromArrow<'a> for Value {
    fn accepts(_: &DataType) -> bool {
        true
    }

    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        Self::from_cell(cell)
    }
}

impl fmt::Display for Value {
    /// Plain text: what is text without quotes, bytes as `0x` and hexadecimal digits, dates and times in ISO 8601, nested values as JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Int8(number) => write!(f, "{number}"),
            Self::Int16(number) => write!(f, "{number}"),
            Self::Int32(number) => write!(f, "{number}"),
            Self::Int64(number) => write!(f, "{number}"),
            Self::UInt8(number) => write!(f, "{number}"),
            Self::UInt16(number) => write!(f, "{number}"),
            Self::UInt32(number) => write!(f, "{number}"),
            Self::UInt64(number) => write!(f, "{number}"),
            // The debug form has an exponent where the number is very large or small, not three hundred digits.
            Self::Float32(number) => write!(f, "{number:?}"),
            Self::Float64(number) => write!(f, "{number:?}"),
            Self::Decimal(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Binary(bytes) => {
                f.write_str("0x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::Uuid(uuid) => write!(f, "{uuid}"),
            Self::Date(date) => write!(f, "{date}"),
            Self::Time(time) => write!(f, "{time}"),
            Self::Timestamp(timestamp) => write!(f, "{timestamp}"),
            Self::Duration(duration) => write!(f, "{duration}"),
            Self::Interval(interval) => write!(f, "{interval}"),
            Self::List(_) | Self::Struct(_) | Self::Map(_) => f.write_str(&self.to_json()),
        }
    }
}
