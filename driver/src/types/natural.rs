//! The Arrow type values have by themselves: what parameters are sent as where the server does not say.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, TimeUnit};

use super::decimal::Decimal;
use super::value::Value;

/// The most digits a decimal of 128 bits holds; a decimal gets all of them, so that the type does not change with the value.
pub(super) const DIGITS_OF_128: u8 = 38;
const DIGITS_OF_256: u8 = 76;

/// Two types that do not go together.
pub(super) type Mismatch = (DataType, DataType);

/// The Arrow type that holds all of some values, NULL being of any type; where there is none, two types of theirs that do not go together.
pub(super) fn type_of<'a>(values: impl Iterator<Item = &'a Value>) -> Result<DataType, Mismatch> {
    values
        .map(type_of_one)
        .try_fold(DataType::Null, |common, next| unify(common, next?))
}

fn type_of_one(value: &Value) -> Result<DataType, Mismatch> {
    Ok(match value {
        Value::Null => DataType::Null,
        Value::Bool(_) => DataType::Boolean,
        Value::Int8(_) => DataType::Int8,
        Value::Int16(_) => DataType::Int16,
        Value::Int32(_) => DataType::Int32,
        Value::Int64(_) => DataType::Int64,
        Value::UInt8(_) => DataType::UInt8,
        Value::UInt16(_) => DataType::UInt16,
        Value::UInt32(_) => DataType::UInt32,
        Value::UInt64(_) => DataType::UInt64,
        Value::Float32(_) => DataType::Float32,
        Value::Float64(_) => DataType::Float64,
        Value::Decimal(number) => decimal(*number),
        Value::Text(_) => DataType::Utf8,
        Value::Binary(_) => DataType::Binary,
        Value::Uuid(_) => DataType::FixedSizeBinary(16),
        Value::Date(_) => DataType::Date32,
        Value::Time(time) => DataType::Time64(unit(time.nanoseconds() % 1_000 != 0)),
        Value::Timestamp(timestamp) => DataType::Timestamp(
            unit(timestamp.nanosecond() % 1_000 != 0),
            timestamp.zone().map(Into::into),
        ),
        Value::Duration(duration) => DataType::Duration(unit(duration.nanosecond() % 1_000 != 0)),
        Value::Interval(_) => DataType::Interval(IntervalUnit::MonthDayNano),
        Value::List(elements) => list(type_of(elements.iter())?),
        Value::Struct(fields) => DataType::Struct(
            fields
                .iter()
                .map(|(name, value)| type_of_one(value).map(|data_type| field(name, data_type, true)))
                .collect::<Result<Fields, Mismatch>>()?,
        ),
        Value::Map(entries) => map(
            type_of(entries.iter().map(|(key, _)| key))?,
            type_of(entries.iter().map(|(_, value)| value))?,
        ),
    })
}

/// Microseconds, which most servers keep and in which years up to 294246 fit, unless the value is finer.
fn unit(finer: bool) -> TimeUnit {
    if finer {
        TimeUnit::Nanosecond
    } else {
        TimeUnit::Microsecond
    }
}

fn decimal(number: Decimal) -> DataType {
    // Arrow wants no more digits after the point than there are; a negative scale few servers know.
    let scale = number.scale().max(0);
    let digits = number
        .rescale(scale)
        .map_or(usize::from(DIGITS_OF_256), Decimal::digits);
    if digits <= usize::from(DIGITS_OF_128) && scale.unsigned_abs() <= DIGITS_OF_128 {
        DataType::Decimal128(DIGITS_OF_128, scale)
    } else {
        DataType::Decimal256(DIGITS_OF_256, scale)
    }
}

/// A field of the type values have by themselves. Sixteen bytes of fixed length are then a UUID, which the field has to say.
pub(super) fn field(name: &str, data_type: DataType, nullable: bool) -> Field {
    let uuid = data_type == DataType::FixedSizeBinary(16);
    let field = Field::new(name, data_type, nullable);
    if uuid {
        field.with_metadata([("ARROW:extension:name", "arrow.uuid")])
    } else {
        field
    }
}

fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(field("item", item, true)))
}

pub(super) fn map(key: DataType, value: DataType) -> DataType {
    let entries = DataType::Struct(Fields::from(vec![
        field("key", key, false),
        field("value", value, true),
    ]));
    DataType::Map(Arc::new(Field::new("entries", entries, false)), false)
}

/// The type that holds the values of two types.
pub(super) fn unify(left: DataType, right: DataType) -> Result<DataType, Mismatch> {
    use DataType::{
        Date32, Decimal128, Decimal256, Duration, Float32, Float64, List, Map, Null, Struct, Time64,
        Timestamp,
    };
    if left == right {
        return Ok(left);
    }
    Ok(match (&left, &right) {
        (Null, _) => right,
        (_, Null) => left,
        (Float32, Float64) | (Float64, Float32) => Float64,
        (Float32 | Float64, number) | (number, Float32 | Float64) if number.is_integer() => Float64,
        (a, b) if a.is_integer() && b.is_integer() => integers(a, b),
        (Decimal128(_, a), Decimal128(_, b)) => Decimal128(DIGITS_OF_128, *a.max(b)),
        (Decimal128(_, a) | Decimal256(_, a), Decimal128(_, b) | Decimal256(_, b)) => {
            Decimal256(DIGITS_OF_256, *a.max(b))
        }
        (decimal @ (Decimal128(_, _) | Decimal256(_, _)), number)
        | (number, decimal @ (Decimal128(_, _) | Decimal256(_, _)))
            if number.is_integer() =>
        {
            decimal.clone()
        }
        (Time64(_), Time64(_)) => Time64(TimeUnit::Nanosecond),
        (Duration(_), Duration(_)) => Duration(TimeUnit::Nanosecond),
        (Timestamp(_, None), Timestamp(_, None)) => Timestamp(TimeUnit::Nanosecond, None),
        (Timestamp(a, Some(zone)), Timestamp(b, Some(other))) => {
            let unit = if a == b { *a } else { TimeUnit::Nanosecond };
            // Points in time are the same wherever they are looked at.
            Timestamp(
                unit,
                Some(if zone == other {
                    Arc::clone(zone)
                } else {
                    "UTC".into()
                }),
            )
        }
        (Date32, timestamp @ Timestamp(_, None)) | (timestamp @ Timestamp(_, None), Date32) => {
            timestamp.clone()
        }
        (List(a), List(b)) => DataType::new_list(unify(a.data_type().clone(), b.data_type().clone())?, true),
        (Struct(a), Struct(b)) if same_names(a, b) => Struct(
            a.iter()
                .zip(b)
                .map(|(a, b)| {
                    unify(a.data_type().clone(), b.data_type().clone())
                        .map(|common| field(a.name(), common, true))
                })
                .collect::<Result<Fields, Mismatch>>()?,
        ),
        (Map(a, _), Map(b, _)) => match (entry_types(a), entry_types(b)) {
            (Some((key, value)), Some((other_key, other_value))) => {
                map(unify(key, other_key)?, unify(value, other_value)?)
            }
            _ => return Err((left, right)),
        },
        _ => return Err((left, right)),
    })
}

/// The integer type that holds the values of two: wider, and with a sign where one of them has one.
fn integers(left: &DataType, right: &DataType) -> DataType {
    let width = |data_type: &DataType| data_type.primitive_width().unwrap_or(8);
    let signed = |data_type: &DataType| data_type.is_signed_integer();
    let needed = if signed(left) == signed(right) {
        width(left).max(width(right))
    } else {
        // A number without a sign needs the next wider one with a sign.
        let (with, without) = if signed(left) {
            (left, right)
        } else {
            (right, left)
        };
        width(with).max(width(without) * 2)
    };
    match (needed, signed(left) || signed(right)) {
        (1, true) => DataType::Int8,
        (2, true) => DataType::Int16,
        (4, true) => DataType::Int32,
        (8, true) => DataType::Int64,
        (_, true) => DataType::Decimal128(DIGITS_OF_128, 0),
        (1, false) => DataType::UInt8,
        (2, false) => DataType::UInt16,
        (4, false) => DataType::UInt32,
        (_, false) => DataType::UInt64,
    }
}

fn same_names(left: &Fields, right: &Fields) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| a.name() == b.name())
}

/// The types of the keys and the values of a map's entries.
pub(super) fn entry_types(entries: &Field) -> Option<(DataType, DataType)> {
    match entries.data_type() {
        DataType::Struct(fields) => match &fields[..] {
            [key, value] => Some((key.data_type().clone(), value.data_type().clone())),
            _ => None,
        },
        _ => None,
    }
}
