//! A statement with its parameters, ready to run and to be cancelled while it runs.

use std::sync::{Arc, Mutex, PoisonError};

use jetbridge::{CallOptions, CancelHandle, StatementMode};
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;

use crate::arrow_stream::ArrowStream;
use crate::error::interface;
use crate::flight::FlightInfo;
use crate::params;
use crate::rows::Rows;
use crate::runtime::{check_process, wait};
use crate::session::Held;

/// SQL, parameters and options; it can run more than once.
#[pyclass(module = "jetbridge._native", frozen)]
pub(crate) struct Statement {
    inner: jetbridge::Statement,
    cancel: CancelHandle,
    /// The session, which lives as long as its statements.
    session: Arc<Held>,
    process: u32,
}

impl Statement {
    pub(crate) fn new(session: Arc<Held>, inner: jetbridge::Statement) -> Self {
        Self {
            cancel: inner.cancel_handle(),
            inner,
            session,
            process: std::process::id(),
        }
    }
}

#[pymethods]
impl Statement {
    /// Runs it as what it is; the answer is a `Rows`.
    #[pyo3(signature = (callback=None))]
    fn execute(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        let (statement, session) = (self.inner.clone(), Arc::clone(&self.session));
        let run = async move {
            let cursor = statement.execute().await;
            drop(session);
            cursor
        };
        wait(py, callback, run, |py, cursor| Rows::new(cursor).into_py_any(py))
    }

    /// Runs it as a query that tells its progress: `watch(fraction)` is called with a number from 0 to 1, or `None`.
    #[pyo3(signature = (watch, callback=None))]
    fn execute_with_progress(
        &self,
        py: Python<'_>,
        watch: Py<PyAny>,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        let statement = self.inner.clone();
        let run = async move {
            statement
                .query_with_progress(|poll| {
                    let fraction = poll.progress;
                    let _ended = Python::try_attach(|py| {
                        if let Err(error) = watch.call1(py, (fraction,)) {
                            error.write_unraisable(py, None);
                        }
                    });
                })
                .await
        };
        wait(py, callback, run, |py, cursor| Rows::new(cursor).into_py_any(py))
    }

    /// The schema of its rows without running it, as an Arrow stream without batches.
    #[pyo3(signature = (callback=None))]
    fn describe(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        let statement = self.inner.clone();
        let ask = async move { statement.describe().await };
        wait(py, callback, ask, |py, schema| {
            ArrowStream::of_batches(schema, Vec::new()).into_py_any(py)
        })
    }

    /// Has the server prepare it; the answer is a `Prepared`.
    #[pyo3(signature = (callback=None))]
    fn prepare(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        let statement = self.inner.clone();
        let ask = async move { statement.prepare().await };
        wait(py, callback, ask, |py, prepared| {
            Prepared::new(prepared).into_py_any(py)
        })
    }

    /// Cancels it, from any thread, while it runs or while its rows are read.
    #[pyo3(signature = (callback=None))]
    fn cancel(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        let handle = self.cancel.clone();
        let ask = async move { handle.cancel().await.map(|_| ()) };
        wait(py, callback, ask, |py, ()| Ok(py.None()))
    }
}

/// A statement that the server has prepared.
#[pyclass(module = "jetbridge._native", frozen)]
pub(crate) struct Prepared {
    inner: Mutex<Option<Arc<jetbridge::PreparedStatement>>>,
    process: u32,
}

impl Prepared {
    pub(crate) fn new(inner: jetbridge::PreparedStatement) -> Self {
        Self {
            inner: Mutex::new(Some(Arc::new(inner))),
            process: std::process::id(),
        }
    }

    fn inner(&self) -> PyResult<Arc<jetbridge::PreparedStatement>> {
        check_process(self.process)?;
        self.inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or_else(|| interface("the prepared statement is closed: prepare it again"))
    }
}

#[pymethods]
impl Prepared {
    /// Binds parameters, runs it as a query and tells where its result is.
    #[pyo3(signature = (parameters=None, callback=None))]
    fn flight_info(
        &self,
        py: Python<'_>,
        parameters: Option<&Bound<'_, PyAny>>,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let (prepared, bound) = (self.inner()?, params::one(parameters)?);
        let ask = async move { prepared.flight_info(bound).await };
        wait(py, callback, ask, |py, info| {
            FlightInfo::new(info).into_py_any(py)
        })
    }

    /// Closes it on the server. Closing twice is no error.
    #[pyo3(signature = (callback=None))]
    fn close(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner).take();
        let end = async move {
            match inner.and_then(Arc::into_inner) {
                Some(prepared) => prepared.close().await,
                // A call that is still under way holds it: it is closed after that call.
                None => Ok(()),
            }
        };
        wait(py, callback, end, |py, ()| Ok(py.None()))
    }
}

/// `auto`, `query` or `update`.
pub(crate) fn mode(word: Option<&str>) -> PyResult<Option<StatementMode>> {
    match word {
        None => Ok(None),
        Some("auto") => Ok(Some(StatementMode::Auto)),
        Some("query") => Ok(Some(StatementMode::Query)),
        Some("update") => Ok(Some(StatementMode::Update)),
        Some(_) => Err(interface("the mode of a statement is auto, query or update")),
    }
}

/// Headers and a deadline in seconds, as one call has them.
pub(crate) fn call_options(
    timeout: Option<f64>,
    headers: Option<Vec<(String, Vec<u8>)>>,
) -> PyResult<CallOptions> {
    let mut options = CallOptions::new();
    for (name, value) in headers.into_iter().flatten() {
        options = options.header(name, value);
    }
    if let Some(seconds) = timeout {
        let timeout = std::time::Duration::try_from_secs_f64(seconds)
            .map_err(|_| interface("a timeout is a number of seconds, above 0"))?;
        options = options.timeout(timeout);
    }
    Ok(options)
}
