//! A pool of sessions.

use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::to_python;
use crate::options;
use crate::runtime::{check_process, runtime, wait};
use crate::session::{Held, Session};

/// Sessions for many threads or tasks.
#[pyclass(module = "jetbridge._native", frozen)]
pub(crate) struct Pool {
    inner: jetbridge_pool::Pool,
    process: u32,
}

#[pymethods]
impl Pool {
    #[new]
    #[pyo3(signature = (target, options=None))]
    fn new(target: &str, options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let config = options::config(target, options)?;
        let runtime = runtime().map_err(|error| to_python(&error))?;
        let _inside = runtime.enter();
        Ok(Self {
            inner: jetbridge_pool::Pool::new(config).map_err(|error| to_python(&error))?,
            process: std::process::id(),
        })
    }

    /// A session; it goes back when it is closed.
    #[pyo3(signature = (callback=None))]
    fn get(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        let pool = self.inner.clone();
        let take = async move { pool.get().await };
        wait(py, callback, take, |py, session| {
            Session::new(Held::Lent(Box::new(session))).into_py_any(py)
        })
    }

    /// How it stands: the most sessions there may be, how many there are, how many are idle, how many callers wait.
    fn status(&self) -> (usize, usize, usize, usize) {
        let status = self.inner.status();
        (status.max_size, status.size, status.idle, status.waiting)
    }

    /// Ends the pool: nobody gets a session any more, and those that are idle are closed.
    #[pyo3(signature = (callback=None))]
    fn close(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        let pool = self.inner.clone();
        let end = async move { pool.close().await };
        wait(py, callback, end, |py, ()| Ok(py.None()))
    }
}
