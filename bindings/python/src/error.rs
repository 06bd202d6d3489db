//! Errors of the driver as exceptions of PEP 249.

use jetbridge::{Error, Kind};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The exception an error becomes: the class by its kind, the words and codes as attributes.
pub(crate) fn to_python(error: &Error) -> PyErr {
    Python::attach(|py| build(py, error).unwrap_or_else(|failed| failed))
}

fn build(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let class = py.import("jetbridge.exceptions")?.getattr(class_of(error))?;
    let codes = PyDict::new(py);
    codes.set_item("sqlstate", error.sqlstate().as_str())?;
    codes.set_item("kind", error.kind().label())?;
    codes.set_item("operation", error.operation().map(ToString::to_string))?;
    codes.set_item("server", error.peer())?;
    codes.set_item("hint", error.get_hint())?;
    codes.set_item("grpc_code", error.grpc_code())?;
    codes.set_item("server_message", error.message())?;
    codes.set_item("retryable", error.is_retryable())?;
    let value = class.call((error.to_string(),), Some(&codes))?;
    Ok(PyErr::from_value(value))
}

/// The class of PEP 249: the class of the SQLSTATE where it says more than the kind.
fn class_of(error: &Error) -> &'static str {
    let state = error.sqlstate();
    match state.as_str().get(..2) {
        Some("23") => return "IntegrityError",
        Some("22") => return "DataError",
        _ => {}
    }
    // Few servers send a SQLSTATE; SQLite, DuckDB, PostgreSQL and MySQL all say the word.
    let may_be = matches!(
        error.kind(),
        Kind::AlreadyExists | Kind::InvalidRequest | Kind::State | Kind::Server
    );
    if may_be && error.message().to_ascii_lowercase().contains("constraint") {
        return "IntegrityError";
    }
    match error.kind() {
        Kind::Config => "InterfaceError",
        Kind::Authentication
        | Kind::State
        | Kind::Serialization
        | Kind::Timeout
        | Kind::Cancelled
        | Kind::Connection
        | Kind::Resource
        | Kind::CommitOutcomeUnknown => "OperationalError",
        Kind::Permission | Kind::InvalidRequest | Kind::NotFound | Kind::AlreadyExists => "ProgrammingError",
        Kind::Range | Kind::Conversion => "DataError",
        Kind::NotSupported => "NotSupportedError",
        Kind::Protocol => "InternalError",
        _ => "DatabaseError",
    }
}

/// An exception of one class, with words of ours.
pub(crate) fn interface(words: &str) -> PyErr {
    to_python(&Error::new(Kind::Config, words))
}
