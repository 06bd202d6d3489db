//! The runtime behind all sessions of the process, and the two ways to wait on it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use jetbridge::{Error, Kind, Result};
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};
use tokio::task::AbortHandle;

use crate::error::to_python;

/// How often a blocking call looks whether Ctrl-C was pressed.
const SIGNALS: Duration = Duration::from_millis(50);

/// A runtime of a process. A child made by `fork` has none of its parent's threads and gets a runtime of its own.
static RUNTIME: Mutex<Option<(u32, &'static Runtime)>> = Mutex::new(None);

/// The runtime of this process.
pub(crate) fn runtime() -> Result<&'static Runtime> {
    let process = std::process::id();
    let mut current = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((owner, runtime)) = *current
        && owner == process
    {
        return Ok(runtime);
    }
    let built = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("jetbridge")
        .enable_all()
        .build()
        .map_err(|error| {
            Error::new(Kind::Resource, format!("the runtime cannot start: {error}")).caused_by(error)
        })?;
    // Sessions may be dropped by the interpreter's last breath: the runtime is never taken down.
    let runtime: &'static Runtime = Box::leak(Box::new(built));
    *current = Some((process, runtime));
    Ok(runtime)
}

/// Refuses what was opened before a fork: its connection belongs to the parent.
pub(crate) fn check_process(owner: u32) -> PyResult<()> {
    if owner == std::process::id() {
        return Ok(());
    }
    let words = "this was opened before the process was forked; connect anew in the child";
    Err(to_python(&Error::new(Kind::State, words)))
}

/// Waits for a future: here and now without a callback, else behind the caller's back.
///
/// A callback is called once, as `callback(result, error)`, on a thread of ours.
pub(crate) fn wait<T, F, C>(
    py: Python<'_>,
    callback: Option<Py<PyAny>>,
    future: F,
    convert: C,
) -> PyResult<Py<PyAny>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
    C: FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
{
    match callback {
        None => convert(py, block(py, future)?),
        Some(callback) => {
            let task = start(future, callback, convert).map_err(|error| to_python(&error))?;
            Ok(Py::new(py, task)?.into_any())
        }
    }
}

/// Blocks on a future without the GIL. Dropping the future, which Ctrl-C does, cancels it on the server.
pub(crate) fn block<T: Send, F>(py: Python<'_>, future: F) -> PyResult<T>
where
    F: Future<Output = Result<T>> + Send,
{
    let runtime = runtime().map_err(|error| to_python(&error))?;
    let mut future: Pin<Box<dyn Future<Output = Result<T>> + Send + '_>> = Box::pin(future);
    loop {
        let round =
            py.detach(|| runtime.block_on(async { tokio::time::timeout(SIGNALS, future.as_mut()).await }));
        match round {
            Ok(result) => return result.map_err(|error| to_python(&error)),
            Err(_elapsed) => {
                if let Err(interrupted) = py.check_signals() {
                    // What the future holds may need the runtime to be dropped well.
                    py.detach(|| {
                        let _inside = runtime.enter();
                        drop(future);
                    });
                    return Err(interrupted);
                }
            }
        }
    }
}

fn start<T, F, C>(future: F, callback: Py<PyAny>, convert: C) -> Result<Task>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
    C: FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
{
    let task = runtime()?.spawn(async move {
        let result = future.await;
        call_back(Box::new(move || {
            // No interpreter is left when the process is ending; then nobody waits either.
            let _ended = Python::try_attach(|py| {
                let outcome = result
                    .map_err(|error| to_python(&error))
                    .and_then(|value| convert(py, value));
                let called = match outcome {
                    Ok(value) => callback.call1(py, (value, py.None())),
                    Err(error) => callback.call1(py, (py.None(), error.into_value(py))),
                };
                if let Err(error) = called {
                    error.write_unraisable(py, None);
                }
            });
        }));
    });
    Ok(Task {
        abort: task.abort_handle(),
    })
}

type Job = Box<dyn FnOnce() + Send>;

/// Runs callbacks on one thread of their own: a worker of the runtime must never wait for the GIL, which may be held by somebody who waits for
/// the runtime.
fn call_back(job: Job) {
    static JOBS: Mutex<Option<(u32, mpsc::Sender<Job>)>> = Mutex::new(None);
    let process = std::process::id();
    let mut jobs = JOBS.lock().unwrap_or_else(PoisonError::into_inner);
    let sender = match &*jobs {
        Some((owner, sender)) if *owner == process => sender.clone(),
        _ => {
            let (sender, receiver) = mpsc::channel::<Job>();
            let started = thread::Builder::new()
                .name("jetbridge-callbacks".to_owned())
                .spawn(move || receiver.into_iter().for_each(|job| job()));
            if started.is_err() {
                // Without a thread the caller's own will do.
                drop(jobs);
                return job();
            }
            *jobs = Some((process, sender.clone()));
            sender
        }
    };
    drop(jobs);
    // The thread lives as long as the process.
    let _gone = sender.send(job);
}

/// A call under way.
#[pyclass(module = "jetbridge._native", frozen)]
#[derive(Debug)]
pub(crate) struct Task {
    abort: AbortHandle,
}

#[pymethods]
impl Task {
    /// Gives the call up; its callback is not called any more, unless it is being called already.
    fn cancel(&self) {
        self.abort.abort();
    }
}

/// Where the interpreter keeps a Python object that is looked up once.
pub(crate) type Lookup = pyo3::sync::PyOnceLock<Py<PyAny>>;

/// Looks an attribute of a module up, once.
pub(crate) fn lookup<'py>(
    py: Python<'py>,
    cell: &'static Lookup,
    module: &str,
    name: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let found = cell.get_or_try_init(py, || Ok::<_, PyErr>(py.import(module)?.getattr(name)?.unbind()))?;
    Ok(found.bind(py).clone())
}
