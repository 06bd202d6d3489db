//! Connection strings and options from Python.

use jetbridge::Config;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};

use crate::error::to_python;

/// How many statements with parameters a session keeps prepared where the connection string does not say.
const STATEMENTS_KEPT: usize = 32;

/// The configuration of a connection string, with options that win over it.
pub(crate) fn config(target: &str, options: Option<&Bound<'_, PyDict>>) -> PyResult<Config> {
    let mut config = Config::parse(target).map_err(|error| to_python(&error))?;
    for (key, value) in options.into_iter().flatten() {
        let key: String = key.extract()?;
        if value.is_none() {
            continue;
        }
        let text = match value.cast::<PyBool>() {
            Ok(truth) => truth.is_true().to_string(),
            Err(_) => value.str()?.to_string(),
        };
        config.set(&key, &text).map_err(|error| to_python(&error))?;
    }
    // Cursors come and go in Python, and the same statement with other parameters is the rule.
    if config.get_statement_cache_size().is_none() {
        config = config.statement_cache_size(STATEMENTS_KEPT);
    }
    config.validate().map_err(|error| to_python(&error))?;
    Ok(config)
}

/// The connection string of a target with options, without its secrets.
#[pyfunction]
#[pyo3(signature = (target, options=None))]
pub(crate) fn describe_target(target: &str, options: Option<&Bound<'_, PyDict>>) -> PyResult<String> {
    Ok(config(target, options)?.to_uri())
}
