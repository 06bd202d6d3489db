//! Arrow values → SQLite parameters.

use arrow::array::{Array, AsArray, RecordBatch, UnionArray};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType,
    DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use rusqlite::Statement;
use rusqlite::types::Value;
use tonic::Status;

use crate::{datetime, decimal, status};

/// One cell as SQLite keeps it.
///
/// # Errors
///
/// `INVALID_ARGUMENT` for types SQLite has nothing for, `OUT_OF_RANGE` for unsigned numbers beyond 64 signed bits.
pub(crate) fn cell(array: &dyn Array, row: usize) -> Result<Value, Status> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => Value::Integer(i64::from(array.as_boolean().value(row))),
        DataType::Int8 => Value::Integer(primitive::<Int8Type>(array, row).into()),
        DataType::Int16 => Value::Integer(primitive::<Int16Type>(array, row).into()),
        DataType::Int32 => Value::Integer(primitive::<Int32Type>(array, row).into()),
        DataType::Int64 => Value::Integer(primitive::<Int64Type>(array, row)),
        DataType::UInt8 => Value::Integer(primitive::<UInt8Type>(array, row).into()),
        DataType::UInt16 => Value::Integer(primitive::<UInt16Type>(array, row).into()),
        DataType::UInt32 => Value::Integer(primitive::<UInt32Type>(array, row).into()),
        DataType::UInt64 => unsigned(primitive::<UInt64Type>(array, row))?,
        DataType::Float16 => Value::Real(primitive::<Float16Type>(array, row).to_f64()),
        DataType::Float32 => Value::Real(primitive::<Float32Type>(array, row).into()),
        DataType::Float64 => Value::Real(primitive::<Float64Type>(array, row)),
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(row).into()),
        DataType::LargeUtf8 => Value::Text(array.as_string::<i64>().value(row).into()),
        DataType::Utf8View => Value::Text(array.as_string_view().value(row).into()),
        DataType::Binary => Value::Blob(array.as_binary::<i32>().value(row).into()),
        DataType::LargeBinary => Value::Blob(array.as_binary::<i64>().value(row).into()),
        DataType::BinaryView => Value::Blob(array.as_binary_view().value(row).into()),
        DataType::FixedSizeBinary(_) => Value::Blob(array.as_fixed_size_binary().value(row).into()),
        DataType::Date32 | DataType::Date64 | DataType::Time32(_) | DataType::Time64(_) => {
            Value::Text(date_or_time(array, row))
        }
        DataType::Timestamp(unit, zone) => {
            let (value, per_second) = timestamp(array, row, *unit);
            Value::Text(datetime::print_moment(value, per_second, zone.is_some()))
        }
        DataType::Duration(unit) => Value::Integer(duration(array, row, *unit)),
        DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => Value::Text(decimal_text(array, row)),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            match cell(dictionary.keys(), row)? {
                Value::Integer(key) => cell(
                    dictionary.values().as_ref(),
                    usize::try_from(key).unwrap_or_default(),
                )?,
                _ => Value::Null,
            }
        }
        DataType::Union(..) => union_cell(array, row)?,
        other => {
            return Err(Status::invalid_argument(format!(
                "SQLite has nothing to hold Arrow's {other}"
            )));
        }
    })
}

fn primitive<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> T::Native {
    array.as_primitive::<T>().value(row)
}

fn unsigned(value: u64) -> Result<Value, Status> {
    i64::try_from(value)
        .map(Value::Integer)
        .map_err(|_| Status::out_of_range(format!("{value} does not fit SQLite's 64-bit signed integer")))
}

fn union_cell(array: &dyn Array, row: usize) -> Result<Value, Status> {
    let Some(union) = array.as_any().downcast_ref::<UnionArray>() else {
        return Err(Status::invalid_argument("a union parameter could not be read"));
    };
    let child = union.child(union.type_id(row));
    cell(child.as_ref(), union.value_offset(row))
}

fn date_or_time(array: &dyn Array, row: usize) -> String {
    match array.data_type() {
        DataType::Date32 => datetime::print_date(primitive::<Date32Type>(array, row).into()),
        DataType::Date64 => datetime::print_date(primitive::<Date64Type>(array, row).div_euclid(86_400_000)),
        DataType::Time32(TimeUnit::Second) => {
            datetime::print_time(i64::from(primitive::<Time32SecondType>(array, row)) * 1_000_000_000)
        }
        DataType::Time32(_) => {
            datetime::print_time(i64::from(primitive::<Time32MillisecondType>(array, row)) * 1_000_000)
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            datetime::print_time(primitive::<Time64MicrosecondType>(array, row).saturating_mul(1000))
        }
        _ => datetime::print_time(primitive::<Time64NanosecondType>(array, row)),
    }
}

fn timestamp(array: &dyn Array, row: usize, unit: TimeUnit) -> (i64, i64) {
    match unit {
        TimeUnit::Second => (primitive::<TimestampSecondType>(array, row), 1),
        TimeUnit::Millisecond => (primitive::<TimestampMillisecondType>(array, row), 1_000),
        TimeUnit::Microsecond => (primitive::<TimestampMicrosecondType>(array, row), 1_000_000),
        TimeUnit::Nanosecond => (primitive::<TimestampNanosecondType>(array, row), 1_000_000_000),
    }
}

fn duration(array: &dyn Array, row: usize, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => primitive::<DurationSecondType>(array, row),
        TimeUnit::Millisecond => primitive::<DurationMillisecondType>(array, row),
        TimeUnit::Microsecond => primitive::<DurationMicrosecondType>(array, row),
        TimeUnit::Nanosecond => primitive::<DurationNanosecondType>(array, row),
    }
}

fn decimal_text(array: &dyn Array, row: usize) -> String {
    match array.data_type() {
        DataType::Decimal32(_, scale) => {
            decimal::print(&primitive::<Decimal32Type>(array, row).to_string(), *scale)
        }
        DataType::Decimal64(_, scale) => {
            decimal::print(&primitive::<Decimal64Type>(array, row).to_string(), *scale)
        }
        DataType::Decimal256(_, scale) => {
            decimal::print(&primitive::<Decimal256Type>(array, row).to_string(), *scale)
        }
        other => {
            let scale = if let DataType::Decimal128(_, scale) = other {
                *scale
            } else {
                0
            };
            decimal::print(&primitive::<Decimal128Type>(array, row).to_string(), scale)
        }
    }
}

/// Which column of a batch feeds which parameter of a statement.
///
/// By name when every parameter has one and the batch has a column for each (with or without its prefix), else by
/// position.
///
/// # Errors
///
/// `INVALID_ARGUMENT` when the batch has fewer or more columns than the statement has parameters.
pub(crate) fn columns(statement: &Statement<'_>, batch: &RecordBatch) -> Result<Vec<usize>, Status> {
    let count = statement.parameter_count();
    if batch.num_columns() != count {
        return Err(Status::invalid_argument(format!(
            "the statement has {count} parameters, the batch {} columns",
            batch.num_columns()
        )));
    }
    let schema = batch.schema();
    let by_name: Option<Vec<usize>> = (1..=count)
        .map(|index| {
            let name = statement.parameter_name(index)?;
            let bare = name.trim_start_matches([':', '@', '$', '?']);
            schema
                .fields()
                .iter()
                .position(|field| field.name() == name || field.name() == bare)
        })
        .collect();
    // `?1`, `?2` are names too, and a column called "1" is none of them by accident.
    Ok(by_name.unwrap_or_else(|| (0..count).collect()))
}

/// Binds one row of a batch.
///
/// # Errors
///
/// What [`cell`] says, naming the parameter and the row.
pub(crate) fn row(
    statement: &mut Statement<'_>,
    columns: &[usize],
    batch: &RecordBatch,
    row: usize,
) -> Result<(), Status> {
    for (index, column) in columns.iter().enumerate() {
        let value = cell(batch.column(*column).as_ref(), row).map_err(|error| {
            Status::new(
                error.code(),
                format!("parameter {}, row {}: {}", index + 1, row + 1, error.message()),
            )
        })?;
        statement
            .raw_bind_parameter(index + 1, value)
            .map_err(status::from_sqlite)?;
    }
    Ok(())
}
