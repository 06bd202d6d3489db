//! Values as text and bytes.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BinaryViewArray, FixedSizeBinaryBuilder, LargeBinaryArray, LargeStringArray,
    StringArray, StringViewArray,
};
use arrow::datatypes::{DataType, Field};

use super::super::extension::{self, Extension};
use super::super::uuid::Uuid;
use super::super::value::Value;
use super::{Fitted, Misfit, Why, convert, from_text};

pub(super) fn build(field: &Field, values: &[&Value]) -> Result<ArrayRef, Misfit> {
    let extension = extension::of(field);
    let text = |value: &Value| text(value, extension == Some(Extension::Json));
    Ok(match field.data_type() {
        DataType::Utf8 => Arc::new(StringArray::from_iter(convert(values, text)?)),
        DataType::LargeUtf8 => Arc::new(LargeStringArray::from_iter(convert(values, text)?)),
        DataType::Utf8View => Arc::new(StringViewArray::from_iter(convert(values, text)?)),
        DataType::Binary => Arc::new(BinaryArray::from_iter(convert(values, bytes)?)),
        DataType::LargeBinary => Arc::new(LargeBinaryArray::from_iter(convert(values, bytes)?)),
        DataType::BinaryView => Arc::new(BinaryViewArray::from_iter(convert(values, bytes)?)),
        DataType::FixedSizeBinary(length) => {
            let uuid = extension == Some(Extension::Uuid);
            fixed(*length, values, |value| {
                if uuid { uuid_bytes(value) } else { bytes(value) }
            })?
        }
        _ => {
            return Err(Misfit {
                row: 0,
                why: Why::Type,
            });
        }
    })
}

/// The text of a value. What is no text is sent as it prints: servers ask for text where they cannot tell the type, and convert it back.
fn text(value: &Value, json: bool) -> Fitted<String> {
    match value {
        Value::Text(text) => Ok(text.clone()),
        Value::Binary(_) => Err(Why::Type),
        Value::List(_) | Value::Struct(_) | Value::Map(_) if !json => Err(Why::Type),
        other => Ok(other.to_string()),
    }
}

fn bytes(value: &Value) -> Fitted<Vec<u8>> {
    match value {
        Value::Binary(bytes) => Ok(bytes.clone()),
        Value::Uuid(uuid) => Ok(uuid.0.to_vec()),
        _ => Err(Why::Type),
    }
}

fn uuid_bytes(value: &Value) -> Fitted<Vec<u8>> {
    match value {
        Value::Text(_) => from_text::<Uuid>(value).map(|uuid| uuid.0.to_vec()),
        other => bytes(other),
    }
}

fn fixed(
    length: i32,
    values: &[&Value],
    convert_one: impl FnMut(&Value) -> Fitted<Vec<u8>>,
) -> Result<ArrayRef, Misfit> {
    // Arrow's builder panics on a negative length, which only a broken schema has.
    if length < 0 {
        return Err(Misfit {
            row: 0,
            why: Why::Type,
        });
    }
    let mut builder = FixedSizeBinaryBuilder::with_capacity(values.len(), length);
    for (row, bytes) in convert(values, convert_one)?.into_iter().enumerate() {
        match bytes {
            None => builder.append_null(),
            Some(bytes) => builder
                .append_value(bytes)
                .map_err(|_| Misfit { row, why: Why::Range })?,
        }
    }
    Ok(Arc::new(builder.finish()))
}
