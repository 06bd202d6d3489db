//! Arrow columns as Python objects, a column at a time: how a cell is read is decided once per column, not once per cell.

mod nested;
mod row_block;
mod temporal;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Field,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow::record_batch::RecordBatch;
use jetbridge::{Error, Kind};
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyList, PyString};

use crate::error::to_python;
use crate::runtime::{Lookup, lookup};

use self::row_block::RowBlock;

/// Cells of one column.
pub(crate) type Cells<'py> = Vec<Bound<'py, PyAny>>;

/// Where the cells of a column go, one after the other.
pub(super) trait Sink<'py> {
    fn put(&mut self, cell: Bound<'py, PyAny>) -> PyResult<()>;
}

impl<'py> Sink<'py> for Cells<'py> {
    fn put(&mut self, cell: Bound<'py, PyAny>) -> PyResult<()> {
        self.push(cell);
        Ok(())
    }
}

/// Rows are made in steps of this many, so that a row is still in the cache when its next cell comes.
const STEP: usize = 1024;

/// The rows of a batch as a list of tuples.
pub(crate) fn rows<'py>(py: Python<'py>, batch: &RecordBatch) -> PyResult<Bound<'py, PyList>> {
    let schema = batch.schema();
    let plain = schema.fields().iter().all(|field| is_plain(field));
    let mut rows = Vec::with_capacity(batch.num_rows());
    let mut start = 0;
    while start < batch.num_rows() {
        let length = STEP.min(batch.num_rows() - start);
        let mut block = RowBlock::new(py, length, batch.num_columns())?;
        for (index, (array, field)) in batch.columns().iter().zip(schema.fields()).enumerate() {
            column(py, &array.slice(start, length), field, &mut block.column(index))?;
        }
        rows.extend(block.finish(plain)?);
        start += length;
    }
    PyList::new(py, rows)
}

/// Says whether the objects of a column refer to no others, nor ever can.
fn is_plain(field: &Field) -> bool {
    let plain = |data_type: &DataType| {
        data_type.is_numeric()
            || matches!(
                data_type,
                DataType::Null
                    | DataType::Boolean
                    | DataType::Utf8
                    | DataType::LargeUtf8
                    | DataType::Utf8View
                    | DataType::Binary
                    | DataType::LargeBinary
                    | DataType::BinaryView
                    | DataType::Date32
                    | DataType::Date64
                    | DataType::Time32(_)
                    | DataType::Time64(TimeUnit::Microsecond)
                    | DataType::Timestamp(
                        TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond,
                        _
                    )
            )
    };
    match field.data_type() {
        DataType::Dictionary(_, values) => plain(values),
        // Those of an extension are of classes written in Python.
        other => plain(other) && field.extension_type_name().is_none(),
    }
}

/// The rows of Arrow data as a list of tuples.
#[pyfunction]
pub(crate) fn rows_of<'py>(data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let py = data.py();
    let all = PyList::empty(py);
    for batch in crate::offered::reader(data)? {
        let batch = batch.map_err(|error| to_python(&Error::from(error)))?;
        all.call_method1("extend", (rows(py, &batch)?,))?;
    }
    Ok(all)
}

/// The cells of a column by themselves.
pub(super) fn cells<'py>(py: Python<'py>, array: &ArrayRef, field: &Field) -> PyResult<Cells<'py>> {
    let mut cells = Vec::with_capacity(array.len());
    column(py, array, field, &mut cells)?;
    Ok(cells)
}

/// A whole column.
pub(super) fn column<'py>(
    py: Python<'py>,
    array: &ArrayRef,
    field: &Field,
    sink: &mut impl Sink<'py>,
) -> PyResult<()> {
    if extension(py, array, field, sink)? {
        return Ok(());
    }
    match array.data_type() {
        DataType::Null => nulls(py, array.len(), sink),
        DataType::Boolean => {
            let values = array.as_boolean();
            each(py, array, sink, |row| Ok(truth(py, values.value(row))))
        }
        DataType::Int8 => number::<Int8Type>(py, array, sink),
        DataType::Int16 => number::<Int16Type>(py, array, sink),
        DataType::Int32 => number::<Int32Type>(py, array, sink),
        DataType::Int64 => number::<Int64Type>(py, array, sink),
        DataType::UInt8 => number::<UInt8Type>(py, array, sink),
        DataType::UInt16 => number::<UInt16Type>(py, array, sink),
        DataType::UInt32 => number::<UInt32Type>(py, array, sink),
        DataType::UInt64 => number::<UInt64Type>(py, array, sink),
        DataType::Float16 => {
            let values = array.as_primitive::<Float16Type>();
            each(py, array, sink, |row| {
                values.value(row).to_f64().into_bound_py_any(py)
            })
        }
        DataType::Float32 => number::<Float32Type>(py, array, sink),
        DataType::Float64 => number::<Float64Type>(py, array, sink),
        DataType::Decimal32(..) => {
            let values = array.as_primitive::<Decimal32Type>();
            each(py, array, sink, |row| decimal(py, &values.value_as_string(row)))
        }
        DataType::Decimal64(..) => {
            let values = array.as_primitive::<Decimal64Type>();
            each(py, array, sink, |row| decimal(py, &values.value_as_string(row)))
        }
        DataType::Decimal128(..) => {
            let values = array.as_primitive::<Decimal128Type>();
            each(py, array, sink, |row| decimal(py, &values.value_as_string(row)))
        }
        DataType::Decimal256(..) => {
            let values = array.as_primitive::<Decimal256Type>();
            each(py, array, sink, |row| decimal(py, &values.value_as_string(row)))
        }
        DataType::Utf8 => {
            let values = array.as_string::<i32>();
            each(py, array, sink, |row| Ok(text(py, values.value(row))))
        }
        DataType::LargeUtf8 => {
            let values = array.as_string::<i64>();
            each(py, array, sink, |row| Ok(text(py, values.value(row))))
        }
        DataType::Utf8View => {
            let values = array.as_string_view();
            each(py, array, sink, |row| Ok(text(py, values.value(row))))
        }
        DataType::Binary => {
            let values = array.as_binary::<i32>();
            each(py, array, sink, |row| Ok(bytes(py, values.value(row))))
        }
        DataType::LargeBinary => {
            let values = array.as_binary::<i64>();
            each(py, array, sink, |row| Ok(bytes(py, values.value(row))))
        }
        DataType::BinaryView => {
            let values = array.as_binary_view();
            each(py, array, sink, |row| Ok(bytes(py, values.value(row))))
        }
        DataType::FixedSizeBinary(_) => {
            let values = array.as_fixed_size_binary();
            each(py, array, sink, |row| Ok(bytes(py, values.value(row))))
        }
        DataType::Date32
        | DataType::Date64
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Timestamp(..)
        | DataType::Duration(_)
        | DataType::Interval(_) => temporal::column(py, array, sink),
        _ => nested::column(py, array, sink),
    }
}

/// The types that a field names by an extension, a UUID and the truth values of one byte: says whether it is one of them.
fn extension<'py>(
    py: Python<'py>,
    array: &ArrayRef,
    field: &Field,
    sink: &mut impl Sink<'py>,
) -> PyResult<bool> {
    match (field.extension_type_name(), array.data_type()) {
        (Some("arrow.uuid"), DataType::FixedSizeBinary(16)) => {
            static UUID: Lookup = Lookup::new();
            let class = lookup(py, &UUID, "uuid", "UUID")?;
            let values = array.as_fixed_size_binary();
            each(py, array, sink, |row| {
                class.call1((py.None(), bytes(py, values.value(row))))
            })?;
        }
        (Some("arrow.bool8"), DataType::Int8) => {
            let values = array.as_primitive::<Int8Type>();
            each(py, array, sink, |row| Ok(truth(py, values.value(row) != 0)))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Reads every cell that is not NULL.
pub(super) fn each<'py>(
    py: Python<'py>,
    array: &ArrayRef,
    sink: &mut impl Sink<'py>,
    read: impl Fn(usize) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<()> {
    match array.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
        None => {
            for row in 0..array.len() {
                sink.put(read(row)?)?;
            }
        }
        Some(nulls) => {
            let none = py.None().into_bound(py);
            for row in 0..array.len() {
                sink.put(match nulls.is_null(row) {
                    true => none.clone(),
                    false => read(row)?,
                })?;
            }
        }
    }
    Ok(())
}

/// So many NULLs.
pub(super) fn nulls<'py>(py: Python<'py>, count: usize, sink: &mut impl Sink<'py>) -> PyResult<()> {
    let none = py.None().into_bound(py);
    (0..count).try_for_each(|_| sink.put(none.clone()))
}

fn number<'py, T>(py: Python<'py>, array: &ArrayRef, sink: &mut impl Sink<'py>) -> PyResult<()>
where
    T: ArrowPrimitiveType,
    T::Native: IntoPyObject<'py>,
{
    let values = array.as_primitive::<T>();
    each(py, array, sink, |row| values.value(row).into_bound_py_any(py))
}

fn truth(py: Python<'_>, value: bool) -> Bound<'_, PyAny> {
    PyBool::new(py, value).to_owned().into_any()
}

fn text<'py>(py: Python<'py>, value: &str) -> Bound<'py, PyAny> {
    PyString::new(py, value).into_any()
}

fn bytes<'py>(py: Python<'py>, value: &[u8]) -> Bound<'py, PyAny> {
    PyBytes::new(py, value).into_any()
}

fn decimal<'py>(py: Python<'py>, digits: &str) -> PyResult<Bound<'py, PyAny>> {
    static DECIMAL: Lookup = Lookup::new();
    lookup(py, &DECIMAL, "decimal", "Decimal")?.call1((digits,))
}

/// A value that Python has no object for.
pub(super) fn unreadable(words: impl Into<String>) -> PyErr {
    to_python(&Error::new(Kind::Conversion, words))
}
