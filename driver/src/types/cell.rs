//! One cell of a result, borrowed.

use std::sync::Arc;

use super::accessor::{ListCell, MapCell, StructCell};
use super::decimal::Decimal;
use super::temporal::{Date, Duration, Interval, Time};

/// A cell as it lies in its batch, whatever layout its column has: what [`FromArrow`](super::FromArrow) reads from.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Cell<'a> {
    /// NULL.
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
    /// A decimal of any width.
    Decimal(Decimal),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
    /// A UUID.
    Uuid(&'a [u8; 16]),
    /// A date.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A timestamp.
    Timestamp {
        /// Whole seconds since the epoch, rounded down.
        seconds: i64,
        /// Nanoseconds above them.
        nanosecond: u32,
        /// The zone, where the column has one.
        zone: Option<&'a Arc<str>>,
    },
    /// A length of time.
    Duration(Duration),
    /// An interval of the calendar.
    Interval(Interval),
    /// A list.
    List(ListCell<'a>),
    /// Named fields.
    Struct(StructCell<'a>),
    /// Keys and values.
    Map(MapCell<'a>),
}

/// Why a cell could not be read; the caller adds column, row and types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreadable {
    /// It is NULL, and the type asked for has no place for it.
    Null,
    /// The type asked for does not read this type.
    Type,
    /// The type asked for reads this type, but not this value of it.
    Range,
    /// The text does not say a value of the type asked for.
    Text,
    /// The server's array points outside itself.
    Corrupt,
}
