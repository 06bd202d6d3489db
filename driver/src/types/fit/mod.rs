//! Values as an array of the type the server asks for.

mod nested;
mod number;
mod temporal;
mod text;

use arrow::array::{Array as _, ArrayRef, NullArray};
use arrow::compute;
use arrow::datatypes::{DataType, Field};
use std::sync::Arc;

use super::extension;
use super::value::Value;

/// A value that does not fit, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misfit {
    /// Which of the values.
    pub(super) row: usize,
    pub(super) why: Why,
}

/// Why a value does not fit a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// No value of its kind does.
    Type,
    /// It is too large, or would lose something.
    Range,
    /// Its text says no such value.
    Text,
    /// A NULL inside it has no place.
    Null,
}

type Fitted<T> = Result<T, Why>;

/// An array of a field's type that holds the values, which must fit it exactly.
///
/// Two things are rounded, as SQL does when it assigns: a fraction of a second to what the type keeps (cut off), and any number to the
/// nearest binary fraction where the type is one.
pub(super) fn build(field: &Field, values: &[&Value]) -> Result<ArrayRef, Misfit> {
    use DataType::{
        Binary, BinaryView, Boolean, Date32, Date64, Decimal32, Decimal64, Decimal128, Decimal256,
        Dictionary, Duration, FixedSizeBinary, Float16, Float32, Float64, Int8, Int16, Int32, Int64,
        Interval, LargeBinary, LargeUtf8, Null, RunEndEncoded, Time32, Time64, Timestamp, UInt8, UInt16,
        UInt32, UInt64, Utf8, Utf8View,
    };
    match field.data_type() {
        Null => {
            convert(values, |_| Err::<(), _>(Why::Type))?;
            Ok(Arc::new(NullArray::new(values.len())))
        }
        Boolean
        | Int8
        | Int16
        | Int32
        | Int64
        | UInt8
        | UInt16
        | UInt32
        | UInt64
        | Float16
        | Float32
        | Float64
        | Decimal32(_, _)
        | Decimal64(_, _)
        | Decimal128(_, _)
        | Decimal256(_, _) => number::build(field, values),
        Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView | FixedSizeBinary(_) => {
            text::build(field, values)
        }
        Date32 | Date64 | Time32(_) | Time64(_) | Timestamp(_, _) | Duration(_) | Interval(_) => {
            temporal::build(field.data_type(), values)
        }
        Dictionary(_, inner) => cast(&extension::of_values(field, inner), field, values),
        RunEndEncoded(_, inner) => cast(inner, field, values),
        _ => nested::build(field.data_type(), values),
    }
}

/// Builds the values as their plain type, which Arrow then lays out as the field wants.
fn cast(plain: &Field, field: &Field, values: &[&Value]) -> Result<ArrayRef, Misfit> {
    let array = build(plain, values)?;
    let options = compute::CastOptions {
        safe: false,
        ..compute::CastOptions::default()
    };
    compute::cast_with_options(&array, field.data_type(), &options)
        .map_err(|_| Misfit {
            row: 0,
            why: Why::Type,
        })
        .and_then(|laid_out| {
            // More different values than the keys of a dictionary count.
            if laid_out.len() == values.len() {
                Ok(laid_out)
            } else {
                Err(Misfit {
                    row: 0,
                    why: Why::Range,
                })
            }
        })
}

/// Converts every value that is not NULL.
fn convert<T>(
    values: &[&Value],
    mut convert_one: impl FnMut(&Value) -> Fitted<T>,
) -> Result<Vec<Option<T>>, Misfit> {
    values
        .iter()
        .enumerate()
        .map(|(row, value)| match value {
            Value::Null => Ok(None),
            value => convert_one(value).map(Some).map_err(|why| Misfit { row, why }),
        })
        .collect()
}

/// What is left when no arm of a conversion took a value: text may say it, anything else is of the wrong type.
fn from_text<T: std::str::FromStr>(value: &Value) -> Fitted<T> {
    match value {
        Value::Text(text) => text.trim().parse().map_err(|_| Why::Text),
        _ => Err(Why::Type),
    }
}
