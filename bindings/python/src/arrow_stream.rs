//! Batches for others, by the Arrow PyCapsule interface: pyarrow, polars, DuckDB and pandas read them without a copy.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ffi::FFI_ArrowSchema;
use arrow::ffi_stream::FFI_ArrowArrayStream;
use arrow::record_batch::{RecordBatchIterator, RecordBatchReader};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::error::{interface, to_python};
use crate::runtime::runtime;

/// Arrow batches, to be read once.
#[pyclass(module = "jetbridge._native", frozen)]
pub(crate) struct ArrowStream {
    schema: SchemaRef,
    reader: Mutex<Option<Box<dyn RecordBatchReader + Send>>>,
}

impl ArrowStream {
    pub(crate) fn new(reader: Box<dyn RecordBatchReader + Send>) -> Self {
        Self {
            schema: reader.schema(),
            reader: Mutex::new(Some(reader)),
        }
    }

    pub(crate) fn of_batches(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        let batches = batches.into_iter().map(Ok);
        Self::new(Box::new(RecordBatchIterator::new(batches, schema)))
    }
}

#[pymethods]
impl ArrowStream {
    /// The stream as a capsule; it can be taken once. A schema that is asked for is left to the reader, as the interface allows.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let taken = self
            .reader
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .ok_or_else(|| {
                interface(
                    "the result has been handed over already, and is read once: execute the statement again",
                )
            })?;
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(taken), c"arrow_array_stream")
    }

    /// The schema as a capsule.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }
}

pub(crate) fn schema_capsule<'py>(py: Python<'py>, schema: &SchemaRef) -> PyResult<Bound<'py, PyCapsule>> {
    let exported = FFI_ArrowSchema::try_from(schema.as_ref())
        .map_err(|error| to_python(&jetbridge::Error::from(error)))?;
    PyCapsule::new_with_value(py, exported, c"arrow_schema")
}

/// The rest of a result, read as its reader asks for it.
pub(crate) struct Remaining {
    schema: SchemaRef,
    first: VecDeque<RecordBatch>,
    cursor: Arc<tokio::sync::Mutex<Option<jetbridge::Cursor>>>,
}

impl Remaining {
    pub(crate) fn new(
        schema: SchemaRef,
        first: VecDeque<RecordBatch>,
        cursor: Arc<tokio::sync::Mutex<Option<jetbridge::Cursor>>>,
    ) -> Self {
        Self {
            schema,
            first,
            cursor,
        }
    }
}

impl Iterator for Remaining {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.pop_front() {
            return Some(Ok(first));
        }
        let external = |error: jetbridge::Error| ArrowError::ExternalError(Box::new(error));
        let runtime = match runtime() {
            Ok(runtime) => runtime,
            Err(error) => return Some(Err(external(error))),
        };
        let cursor = Arc::clone(&self.cursor);
        let next = runtime.block_on(async move {
            match cursor.lock().await.as_mut() {
                Some(cursor) => cursor.next_batch().await,
                None => Ok(None),
            }
        });
        next.map_err(external).transpose()
    }
}

impl RecordBatchReader for Remaining {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
