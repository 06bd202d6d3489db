//! Values as numbers and truth values.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray};
use arrow::datatypes::{
    DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType, Field, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type, i256,
};

use super::super::decimal::Decimal;
use super::super::extension::{self, Extension};
use super::super::value::Value;
use super::{Fitted, Misfit, Why, convert, from_text};

type Half = <Float16Type as ArrowPrimitiveType>::Native;

pub(super) fn build(field: &Field, values: &[&Value]) -> Result<ArrayRef, Misfit> {
    Ok(match field.data_type() {
        DataType::Boolean => Arc::new(BooleanArray::from(convert(values, truth)?)),
        DataType::Int8 if extension::of(field) == Some(Extension::Bool8) => {
            primitive::<Int8Type>(values, |value| truth(value).map(i8::from))?
        }
        DataType::Int8 => integers::<Int8Type>(values)?,
        DataType::Int16 => integers::<Int16Type>(values)?,
        DataType::Int32 => integers::<Int32Type>(values)?,
        DataType::Int64 => integers::<Int64Type>(values)?,
        DataType::UInt8 => integers::<UInt8Type>(values)?,
        DataType::UInt16 => integers::<UInt16Type>(values)?,
        DataType::UInt32 => integers::<UInt32Type>(values)?,
        DataType::UInt64 => integers::<UInt64Type>(values)?,
        DataType::Float16 => primitive::<Float16Type>(values, |value| {
            let number = float(value)?;
            let half = Half::from_f64(number);
            finite(number, half.to_f64()).map(|()| half)
        })?,
        DataType::Float32 => primitive::<Float32Type>(values, single)?,
        DataType::Float64 => primitive::<Float64Type>(values, float)?,
        DataType::Decimal32(precision, scale) => {
            decimals::<Decimal32Type>(values, *precision, *scale, |number| {
                number.to_i128().and_then(|number| i32::try_from(number).ok())
            })?
        }
        DataType::Decimal64(precision, scale) => {
            decimals::<Decimal64Type>(values, *precision, *scale, |number| {
                number.to_i128().and_then(|number| i64::try_from(number).ok())
            })?
        }
        DataType::Decimal128(precision, scale) => {
            decimals::<Decimal128Type>(values, *precision, *scale, i256::to_i128)?
        }
        DataType::Decimal256(precision, scale) => {
            decimals::<Decimal256Type>(values, *precision, *scale, Some)?
        }
        _ => {
            return Err(Misfit {
                row: 0,
                why: Why::Type,
            });
        }
    })
}

/// An array of primitive values, each converted.
pub(super) fn primitive<T: ArrowPrimitiveType>(
    values: &[&Value],
    convert_one: impl FnMut(&Value) -> Fitted<T::Native>,
) -> Result<ArrayRef, Misfit> {
    Ok(Arc::new(
        convert(values, convert_one)?
            .into_iter()
            .collect::<PrimitiveArray<T>>(),
    ))
}

fn integers<T>(values: &[&Value]) -> Result<ArrayRef, Misfit>
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i128>,
{
    primitive::<T>(values, |value| {
        T::Native::try_from(integer(value)?).map_err(|_| Why::Range)
    })
}

/// The integer in a value that is one, whatever its type.
fn integer(value: &Value) -> Fitted<i128> {
    Ok(match value {
        Value::Bool(truth) => i128::from(*truth),
        Value::Int8(number) => i128::from(*number),
        Value::Int16(number) => i128::from(*number),
        Value::Int32(number) => i128::from(*number),
        Value::Int64(number) => i128::from(*number),
        Value::UInt8(number) => i128::from(*number),
        Value::UInt16(number) => i128::from(*number),
        Value::UInt32(number) => i128::from(*number),
        Value::UInt64(number) => i128::from(*number),
        Value::Decimal(number) => number.to_i128().ok_or(Why::Range)?,
        Value::Float32(_) | Value::Float64(_) => decimal(value)?.to_i128().ok_or(Why::Range)?,
        other => from_text(other)?,
    })
}

fn truth(value: &Value) -> Fitted<bool> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Value::Text(_) => Err(Why::Text),
        Value::Float32(_) | Value::Float64(_) | Value::Decimal(_) => Err(Why::Type),
        number => match integer(number)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Why::Range),
        },
    }
}

/// The nearest binary fraction of 64 bits.
fn float(value: &Value) -> Fitted<f64> {
    match value {
        Value::Float64(number) => Ok(*number),
        Value::Float32(number) => Ok(f64::from(*number)),
        Value::Decimal(number) => Ok(number.to_f64()),
        Value::Text(_) => from_text(value),
        // A truth value is no measure.
        Value::Bool(_) => Err(Why::Type),
        other => integer(other).map(|number| number as f64),
    }
}

fn single(value: &Value) -> Fitted<f32> {
    if let Value::Float32(number) = value {
        return Ok(*number);
    }
    let number = float(value)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounds to the nearest; what became infinite is refused"
    )]
    let single = number as f32;
    finite(number, f64::from(single)).map(|()| single)
}

/// Refuses a finite number that became infinite.
fn finite(before: f64, after: f64) -> Fitted<()> {
    if before.is_finite() && after.is_infinite() {
        Err(Why::Range)
    } else {
        Ok(())
    }
}

fn decimals<T: DecimalType + ArrowPrimitiveType>(
    values: &[&Value],
    precision: u8,
    scale: i8,
    narrow: impl Fn(i256) -> Option<T::Native>,
) -> Result<ArrayRef, Misfit> {
    let numbers = convert(values, |value| {
        let number = decimal(value)?.rescale(scale).ok_or(Why::Range)?;
        if number.digits() > usize::from(precision) {
            return Err(Why::Range);
        }
        narrow(number.unscaled()).ok_or(Why::Range)
    })?;
    let array = numbers.into_iter().collect::<PrimitiveArray<T>>();
    let array = array
        .with_precision_and_scale(precision, scale)
        .map_err(|_| Misfit {
            row: 0,
            why: Why::Type,
        })?;
    Ok(Arc::new(array))
}

/// The decimal a value says. A binary fraction says the shortest decimal that stands for it: `0.1` is one tenth.
fn decimal(value: &Value) -> Fitted<Decimal> {
    match value {
        Value::Decimal(number) => Ok(*number),
        Value::Float32(number) if number.is_finite() => written(&format!("{number:e}")),
        Value::Float64(number) if number.is_finite() => written(&format!("{number:e}")),
        Value::Float32(_) | Value::Float64(_) => Err(Why::Range),
        Value::Text(_) => from_text(value),
        Value::Bool(_) => Err(Why::Type),
        other => integer(other).map(Decimal::from),
    }
}

/// The decimal of a number as it is written; one with too large an exponent fits nowhere.
fn written(number: &str) -> Fitted<Decimal> {
    number.parse().map_err(|_| Why::Range)
}
