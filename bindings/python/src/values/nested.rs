//! Lists, structs, maps, unions, dictionaries and runs.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, UnionArray};
use arrow::compute;
use arrow::datatypes::{ArrowNativeType, DataType, Field, Int16Type, Int32Type, Int64Type, RunEndIndexType};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::{Cells, Sink, each, unreadable};

pub(super) fn column<'py>(py: Python<'py>, array: &ArrayRef, sink: &mut impl Sink<'py>) -> PyResult<()> {
    match array.data_type() {
        DataType::List(field) => {
            let lists = array.as_list::<i32>();
            let offsets = lists.value_offsets();
            list(py, array, lists.values(), field, sink, |row| range(offsets, row))
        }
        DataType::LargeList(field) => {
            let lists = array.as_list::<i64>();
            let offsets = lists.value_offsets();
            list(py, array, lists.values(), field, sink, |row| range(offsets, row))
        }
        DataType::ListView(field) => {
            let lists = array.as_list_view::<i32>();
            let (offsets, sizes) = (lists.value_offsets(), lists.value_sizes());
            list(py, array, lists.values(), field, sink, |row| {
                sized(offsets, sizes, row)
            })
        }
        DataType::LargeListView(field) => {
            let lists = array.as_list_view::<i64>();
            let (offsets, sizes) = (lists.value_offsets(), lists.value_sizes());
            list(py, array, lists.values(), field, sink, |row| {
                sized(offsets, sizes, row)
            })
        }
        DataType::FixedSizeList(field, size) => {
            let lists = array.as_fixed_size_list();
            let size = usize::try_from(*size).unwrap_or(0);
            list(py, array, lists.values(), field, sink, |row| {
                row * size..(row + 1) * size
            })
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let mut cells = Vec::with_capacity(columns.len());
            for (child, field) in columns.iter().zip(fields) {
                cells.push((field.name(), super::cells(py, child, field)?));
            }
            each(py, array, sink, |row| {
                let record = PyDict::new(py);
                for (name, cells) in &cells {
                    record.set_item(name, cell(cells, row)?)?;
                }
                Ok(record.into_any())
            })
        }
        DataType::Map(..) => map(py, array, sink),
        DataType::Union(..) => union(py, array, sink),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let field = Field::new("", dictionary.values().data_type().clone(), true);
            if dictionary.values().is_empty() {
                return super::nulls(py, array.len(), sink);
            }
            // Each value of a small dictionary becomes one object; of a large one, only what is used is read.
            if dictionary.values().len() > array.len() {
                let taken = compute::take(dictionary.values(), dictionary.keys(), None);
                let taken = taken.map_err(|error| unreadable(error.to_string()))?;
                return super::column(py, &taken, &field, sink);
            }
            let values = super::cells(py, dictionary.values(), &field)?;
            let keys = dictionary.normalized_keys();
            each(py, array, sink, |row| {
                cell(&values, keys.get(row).copied().unwrap_or(usize::MAX))
            })
        }
        DataType::RunEndEncoded(ends, _) => match ends.data_type() {
            DataType::Int16 => runs::<Int16Type>(py, array, sink),
            DataType::Int32 => runs::<Int32Type>(py, array, sink),
            _ => runs::<Int64Type>(py, array, sink),
        },
        other => Err(unreadable(format!("no values of {other} are known"))),
    }
}

fn cell<'py>(cells: &Cells<'py>, index: usize) -> PyResult<Bound<'py, PyAny>> {
    cells
        .get(index)
        .cloned()
        .ok_or_else(|| unreadable("a value outside of its column"))
}

fn range<O: ArrowNativeType>(offsets: &[O], row: usize) -> Range<usize> {
    match offsets.get(row..row + 2) {
        Some([start, end]) => start.as_usize()..end.as_usize(),
        _ => 0..0,
    }
}

fn sized<O: ArrowNativeType>(offsets: &[O], sizes: &[O], row: usize) -> Range<usize> {
    match (offsets.get(row), sizes.get(row)) {
        (Some(start), Some(size)) => start.as_usize()..start.as_usize() + size.as_usize(),
        _ => 0..0,
    }
}

/// Only the values that the lists at hand refer to are read: a slice of a long column keeps all of its values.
fn list<'py>(
    py: Python<'py>,
    array: &ArrayRef,
    values: &ArrayRef,
    field: &Field,
    sink: &mut impl Sink<'py>,
    range: impl Fn(usize) -> Range<usize>,
) -> PyResult<()> {
    let used = (0..array.len()).filter(|row| array.is_valid(*row)).map(&range);
    let (first, last) = used
        .filter(|used| !used.is_empty())
        .fold((usize::MAX, 0), |(first, last), used| {
            (first.min(used.start), last.max(used.end))
        });
    let first = first.min(last);
    if last > values.len() {
        return Err(unreadable("a list that reaches outside of its values"));
    }
    let cells = super::cells(py, &values.slice(first, last - first), field)?;
    each(py, array, sink, |row| {
        let range = range(row);
        let items = match range.is_empty() {
            true => Some(&[][..]),
            false => cells.get(range.start - first..range.end - first),
        };
        let items = items.ok_or_else(|| unreadable("a list that reaches outside of its values"))?;
        Ok(PyList::new(py, items)?.into_any())
    })
}

/// A map with keys that Python can hash is a dictionary, any other a list of pairs.
fn map<'py>(py: Python<'py>, array: &ArrayRef, sink: &mut impl Sink<'py>) -> PyResult<()> {
    let maps = array.as_map();
    let (offsets, fields) = (maps.value_offsets(), maps.entries().fields());
    let (Some(key), Some(value)) = (fields.first(), fields.get(1)) else {
        return Err(unreadable("a map without keys and values"));
    };
    let first = offsets.first().map_or(0, |offset| offset.as_usize());
    let used = offsets.last().map_or(0, |offset| offset.as_usize()) - first;
    let keys = super::cells(py, &maps.keys().slice(first, used), key)?;
    let values = super::cells(py, &maps.values().slice(first, used), value)?;
    each(py, array, sink, |row| {
        let entries = PyDict::new(py);
        let range = range(offsets, row);
        let range = range.start - first..range.end - first;
        for index in range.clone() {
            let (key, value) = (cell(&keys, index)?, cell(&values, index)?);
            if key.hash().is_err() {
                return pairs(py, &keys, &values, range);
            }
            entries.set_item(key, value)?;
        }
        Ok(entries.into_any())
    })
}

fn pairs<'py>(
    py: Python<'py>,
    keys: &Cells<'py>,
    values: &Cells<'py>,
    range: Range<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let list = PyList::empty(py);
    for index in range {
        list.append(PyTuple::new(py, [cell(keys, index)?, cell(values, index)?])?)?;
    }
    Ok(list.into_any())
}

/// A union gives the value it holds.
fn union<'py>(py: Python<'py>, array: &ArrayRef, sink: &mut impl Sink<'py>) -> PyResult<()> {
    let union = array
        .as_any()
        .downcast_ref::<UnionArray>()
        .ok_or_else(|| unreadable("a union that is none"))?;
    let DataType::Union(fields, _) = union.data_type() else {
        return Err(unreadable("a union that is none"));
    };
    let mut children = Vec::new();
    for (id, field) in fields.iter() {
        children.push((id, super::cells(py, union.child(id), field)?));
    }
    (0..union.len()).try_for_each(|row| {
        let id = union.type_id(row);
        let (_, cells) = children
            .iter()
            .find(|(known, _)| *known == id)
            .ok_or_else(|| unreadable("a union of an unknown type"))?;
        sink.put(cell(cells, union.value_offset(row))?)
    })
}

fn runs<'py, R: RunEndIndexType>(
    py: Python<'py>,
    array: &ArrayRef,
    sink: &mut impl Sink<'py>,
) -> PyResult<()> {
    let runs = array
        .as_run_opt::<R>()
        .ok_or_else(|| unreadable("runs that are none"))?;
    if runs.is_empty() {
        return Ok(());
    }
    let field = Field::new("", runs.values().data_type().clone(), true);
    let first = runs.get_physical_index(0);
    let used = runs.get_physical_index(runs.len() - 1) + 1 - first;
    let values = super::cells(py, &runs.values().slice(first, used), &field)?;
    (0..runs.len()).try_for_each(|row| sink.put(cell(&values, runs.get_physical_index(row) - first)?))
}
