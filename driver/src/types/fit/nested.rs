//! Values as lists, structs and maps.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, FixedSizeListArray, GenericListArray, GenericListViewArray, MapArray, OffsetSizeTrait,
    StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, FieldRef, Fields};

use super::super::value::Value;
use super::{Misfit, Why, build as build_values};

const NULL: Value = Value::Null;

pub(super) fn build(data_type: &DataType, values: &[&Value]) -> Result<ArrayRef, Misfit> {
    match data_type {
        DataType::List(item) => list::<i32>(item, values),
        DataType::LargeList(item) => list::<i64>(item, values),
        DataType::ListView(item) => list_view::<i32>(item, values),
        DataType::LargeListView(item) => list_view::<i64>(item, values),
        DataType::FixedSizeList(item, size) => fixed_size_list(item, *size, values),
        DataType::Struct(fields) => structs(fields, values),
        DataType::Map(entries, ordered) => maps(entries, *ordered, values),
        _ => Err(Misfit {
            row: 0,
            why: Why::Type,
        }),
    }
}

/// The elements of all lists one after another, the list each comes from, and where every list ends.
struct Flat<'a, T> {
    elements: Vec<&'a T>,
    owners: Vec<usize>,
    ends: Vec<usize>,
}

/// Puts the elements of all values after one another; NULL has none.
fn flatten<'a, T>(
    values: &[&'a Value],
    elements_of: impl Fn(&'a Value) -> Option<&'a [T]>,
) -> Result<Flat<'a, T>, Misfit> {
    let mut flat = Flat {
        elements: Vec::new(),
        owners: Vec::new(),
        ends: Vec::with_capacity(values.len()),
    };
    for (row, value) in values.iter().enumerate() {
        if !value.is_null() {
            let elements = elements_of(value).ok_or(Misfit { row, why: Why::Type })?;
            flat.elements.extend(elements);
            flat.owners.resize(flat.elements.len(), row);
        }
        flat.ends.push(flat.elements.len());
    }
    Ok(flat)
}

impl<T> Flat<'_, T> {
    /// A misfit of an element as one of the list it is in.
    fn blame(&self, misfit: Misfit) -> Misfit {
        Misfit {
            row: self.owners.get(misfit.row).copied().unwrap_or_default(),
            why: misfit.why,
        }
    }

    /// Where lists begin and end.
    fn offsets<O: OffsetSizeTrait>(&self) -> Result<Vec<O>, Misfit> {
        std::iter::once(&0)
            .chain(&self.ends)
            .map(|end| {
                O::from_usize(*end).ok_or(Misfit {
                    row: 0,
                    why: Why::Range,
                })
            })
            .collect()
    }
}

fn elements(value: &Value) -> Option<&[Value]> {
    match value {
        Value::List(elements) => Some(elements),
        _ => None,
    }
}

fn nulls(values: &[&Value]) -> Option<NullBuffer> {
    let valid: NullBuffer = values.iter().map(|value| !value.is_null()).collect();
    (valid.null_count() > 0).then_some(valid)
}

/// Arrow refuses an array only where a NULL stands in a field that has none.
fn null_inside<E>(_: E) -> Misfit {
    Misfit {
        row: 0,
        why: Why::Null,
    }
}

fn list<O: OffsetSizeTrait>(item: &FieldRef, values: &[&Value]) -> Result<ArrayRef, Misfit> {
    let flat = flatten(values, elements)?;
    let array = build_values(item, &flat.elements).map_err(|misfit| flat.blame(misfit))?;
    let offsets = OffsetBuffer::new(ScalarBuffer::from(flat.offsets::<O>()?));
    let lists = GenericListArray::<O>::try_new(Arc::clone(item), offsets, array, nulls(values));
    Ok(Arc::new(lists.map_err(null_inside)?))
}

fn list_view<O: OffsetSizeTrait>(item: &FieldRef, values: &[&Value]) -> Result<ArrayRef, Misfit> {
    let flat = flatten(values, elements)?;
    let array = build_values(item, &flat.elements).map_err(|misfit| flat.blame(misfit))?;
    let ends = flat.offsets::<O>()?;
    let sizes: Vec<O> = ends
        .iter()
        .zip(ends.iter().skip(1))
        .map(|(start, end)| *end - *start)
        .collect();
    let starts: Vec<O> = ends.into_iter().take(values.len()).collect();
    let lists = GenericListViewArray::<O>::try_new(
        Arc::clone(item),
        starts.into(),
        sizes.into(),
        array,
        nulls(values),
    );
    Ok(Arc::new(lists.map_err(null_inside)?))
}

fn fixed_size_list(item: &FieldRef, size: i32, values: &[&Value]) -> Result<ArrayRef, Misfit> {
    let length = usize::try_from(size).map_err(|_| Misfit {
        row: 0,
        why: Why::Type,
    })?;
    let mut all: Vec<&Value> = Vec::new();
    for (row, value) in values.iter().enumerate() {
        match value {
            // A NULL takes up its room all the same.
            Value::Null => all.resize(all.len() + length, &NULL),
            Value::List(elements) if elements.len() == length => all.extend(elements),
            Value::List(_) => return Err(Misfit { row, why: Why::Range }),
            _ => return Err(Misfit { row, why: Why::Type }),
        }
    }
    let array = build_values(item, &all).map_err(|misfit| Misfit {
        row: misfit.row.checked_div(length).unwrap_or(0),
        why: misfit.why,
    })?;
    let lists =
        FixedSizeListArray::try_new_with_length(Arc::clone(item), size, array, nulls(values), values.len());
    Ok(Arc::new(lists.map_err(null_inside)?))
}

/// Structs: fields are found by name, one that is not given is NULL, one the type lacks is refused.
fn structs(fields: &Fields, values: &[&Value]) -> Result<ArrayRef, Misfit> {
    for (row, value) in values.iter().enumerate() {
        let known = match value {
            Value::Null => true,
            Value::Struct(given) => given
                .iter()
                .all(|(name, _)| fields.iter().any(|field| field.name() == name)),
            _ => false,
        };
        if !known {
            return Err(Misfit { row, why: Why::Type });
        }
    }
    let arrays = fields
        .iter()
        .map(|field| build_values(field, &members(field, values)))
        .collect::<Result<Vec<_>, _>>()?;
    let structs = StructArray::try_new_with_length(fields.clone(), arrays, nulls(values), values.len());
    Ok(Arc::new(structs.map_err(null_inside)?))
}

fn members<'a>(field: &Field, values: &[&'a Value]) -> Vec<&'a Value> {
    let member = |value: &&'a Value| match value {
        Value::Struct(given) => given
            .iter()
            .find(|(name, _)| name == field.name())
            .map(|(_, value)| value),
        _ => None,
    };
    values
        .iter()
        .map(|value| member(value).unwrap_or(&NULL))
        .collect()
}

fn maps(entries: &FieldRef, ordered: bool, values: &[&Value]) -> Result<ArrayRef, Misfit> {
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(Misfit {
            row: 0,
            why: Why::Type,
        });
    };
    let [key, value] = &fields[..] else {
        return Err(Misfit {
            row: 0,
            why: Why::Type,
        });
    };
    let flat = flatten(values, |value| match value {
        Value::Map(entries) => Some(entries.as_slice()),
        _ => None,
    })?;
    let keys: Vec<&Value> = flat.elements.iter().map(|(key, _)| key).collect();
    let contents: Vec<&Value> = flat.elements.iter().map(|(_, value)| value).collect();
    let keys = build_values(key, &keys).map_err(|misfit| flat.blame(misfit))?;
    let contents = build_values(value, &contents).map_err(|misfit| flat.blame(misfit))?;
    let length = flat.elements.len();
    let structs = StructArray::try_new_with_length(fields.clone(), vec![keys, contents], None, length)
        .map_err(null_inside)?;
    let offsets = OffsetBuffer::new(ScalarBuffer::from(flat.offsets::<i32>()?));
    let maps = MapArray::try_new(Arc::clone(entries), offsets, structs, nulls(values), ordered);
    Ok(Arc::new(maps.map_err(null_inside)?))
}
