//! The flight level: FlightInfo, endpoints, tickets and the streams behind them.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};

use crate::arrow_stream::{ArrowStream, schema_capsule};
use crate::runtime::{check_process, wait};

/// Where the result of a query is.
#[pyclass(module = "jetbridge._native", frozen)]
pub(crate) struct FlightInfo(jetbridge::FlightInfo);

impl FlightInfo {
    pub(crate) fn new(info: jetbridge::FlightInfo) -> Self {
        Self(info)
    }
}

/// An endpoint as Python gets it: ticket, locations, seconds of its expiry since 1970, metadata.
type Endpoint<'py> = (
    Option<Bound<'py, PyBytes>>,
    Vec<String>,
    Option<f64>,
    Bound<'py, PyBytes>,
);

#[pymethods]
impl FlightInfo {
    /// The endpoints: ticket, locations, expiry in seconds since 1970, metadata of each.
    fn endpoints<'py>(&self, py: Python<'py>) -> Vec<Endpoint<'py>> {
        self.0
            .endpoints()
            .into_iter()
            .map(|endpoint| {
                let expiry = endpoint
                    .expiration_time()
                    .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
                (
                    endpoint
                        .ticket()
                        .map(|ticket| PyBytes::new(py, ticket.as_bytes())),
                    endpoint.locations(),
                    expiry.map(|time| time.as_secs_f64()),
                    PyBytes::new(py, endpoint.app_metadata()),
                )
            })
            .collect()
    }

    /// How many rows there are, -1 where the server does not know.
    #[getter]
    fn total_records(&self) -> i64 {
        self.0
            .total_records()
            .and_then(|total| i64::try_from(total).ok())
            .unwrap_or(-1)
    }

    /// How many bytes there are, -1 where the server does not know.
    #[getter]
    fn total_bytes(&self) -> i64 {
        self.0
            .total_bytes()
            .and_then(|total| i64::try_from(total).ok())
            .unwrap_or(-1)
    }

    /// Whether the endpoints have an order.
    #[getter]
    fn ordered(&self) -> bool {
        self.0.ordered()
    }

    /// What the application put beside the result.
    #[getter]
    fn app_metadata<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.app_metadata())
    }

    /// Says whether the server told the schema.
    #[getter]
    fn has_schema(&self) -> bool {
        self.0.schema().is_some()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let empty = Arc::new(arrow::datatypes::Schema::empty());
        schema_capsule(py, self.0.schema().unwrap_or(&empty))
    }

    /// The FlightInfo as bytes, from which any process can read the result.
    fn serialize<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.to_bytes())
    }
}

/// The stream behind a ticket, chunk by chunk.
#[pyclass(module = "jetbridge._native", frozen)]
pub(crate) struct FlightReader {
    reader: Arc<tokio::sync::Mutex<jetbridge::FlightReader>>,
    schema: SchemaRef,
    process: u32,
}

impl FlightReader {
    pub(crate) fn new(reader: jetbridge::FlightReader, schema: SchemaRef) -> Self {
        Self {
            reader: Arc::new(tokio::sync::Mutex::new(reader)),
            schema,
            process: std::process::id(),
        }
    }
}

#[pymethods]
impl FlightReader {
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }

    /// The next chunk: an Arrow stream of one batch or `None`, and its metadata or `None`; `None` at the end.
    #[pyo3(signature = (callback=None))]
    fn read_chunk(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        let reader = Arc::clone(&self.reader);
        let read = async move { reader.lock().await.read_chunk().await };
        wait(py, callback, read, |py, chunk| {
            let Some(chunk) = chunk else {
                return Ok(py.None());
            };
            let batch = chunk
                .batch
                .map(|batch| ArrowStream::of_batches(batch.schema(), vec![batch]));
            let metadata = (!chunk.app_metadata.is_empty()).then(|| PyBytes::new(py, &chunk.app_metadata));
            (batch, metadata).into_py_any(py)
        })
    }

    /// All that is left, in memory, as an Arrow stream.
    #[pyo3(signature = (callback=None))]
    fn read_all(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        let (reader, schema) = (Arc::clone(&self.reader), Arc::clone(&self.schema));
        let read = async move {
            let mut reader = reader.lock().await;
            let mut batches = Vec::new();
            while let Some(chunk) = reader.read_chunk().await? {
                batches.extend(chunk.batch);
            }
            Ok(batches)
        };
        wait(py, callback, read, |py, batches| {
            ArrowStream::of_batches(schema, batches).into_py_any(py)
        })
    }
}
