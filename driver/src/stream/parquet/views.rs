//! Texts as views: how columns are read before they become what the file calls them.

use std::sync::Arc;

use arrow::array::{Array, AsArray as _};
use arrow::datatypes::{DataType, Field, Fields};

use super::unsupported;
use crate::error::Result;

/// The same columns, with views where they have texts or bytes.
pub(super) fn of_fields(fields: &Fields) -> Fields {
    fields.iter().map(of_field).collect()
}

fn of_field(field: &Arc<Field>) -> Arc<Field> {
    Arc::new(field.as_ref().clone().with_data_type(of(field.data_type())))
}

fn of(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::List(field) => DataType::List(of_field(field)),
        DataType::LargeList(field) => DataType::LargeList(of_field(field)),
        DataType::Map(field, sorted) => DataType::Map(of_field(field), *sorted),
        DataType::Struct(fields) => DataType::Struct(of_fields(fields)),
        other => other.clone(),
    }
}

/// The types that hold values, in the order of the file: those in lists and structs lie below others.
pub(super) fn leaves<'a>(data_type: &'a DataType, found: &mut Vec<&'a DataType>) -> Result<()> {
    match data_type {
        DataType::List(field) | DataType::LargeList(field) | DataType::Map(field, _) => {
            leaves(field.data_type(), found)
        }
        DataType::Struct(fields) => fields
            .iter()
            .try_for_each(|field| leaves(field.data_type(), found)),
        // A list of one length has values also where it is NULL, as many as the schema claims.
        nested if nested.is_nested() => Err(unsupported(&format!("columns of the type {nested}"))),
        leaf => {
            found.push(leaf);
            Ok(())
        }
    }
}

pub(super) fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_text(values),
        other => matches!(of(other), DataType::Utf8View | DataType::BinaryView),
    }
}

/// How long the texts behind the views of a column are together.
pub(super) fn length(array: &dyn Array) -> usize {
    match array.data_type() {
        DataType::Utf8View => lengths(array.as_string_view().views()),
        DataType::BinaryView => lengths(array.as_binary_view().views()),
        DataType::List(_) => length(array.as_list::<i32>().values()),
        DataType::LargeList(_) => length(array.as_list::<i64>().values()),
        DataType::Map(_, _) => length(array.as_map().entries()),
        DataType::Struct(_) => {
            let columns = array.as_struct().columns().iter();
            columns
                .map(|column| length(column))
                .fold(0, usize::saturating_add)
        }
        _ => 0,
    }
}

/// The length is the low half of the low word.
fn lengths(views: &[u128]) -> usize {
    let length = |view: &u128| usize::try_from(view & u128::from(u32::MAX)).unwrap_or(usize::MAX);
    views.iter().map(length).fold(0, usize::saturating_add)
}
