//! How the cells of a column are read: chosen once for a column of a batch, so that a read is one branch and no downcast.

mod bind;
mod layout;
mod nested;
mod place;
mod shared;

use std::sync::Arc;

use arrow::array::{
    Array, BinaryArray, BinaryViewArray, BooleanArray, Decimal32Array, Decimal64Array, Decimal128Array,
    Decimal256Array, FixedSizeBinaryArray, Float16Array, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, IntervalDayTimeArray, IntervalMonthDayNanoArray, LargeBinaryArray,
    LargeStringArray, StringArray, StringViewArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow::datatypes::TimeUnit;

use layout::{Keys, RunEnds};
pub use nested::{ListCell, MapCell, StructCell};
use nested::{Lists, Maps, Structs, Unions};
pub use place::CellPlace;

use super::cell::{Cell, Unreadable};
use super::decimal::Decimal;
use super::temporal::{Date, Duration, Interval, SECONDS_PER_DAY, Time, split_ticks};

/// A column of one batch, with its array already of the right type.
#[derive(Debug)]
pub(crate) enum Accessor {
    Null(usize),
    Boolean(BooleanArray),
    Int8(Int8Array),
    Int16(Int16Array),
    Int32(Int32Array),
    Int64(Int64Array),
    UInt8(UInt8Array),
    UInt16(UInt16Array),
    UInt32(UInt32Array),
    UInt64(UInt64Array),
    Float16(Float16Array),
    Float32(Float32Array),
    Float64(Float64Array),
    Decimal32(Decimal32Array, i8),
    Decimal64(Decimal64Array, i8),
    Decimal128(Decimal128Array, i8),
    Decimal256(Decimal256Array, i8),
    Utf8(StringArray),
    LargeUtf8(LargeStringArray),
    Utf8View(StringViewArray),
    Binary(BinaryArray),
    LargeBinary(LargeBinaryArray),
    BinaryView(BinaryViewArray),
    FixedBinary(FixedSizeBinaryArray),
    Uuid(FixedSizeBinaryArray),
    Bool8(Int8Array),
    Date32(Int32Array),
    Date64(Int64Array),
    Time32(Int32Array, TimeUnit),
    Time64(Int64Array, TimeUnit),
    Timestamp(Int64Array, TimeUnit, Option<Arc<str>>),
    Duration(Int64Array, TimeUnit),
    IntervalYearMonth(Int32Array),
    IntervalDayTime(IntervalDayTimeArray),
    IntervalMonthDayNano(IntervalMonthDayNanoArray),
    List(Box<Lists>),
    Struct(Box<Structs>),
    Map(Box<Maps>),
    Union(Box<Unions>),
    Dictionary(Keys, Box<Accessor>),
    RunEnd(RunEnds, Box<Accessor>),
}

/// Reads a place of an array: NULL, or a cell made from its value. A place outside the array is the server's fault, as the row was checked.
macro_rules! at {
    ($array:expr, $index:expr, $value:ident => $cell:expr) => {{
        let array = $array;
        if $index >= array.len() {
            Err(Unreadable::Corrupt)
        } else if array.is_null($index) {
            Ok(Cell::Null)
        } else {
            let $value = array.value($index);
            Ok($cell)
        }
    }};
}

/// As `at!`, with a cell that may be refused.
macro_rules! try_at {
    ($array:expr, $index:expr, $value:ident => $cell:expr) => {{
        let array = $array;
        if $index >= array.len() {
            Err(Unreadable::Corrupt)
        } else if array.is_null($index) {
            Ok(Cell::Null)
        } else {
            let $value = array.value($index);
            $cell
        }
    }};
}

impl Accessor {
    /// The cell at a place of the column. The common types come first and are worth inlining into every reader.
    #[inline]
    pub(crate) fn cell(&self, index: usize) -> Result<Cell<'_>, Unreadable> {
        match self {
            Self::Int64(array) => at!(array, index, value => Cell::Int64(value)),
            Self::Int32(array) => at!(array, index, value => Cell::Int32(value)),
            Self::Float64(array) => at!(array, index, value => Cell::Float64(value)),
            Self::Utf8(array) => at!(array, index, value => Cell::Text(value)),
            Self::Boolean(array) => at!(array, index, value => Cell::Bool(value)),
            Self::Timestamp(array, unit, zone) => at!(array, index, value => {
                let (seconds, nanosecond) = split_ticks(value, *unit);
                Cell::Timestamp { seconds, nanosecond, zone: zone.as_ref() }
            }),
            _ => self.other_cell(index),
        }
    }

    fn other_cell(&self, index: usize) -> Result<Cell<'_>, Unreadable> {
        match self {
            Self::Int8(array) => at!(array, index, value => Cell::Int8(value)),
            Self::Int16(array) => at!(array, index, value => Cell::Int16(value)),
            Self::UInt8(array) => at!(array, index, value => Cell::UInt8(value)),
            Self::UInt16(array) => at!(array, index, value => Cell::UInt16(value)),
            Self::UInt32(array) => at!(array, index, value => Cell::UInt32(value)),
            Self::UInt64(array) => at!(array, index, value => Cell::UInt64(value)),
            Self::Float16(array) => at!(array, index, value => Cell::Float32(value.to_f32())),
            Self::Float32(array) => at!(array, index, value => Cell::Float32(value)),
            Self::Decimal32(array, scale) => {
                at!(array, index, value => Cell::Decimal(Decimal::new(i128::from(value), *scale)))
            }
            Self::Decimal64(array, scale) => {
                at!(array, index, value => Cell::Decimal(Decimal::new(i128::from(value), *scale)))
            }
            Self::Decimal128(array, scale) => {
                at!(array, index, value => Cell::Decimal(Decimal::new(value, *scale)))
            }
            Self::Decimal256(array, scale) => {
                at!(array, index, value => Cell::Decimal(Decimal::from_i256(value, *scale)))
            }
            Self::LargeUtf8(array) => at!(array, index, value => Cell::Text(value)),
            Self::Utf8View(array) => at!(array, index, value => Cell::Text(value)),
            Self::Binary(array) => at!(array, index, value => Cell::Binary(value)),
            Self::LargeBinary(array) => at!(array, index, value => Cell::Binary(value)),
            Self::BinaryView(array) => at!(array, index, value => Cell::Binary(value)),
            Self::FixedBinary(array) => at!(array, index, value => Cell::Binary(value)),
            Self::Uuid(array) => try_at!(array, index, value => {
                value.try_into().map(Cell::Uuid).map_err(|_| Unreadable::Corrupt)
            }),
            Self::Bool8(array) => at!(array, index, value => Cell::Bool(value != 0)),
            _ => self.temporal_or_nested_cell(index),
        }
    }

    fn temporal_or_nested_cell(&self, index: usize) -> Result<Cell<'_>, Unreadable> {
        match self {
            Self::Date32(array) => at!(array, index, value => Cell::Date(Date::from_days(value))),
            Self::Date64(array) => try_at!(array, index, value => {
                let days = value.div_euclid(SECONDS_PER_DAY * 1_000);
                i32::try_from(days).map(|days| Cell::Date(Date::from_days(days))).map_err(|_| Unreadable::Range)
            }),
            Self::Time32(array, unit) => try_at!(array, index, value => time(i64::from(value), *unit)),
            Self::Time64(array, unit) => try_at!(array, index, value => time(value, *unit)),
            Self::Duration(array, unit) => {
                at!(array, index, value => Cell::Duration(Duration::from_ticks(value, *unit)))
            }
            Self::IntervalYearMonth(array) => {
                at!(array, index, value => Cell::Interval(Interval::new(value, 0, 0)))
            }
            Self::IntervalDayTime(array) => at!(array, index, value => {
                Cell::Interval(Interval::new(0, value.days, i64::from(value.milliseconds) * 1_000_000))
            }),
            Self::IntervalMonthDayNano(array) => at!(array, index, value => {
                Cell::Interval(Interval::new(value.months, value.days, value.nanoseconds))
            }),
            Self::List(lists) => lists.cell(index),
            Self::Struct(structs) => structs.cell(index),
            Self::Map(maps) => maps.cell(index),
            Self::Union(unions) => unions.cell(index),
            Self::Dictionary(keys, values) => match keys.at(index)? {
                Some(key) => values.cell(key),
                None => Ok(Cell::Null),
            },
            Self::RunEnd(ends, values) => values.cell(ends.at(index)?),
            Self::Null(length) if index < *length => Ok(Cell::Null),
            // What is left is read by the functions above.
            _ => Err(Unreadable::Corrupt),
        }
    }
}

fn time(ticks: i64, unit: TimeUnit) -> Result<Cell<'static>, Unreadable> {
    let (seconds, nanosecond) = split_ticks(ticks, unit);
    let nanoseconds = seconds
        .checked_mul(1_000_000_000)
        .map(|whole| whole + i64::from(nanosecond));
    nanoseconds
        .and_then(Time::from_nanoseconds)
        .map(Cell::Time)
        .ok_or(Unreadable::Range)
}
