//! SQL types.

use std::fmt;

use arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};

use super::extension::{self, Extension};

/// The SQL type of a column, taken from its Arrow type and what the server says in the field's metadata.
///
/// An unsigned integer has the next wider signed type, since that is what SQL can name: `UInt64` is `NUMERIC(20, 0)`. How Arrow lays a type
/// out (dictionary, runs, view, large) makes no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqlType {
    /// Nothing but NULL.
    Null,
    /// `BOOLEAN`.
    Boolean,
    /// `TINYINT`, 8 bits.
    TinyInt,
    /// `SMALLINT`, 16 bits.
    SmallInt,
    /// `INTEGER`, 32 bits.
    Integer,
    /// `BIGINT`, 64 bits.
    BigInt,
    /// `REAL`: binary fraction of 16 or 32 bits.
    Real,
    /// `DOUBLE`: binary fraction of 64 bits.
    Double,
    /// `NUMERIC`: the integers of 64 bits without a sign.
    Numeric {
        /// Digits in all.
        precision: u8,
        /// Digits after the point.
        scale: i8,
    },
    /// `DECIMAL`.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits after the point.
        scale: i8,
    },
    /// `VARCHAR`: text of any length.
    Varchar,
    /// `JSON`: text that is JSON.
    Json,
    /// `VARBINARY`: bytes of any length.
    Varbinary,
    /// `BINARY`: so many bytes.
    Binary {
        /// How many bytes.
        length: u32,
    },
    /// `UUID`.
    Uuid,
    /// `DATE`.
    Date,
    /// `TIME`.
    Time {
        /// Digits of the fraction of a second.
        precision: u8,
    },
    /// `TIMESTAMP`, without a zone.
    Timestamp {
        /// Digits of the fraction of a second.
        precision: u8,
    },
    /// `TIMESTAMP WITH TIME ZONE`.
    TimestampWithTimeZone {
        /// Digits of the fraction of a second.
        precision: u8,
    },
    /// `INTERVAL YEAR TO MONTH`.
    IntervalYearToMonth,
    /// `INTERVAL DAY TO SECOND`.
    IntervalDayToSecond {
        /// Digits of the fraction of a second.
        precision: u8,
    },
    /// `INTERVAL`: months, days and nanoseconds.
    Interval,
    /// `ARRAY`.
    Array,
    /// `STRUCT`, which SQL calls `ROW`.
    Struct,
    /// `MAP`.
    Map,
    /// `UNION`: one of several types in every row.
    Union,
}

impl SqlType {
    /// The SQL type of a field.
    #[must_use]
    pub fn of(field: &Field) -> Self {
        match extension::of(field) {
            Some(Extension::Uuid) => Self::Uuid,
            Some(Extension::Json) => Self::Json,
            Some(Extension::Bool8) => Self::Boolean,
            None => match field.data_type() {
                DataType::Dictionary(_, values) => Self::of(&extension::of_values(field, values)),
                other => Self::of_type(other),
            },
        }
    }

    /// The SQL type of an Arrow type alone.
    #[must_use]
    pub fn of_type(data_type: &DataType) -> Self {
        match data_type {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean,
            DataType::Int8 => Self::TinyInt,
            DataType::Int16 | DataType::UInt8 => Self::SmallInt,
            DataType::Int32 | DataType::UInt16 => Self::Integer,
            DataType::Int64 | DataType::UInt32 => Self::BigInt,
            DataType::UInt64 => Self::Numeric {
                precision: 20,
                scale: 0,
            },
            DataType::Float16 | DataType::Float32 => Self::Real,
            DataType::Float64 => Self::Double,
            DataType::Decimal32(precision, scale)
            | DataType::Decimal64(precision, scale)
            | DataType::Decimal128(precision, scale)
            | DataType::Decimal256(precision, scale) => Self::Decimal {
                precision: *precision,
                scale: *scale,
            },
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Varchar,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Self::Varbinary,
            DataType::FixedSizeBinary(length) => Self::Binary {
                length: u32::try_from(*length).unwrap_or(0),
            },
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Time32(unit) | DataType::Time64(unit) => Self::Time {
                precision: digits(*unit),
            },
            DataType::Timestamp(unit, None) => Self::Timestamp {
                precision: digits(*unit),
            },
            DataType::Timestamp(unit, Some(_)) => Self::TimestampWithTimeZone {
                precision: digits(*unit),
            },
            DataType::Duration(unit) => Self::IntervalDayToSecond {
                precision: digits(*unit),
            },
            DataType::Interval(IntervalUnit::YearMonth) => Self::IntervalYearToMonth,
            DataType::Interval(IntervalUnit::DayTime) => Self::IntervalDayToSecond { precision: 3 },
            DataType::Interval(IntervalUnit::MonthDayNano) => Self::Interval,
            DataType::List(_)
            | DataType::ListView(_)
            | DataType::FixedSizeList(_, _)
            | DataType::LargeList(_)
            | DataType::LargeListView(_) => Self::Array,
            DataType::Struct(_) => Self::Struct,
            DataType::Map(_, _) => Self::Map,
            DataType::Union(_, _) => Self::Union,
            DataType::Dictionary(_, values) => Self::of_type(values),
            DataType::RunEndEncoded(_, values) => Self::of(values),
        }
    }

    /// Its name in SQL, without precision and scale.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Boolean => "BOOLEAN",
            Self::TinyInt => "TINYINT",
            Self::SmallInt => "SMALLINT",
            Self::Integer => "INTEGER",
            Self::BigInt => "BIGINT",
            Self::Real => "REAL",
            Self::Double => "DOUBLE",
            Self::Numeric { .. } => "NUMERIC",
            Self::Decimal { .. } => "DECIMAL",
            Self::Varchar => "VARCHAR",
            Self::Json => "JSON",
            Self::Varbinary => "VARBINARY",
            Self::Binary { .. } => "BINARY",
            Self::Uuid => "UUID",
            Self::Date => "DATE",
            Self::Time { .. } => "TIME",
            Self::Timestamp { .. } => "TIMESTAMP",
            Self::TimestampWithTimeZone { .. } => "TIMESTAMP WITH TIME ZONE",
            Self::IntervalYearToMonth => "INTERVAL YEAR TO MONTH",
            Self::IntervalDayToSecond { .. } => "INTERVAL DAY TO SECOND",
            Self::Interval => "INTERVAL",
            Self::Array => "ARRAY",
            Self::Struct => "STRUCT",
            Self::Map => "MAP",
            Self::Union => "UNION",
        }
    }

    /// Its concise ODBC type code (`SQL_INTEGER` is 4). What ODBC cannot name is wide text, as which the values print.
    #[must_use]
    pub fn odbc_code(self) -> i16 {
        match self {
            Self::Boolean => -7,
            Self::TinyInt => -6,
            Self::SmallInt => 5,
            Self::Integer => 4,
            Self::BigInt => -5,
            Self::Real => 7,
            Self::Double => 8,
            Self::Numeric { .. } => 2,
            Self::Decimal { .. } => 3,
            Self::Varbinary => -3,
            Self::Binary { .. } => -2,
            Self::Uuid => -11,
            Self::Date => 91,
            Self::Time { .. } => 92,
            Self::Timestamp { .. } | Self::TimestampWithTimeZone { .. } => 93,
            Self::IntervalYearToMonth => 107,
            Self::IntervalDayToSecond { .. } => 110,
            // SQL_WVARCHAR: an interval of months, days and nanoseconds and all that is nested have no code.
            Self::Null
            | Self::Varchar
            | Self::Json
            | Self::Interval
            | Self::Array
            | Self::Struct
            | Self::Map
            | Self::Union => -9,
        }
    }

    /// Its code in Flight SQL's `XdbcDataType`.
    #[must_use]
    pub fn xdbc_code(self) -> i32 {
        match self {
            Self::Uuid => 0,
            Self::Null | Self::Varchar | Self::Json => 12,
            Self::IntervalYearToMonth | Self::IntervalDayToSecond { .. } | Self::Interval => 10,
            Self::Array | Self::Struct | Self::Map | Self::Union => 0,
            // The rest have in XDBC the number they have in ODBC.
            other => i32::from(other.odbc_code()),
        }
    }

    /// Digits of a number in all, of a fraction of a second, or the length of bytes; none where the type has no such limit.
    #[must_use]
    pub fn precision(self) -> Option<u32> {
        match self {
            Self::Boolean => Some(1),
            Self::TinyInt => Some(3),
            Self::SmallInt => Some(5),
            Self::Integer => Some(10),
            Self::BigInt => Some(19),
            Self::Real => Some(7),
            Self::Double => Some(15),
            Self::Numeric { precision, .. } | Self::Decimal { precision, .. } => Some(u32::from(precision)),
            Self::Binary { length } => Some(length),
            Self::Time { precision }
            | Self::Timestamp { precision }
            | Self::TimestampWithTimeZone { precision }
            | Self::IntervalDayToSecond { precision } => Some(u32::from(precision)),
            Self::Interval => Some(9),
            _ => None,
        }
    }

    /// Digits after the point, of exact numbers.
    #[must_use]
    pub fn scale(self) -> Option<i32> {
        match self {
            Self::TinyInt | Self::SmallInt | Self::Integer | Self::BigInt => Some(0),
            Self::Numeric { scale, .. } | Self::Decimal { scale, .. } => Some(i32::from(scale)),
            _ => None,
        }
    }
}

impl fmt::Display for SqlType {
    /// The name, with precision and scale where they belong to the type: `DECIMAL(10, 2)`, `TIMESTAMP(6)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numeric { precision, scale } | Self::Decimal { precision, scale } => {
                write!(f, "{}({precision}, {scale})", self.name())
            }
            Self::Binary { length } => write!(f, "BINARY({length})"),
            Self::Time { precision } | Self::Timestamp { precision } => {
                write!(f, "{}({precision})", self.name())
            }
            Self::TimestampWithTimeZone { precision } => write!(f, "TIMESTAMP({precision}) WITH TIME ZONE"),
            Self::IntervalDayToSecond { precision } => write!(f, "INTERVAL DAY TO SECOND({precision})"),
            _ => f.write_str(self.name()),
        }
    }
}

/// Digits of the fraction of a second a unit has.
fn digits(unit: TimeUnit) -> u8 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}
