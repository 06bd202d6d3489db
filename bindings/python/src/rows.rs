//! The result of a statement.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use jetbridge::{CancelHandle, Cursor};
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};

use crate::arrow_stream::{ArrowStream, Remaining, schema_capsule};
use crate::runtime::{check_process, wait};
use crate::values;

/// Rows that have left the cursor.
#[derive(Default)]
struct Kept {
    /// What is left of the batch that rows are being taken from, in order.
    rest: VecDeque<RecordBatch>,
    /// What was taken last, from which rows may be given back.
    last: Option<RecordBatch>,
}

/// The rows of a result, or the number of rows a statement changed.
#[pyclass(module = "jetbridge._native", frozen)]
pub(crate) struct Rows {
    cursor: Arc<tokio::sync::Mutex<Option<Cursor>>>,
    /// What comes before the next batch of the cursor.
    kept: Arc<Mutex<Kept>>,
    columns: Arc<jetbridge::types::Columns>,
    schema: SchemaRef,
    affected: Option<u64>,
    total: Option<u64>,
    cancel: CancelHandle,
    process: u32,
}

impl Rows {
    pub(crate) fn new(cursor: Cursor) -> Self {
        Self {
            columns: Arc::clone(cursor.columns()),
            schema: Arc::clone(cursor.schema()),
            affected: cursor.rows_affected(),
            total: cursor.total_rows(),
            cancel: cursor.cancel_handle(),
            cursor: Arc::new(tokio::sync::Mutex::new(Some(cursor))),
            kept: Arc::default(),
            process: std::process::id(),
        }
    }

    /// The next batch of at most so many rows.
    fn take(
        &self,
        most: usize,
    ) -> impl Future<Output = jetbridge::Result<Option<RecordBatch>>> + Send + 'static {
        let (cursor, kept) = (Arc::clone(&self.cursor), Arc::clone(&self.kept));
        async move {
            // Held to the end: two threads that fetch at once each get rows of their own, in whole pieces.
            let mut cursor = cursor.lock().await;
            let left = lock(&kept).rest.pop_front();
            let batch = match (left, cursor.as_mut()) {
                (Some(batch), _) => batch,
                (None, None) => return Ok(None),
                (None, Some(open)) => match open.next_batch().await? {
                    Some(batch) => batch,
                    None => return Ok(None),
                },
            };
            let mut kept = lock(&kept);
            let taken = match batch.num_rows() > most {
                true => {
                    kept.rest.push_front(batch.slice(most, batch.num_rows() - most));
                    batch.slice(0, most)
                }
                false => batch,
            };
            kept.last = Some(taken.clone());
            Ok(Some(taken))
        }
    }

    fn take_rest(&self) -> VecDeque<RecordBatch> {
        std::mem::take(&mut *lock(&self.kept)).rest
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymethods]
impl Rows {
    /// The columns, as PEP 249 describes them; `None` where the statement has no rows.
    #[getter]
    fn description<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        if self.columns.is_empty() {
            return Ok(None);
        }
        let described = PyList::empty(py);
        for column in self.columns.iter() {
            let entry = (
                column.name(),
                column.sql_type().name(),
                py.None(),
                py.None(),
                column.precision(),
                column.scale(),
                column.nullable(),
            );
            described.append(entry.into_pyobject(py)?)?;
        }
        Ok(Some(described))
    }

    /// How many rows the statement changed; `None` for a query, and where the server does not know.
    #[getter]
    fn affected(&self) -> Option<u64> {
        self.affected
    }

    /// How many rows the result has, where the server said so beforehand.
    #[getter]
    fn total(&self) -> Option<u64> {
        self.total
    }

    /// The next rows as a list of tuples, at most `most` and never more than a batch; `None` at the end.
    #[pyo3(signature = (most, callback=None))]
    fn fetch(&self, py: Python<'_>, most: usize, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        wait(py, callback, self.take(most.max(1)), |py, batch| match batch {
            Some(batch) => values::rows(py, &batch)?.into_py_any(py),
            None => Ok(py.None()),
        })
    }

    /// Gives back the last so many rows of those fetched last: they come again.
    fn give_back(&self, count: usize) {
        let mut kept = lock(&self.kept);
        if let Some(last) = kept.last.take() {
            let count = count.min(last.num_rows());
            kept.rest.push_front(last.slice(last.num_rows() - count, count));
        }
    }

    /// The next batch as an Arrow stream of one; `None` at the end.
    #[pyo3(signature = (callback=None))]
    fn next_batch(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        wait(py, callback, self.take(usize::MAX), |py, batch| match batch {
            Some(batch) => ArrowStream::of_batches(batch.schema(), vec![batch]).into_py_any(py),
            None => Ok(py.None()),
        })
    }

    /// All batches that are left, in memory, as an Arrow stream; `watch` is called with the number of rows of each when it is there.
    #[pyo3(signature = (watch=None, callback=None))]
    fn all_batches(
        &self,
        py: Python<'_>,
        watch: Option<Py<PyAny>>,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        let (cursor, rest, schema) = (
            Arc::clone(&self.cursor),
            self.take_rest(),
            Arc::clone(&self.schema),
        );
        let gather = async move {
            let mut batches = Vec::from(rest);
            if let Some(cursor) = cursor.lock().await.as_mut() {
                while let Some(batch) = cursor.next_batch().await? {
                    if let Some(watch) = &watch {
                        tell(watch, batch.num_rows());
                    }
                    batches.push(batch);
                }
            }
            Ok(batches)
        };
        wait(py, callback, gather, move |py, batches| {
            ArrowStream::of_batches(schema, batches).into_py_any(py)
        })
    }

    /// What is left as an Arrow stream that is read as its reader asks.
    fn stream(&self) -> PyResult<ArrowStream> {
        check_process(self.process)?;
        let remaining = Remaining::new(
            Arc::clone(&self.schema),
            self.take_rest(),
            Arc::clone(&self.cursor),
        );
        Ok(ArrowStream::new(Box::new(remaining)))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }

    /// The trailers the server sent so far, as a dictionary of texts.
    #[getter]
    fn trailers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let trailers = PyDict::new(py);
        if let Ok(cursor) = self.cursor.try_lock()
            && let Some(cursor) = cursor.as_ref()
        {
            for (name, value) in cursor.trailers().iter() {
                trailers.set_item(name, String::from_utf8_lossy(value))?;
            }
        }
        Ok(trailers)
    }

    /// Ends the query on the server, from any thread.
    #[pyo3(signature = (callback=None))]
    fn cancel(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        let handle = self.cancel.clone();
        let ask = async move { handle.cancel().await.map(|_| ()) };
        wait(py, callback, ask, |py, ()| Ok(py.None()))
    }

    /// Ends the result; what has not been read is dropped, on the server too.
    #[pyo3(signature = (callback=None))]
    fn close(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        drop(self.take_rest());
        let cursor = Arc::clone(&self.cursor);
        let end = async move {
            drop(cursor.lock().await.take());
            Ok(())
        };
        wait(py, callback, end, |py, ()| Ok(py.None()))
    }
}

/// Tells Python how many rows have come.
fn tell(watch: &Py<PyAny>, rows: usize) {
    // No interpreter is left when the process is ending.
    let _ended = Python::try_attach(|py| {
        if let Err(error) = watch.call1(py, (rows,)) {
            error.write_unraisable(py, None);
        }
    });
}

impl Drop for Rows {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // The connection belongs to the parent process: nothing may be sent on it from here.
            std::mem::forget(Arc::clone(&self.cursor));
        }
    }
}
