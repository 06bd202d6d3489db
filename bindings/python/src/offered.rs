//! Arrow data that other libraries hand over: where the Arrow libraries panic over what is broken, that is an exception like any other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ffi_stream::RecordBatchStreamReader;
use arrow::record_batch::{RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_pyarrow::FromPyArrow as _;
use pyo3::prelude::*;

use crate::error::interface;

const BROKEN: &str = "the Arrow data that was handed over is broken";

/// Says whether an object offers itself as Arrow data.
pub(crate) fn is_arrow(given: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(given.hasattr("__arrow_c_stream__")? || given.hasattr("__arrow_c_array__")?)
}

/// A stream of batches from an object that offers one by the PyCapsule interface.
pub(crate) fn reader(given: &Bound<'_, PyAny>) -> PyResult<Box<dyn RecordBatchReader + Send>> {
    let taken = catch_unwind(AssertUnwindSafe(|| take(given)));
    let reader = taken.unwrap_or_else(|_| Err(interface(BROKEN)))?;
    Ok(Box::new(Offered {
        schema: reader.schema(),
        reader,
    }))
}

fn take(given: &Bound<'_, PyAny>) -> PyResult<Box<dyn RecordBatchReader + Send>> {
    if given.hasattr("__arrow_c_stream__")? {
        return Ok(Box::new(RecordBatchStreamReader::from_pyarrow_bound(given)?));
    }
    let batch = RecordBatch::from_pyarrow_bound(given)?;
    let schema = batch.schema();
    Ok(Box::new(RecordBatchIterator::new([Ok(batch)], schema)))
}

/// Somebody else's batches.
struct Offered {
    schema: SchemaRef,
    reader: Box<dyn RecordBatchReader + Send>,
}

impl Iterator for Offered {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        catch_unwind(AssertUnwindSafe(|| self.reader.next()))
            .unwrap_or_else(|_| Some(Err(ArrowError::CDataInterface(BROKEN.to_owned()))))
    }
}

impl RecordBatchReader for Offered {
    fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }
}
