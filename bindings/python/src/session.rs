//! A session, of its own or on loan from a pool.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt as _;
use jetbridge::{Evidence, IngestMode, SavepointEnd, SessionOptionValue};
use jetbridge_pool::PooledSession;
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict as _, PyBool, PyDict, PyFloat, PyInt};

use crate::catalog::{Inquiry, Question};
use crate::error::{interface, to_python};
use crate::flight::{FlightInfo, FlightReader};
use crate::rows::Rows;
use crate::runtime::{check_process, wait};
use crate::statement::{Statement, call_options, mode};
use crate::{offered, options, params};

/// What a session is held by.
pub(crate) enum Held {
    Own(jetbridge::Session),
    Lent(Box<PooledSession>),
}

impl Deref for Held {
    type Target = jetbridge::Session;

    fn deref(&self) -> &jetbridge::Session {
        match self {
            Self::Own(session) => session,
            Self::Lent(session) => session,
        }
    }
}

/// A savepoint of a session's open transaction.
#[pyclass(module = "jetbridge._native", frozen)]
pub(crate) struct SavepointId(jetbridge::SavepointId);

type Headers = Option<Vec<(String, Vec<u8>)>>;

/// A session with a server.
#[pyclass(module = "jetbridge._native", frozen)]
pub(crate) struct Session {
    held: Mutex<Option<Arc<Held>>>,
    process: u32,
}

impl Session {
    pub(crate) fn new(held: Held) -> Self {
        Self {
            held: Mutex::new(Some(Arc::new(held))),
            process: std::process::id(),
        }
    }

    fn held(&self) -> PyResult<Arc<Held>> {
        check_process(self.process)?;
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or_else(|| interface("the connection is closed: connect again"))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // The connection belongs to the parent process: nothing may be sent on it from here.
            std::mem::forget(self.held.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

/// Connects; the answer is a `Session`.
#[pyfunction]
#[pyo3(signature = (target, options=None, callback=None))]
pub(crate) fn connect(
    py: Python<'_>,
    target: &str,
    options: Option<&Bound<'_, PyDict>>,
    callback: Option<Py<PyAny>>,
) -> PyResult<Py<PyAny>> {
    let config = options::config(target, options)?;
    let open = async move { jetbridge::Session::connect(config).await };
    wait(py, callback, open, |py, session| {
        Session::new(Held::Own(session)).into_py_any(py)
    })
}

#[pymethods]
impl Session {
    /// `host:port` of the server.
    #[getter]
    fn server(&self) -> PyResult<String> {
        Ok(self.held()?.peer().to_owned())
    }

    /// The connection string without its secrets.
    #[getter]
    fn uri(&self) -> PyResult<String> {
        Ok(self.held()?.config().to_uri())
    }

    /// Says whether the session can no longer be used.
    #[getter]
    fn broken(&self) -> PyResult<bool> {
        Ok(self.held()?.is_broken())
    }

    /// Says whether it was closed here.
    #[getter]
    fn closed(&self) -> bool {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// A statement with its parameters; nothing is sent yet.
    #[pyo3(signature = (sql, parameters=None, many=false, timeout=None, headers=None, run_as=None))]
    fn statement(
        &self,
        sql: &str,
        parameters: Option<&Bound<'_, PyAny>>,
        many: bool,
        timeout: Option<f64>,
        headers: Headers,
        run_as: Option<&str>,
    ) -> PyResult<Statement> {
        let held = self.held()?;
        let bound = match (many, parameters) {
            (true, Some(rows)) => params::many(rows)?,
            _ => params::one(parameters)?,
        };
        let mut statement = held
            .statement(sql)
            .bind(bound)
            .options(call_options(timeout, headers)?);
        if let Some(mode) = mode(run_as)? {
            statement = statement.mode(mode);
        }
        Ok(Statement::new(held, statement))
    }

    /// Switches autocommit; on commits what is open.
    #[pyo3(signature = (autocommit, callback=None))]
    fn set_autocommit(
        &self,
        py: Python<'_>,
        autocommit: bool,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let held = self.held()?;
        let switch = async move { held.set_autocommit(autocommit).await };
        wait(py, callback, switch, |py, ()| Ok(py.None()))
    }

    /// Commits the open transaction, if there is one.
    #[pyo3(signature = (callback=None))]
    fn commit(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        let held = self.held()?;
        wait(py, callback, async move { held.commit().await }, |py, ()| {
            Ok(py.None())
        })
    }

    /// Rolls the open transaction back, if there is one.
    #[pyo3(signature = (callback=None))]
    fn rollback(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        let held = self.held()?;
        wait(py, callback, async move { held.rollback().await }, |py, ()| {
            Ok(py.None())
        })
    }

    /// Makes a savepoint in the open transaction; the answer says which it is.
    #[pyo3(signature = (name, callback=None))]
    fn begin_savepoint(
        &self,
        py: Python<'_>,
        name: String,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let held = self.held()?;
        let make = async move { held.begin_savepoint(&name).await };
        wait(py, callback, make, |py, id| SavepointId(id).into_py_any(py))
    }

    /// Releases a savepoint, or rolls back to it.
    #[pyo3(signature = (savepoint, release, callback=None))]
    fn end_savepoint(
        &self,
        py: Python<'_>,
        savepoint: &SavepointId,
        release: bool,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let (held, savepoint) = (self.held()?, savepoint.0.clone());
        let end = match release {
            true => SavepointEnd::Release,
            false => SavepointEnd::Rollback,
        };
        let end = async move { held.end_savepoint(&savepoint, end).await };
        wait(py, callback, end, |py, ()| Ok(py.None()))
    }

    /// Asks the server for a sign of life.
    #[pyo3(signature = (callback=None))]
    fn ping(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        let held = self.held()?;
        wait(py, callback, async move { held.ping().await }, |py, ()| {
            Ok(py.None())
        })
    }

    /// Which server it is, as the fields of `jetbridge.Manners` in their order.
    #[pyo3(signature = (callback=None))]
    fn manners(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        let held = self.held()?;
        let ask = async move { held.manners().await };
        wait(py, callback, ask, |py, manners| {
            let evidence = match manners.evidence() {
                Evidence::Option => Some("option"),
                Evidence::Host => Some("host"),
                Evidence::Name => Some("name"),
                _ => None,
            };
            let fields = (
                manners.server().to_string(),
                manners.server_name(),
                evidence,
                manners.sql_dialect().to_string(),
                manners.identifier_quote(),
                manners.in_force().into_py_dict(py)?,
                manners.by_option_only().into_py_dict(py)?,
            );
            fields.into_py_any(py)
        })
    }

    /// Rolls back what is open and ends the session, or hands it back to its pool. Closing twice is no error.
    #[pyo3(signature = (callback=None))]
    fn close(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        check_process(self.process)?;
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        let end = async move {
            match held.map(Arc::try_unwrap) {
                Some(Ok(Held::Own(session))) => session.close().await,
                Some(Err(held)) => match &*held {
                    // Somebody has a call under way: the session ends for them all the same.
                    Held::Own(session) => session.close_handle().close().await,
                    // It goes back to its pool with the last of those calls.
                    Held::Lent(_) => Ok(()),
                },
                Some(Ok(Held::Lent(_))) | None => Ok(()),
            }
        };
        wait(py, callback, end, |py, ()| Ok(py.None()))
    }

    /// Session options as a dictionary.
    #[pyo3(signature = (callback=None))]
    fn options(&self, py: Python<'_>, callback: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        let held = self.held()?;
        wait(
            py,
            callback,
            async move { held.options().await },
            |py, options| {
                let answer = PyDict::new(py);
                for (name, value) in options {
                    let value = match value {
                        SessionOptionValue::Text(text) => text.into_py_any(py)?,
                        SessionOptionValue::Bool(truth) => truth.into_py_any(py)?,
                        SessionOptionValue::Int(number) => number.into_py_any(py)?,
                        SessionOptionValue::Double(number) => number.into_py_any(py)?,
                        SessionOptionValue::Texts(texts) => texts.into_py_any(py)?,
                        _ => py.None(),
                    };
                    answer.set_item(name, value)?;
                }
                answer.into_py_any(py)
            },
        )
    }

    /// Sets session options; `None` erases one.
    #[pyo3(signature = (options, callback=None))]
    fn set_options(
        &self,
        py: Python<'_>,
        options: &Bound<'_, PyDict>,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let held = self.held()?;
        let mut wanted = Vec::with_capacity(options.len());
        for (name, value) in options.iter() {
            wanted.push((name.extract::<String>()?, option_value(&value)?));
        }
        let set = async move { held.set_options(wanted).await };
        wait(py, callback, set, |py, _| Ok(py.None()))
    }

    /// One of the nine catalog commands, by its name; the answer is a `Rows`.
    #[pyo3(signature = (command, arguments, callback=None))]
    fn catalog(
        &self,
        py: Python<'_>,
        command: &str,
        arguments: &Bound<'_, PyDict>,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let held = self.held()?;
        let command = Question::read(command, arguments)?.command(&held.catalog());
        let answer = async move { command.query().await };
        wait(py, callback, answer, |py, cursor| {
            Rows::new(cursor).into_py_any(py)
        })
    }

    /// What is asked about the tables of the server, by commands or in SQL: `schemas`, `tables`, `columns`, `primary_key` or `foreign_keys`.
    #[pyo3(signature = (about, schema=None, table=None, callback=None))]
    fn inquire(
        &self,
        py: Python<'_>,
        about: &str,
        schema: Option<String>,
        table: Option<String>,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let (held, inquiry) = (self.held()?, Inquiry::read(about, schema, table)?);
        let ask = async move { inquiry.ask(&held).await };
        wait(py, callback, ask, |py, finding| finding.into_python(py))
    }

    /// The FlightInfo of one of the nine catalog commands.
    #[pyo3(signature = (command, arguments, timeout=None, headers=None, callback=None))]
    fn catalog_info(
        &self,
        py: Python<'_>,
        command: &str,
        arguments: &Bound<'_, PyDict>,
        timeout: Option<f64>,
        headers: Headers,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let (held, options) = (self.held()?, call_options(timeout, headers)?);
        let command = Question::read(command, arguments)?
            .command(&held.catalog())
            .options(options);
        let ask = async move { command.flight_info().await };
        wait(py, callback, ask, |py, info| {
            FlightInfo::new(info).into_py_any(py)
        })
    }

    /// Loads Arrow data into a table; the answer is the number of rows, or `None` where the server does not say.
    #[pyo3(signature = (table, data, mode="create", catalog=None, schema=None, temporary=false, options=None, callback=None))]
    #[expect(clippy::too_many_arguments, reason = "they are keyword arguments of Python")]
    fn ingest(
        &self,
        py: Python<'_>,
        table: &str,
        data: &Bound<'_, PyAny>,
        mode: &str,
        catalog: Option<String>,
        schema: Option<String>,
        temporary: bool,
        options: Option<Vec<(String, String)>>,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let held = self.held()?;
        let mode = match mode {
            "create" => IngestMode::Create,
            "append" => IngestMode::Append,
            "replace" => IngestMode::Replace,
            "create_append" => IngestMode::CreateAppend,
            _ => {
                return Err(interface(
                    "the mode of an ingest is create, append, replace or create_append",
                ));
            }
        };
        let mut ingest = held.ingest(table).mode(mode).temporary(temporary);
        if let Some(catalog) = catalog {
            ingest = ingest.catalog(catalog);
        }
        if let Some(schema) = schema {
            ingest = ingest.schema(schema);
        }
        for (name, value) in options.into_iter().flatten() {
            ingest = ingest.option(name, value);
        }
        let reader = offered::reader(data)?;
        let arrow_schema = reader.schema();
        let batches = futures::stream::iter(reader).map(|batch| batch.map_err(jetbridge::Error::from));
        let load = async move { ingest.run_stream(arrow_schema, batches).await };
        wait(py, callback, load, |py, rows| rows.into_py_any(py))
    }

    /// The FlightInfo of a query.
    #[pyo3(signature = (sql, timeout=None, headers=None, callback=None))]
    fn flight_info(
        &self,
        py: Python<'_>,
        sql: String,
        timeout: Option<f64>,
        headers: Headers,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let (held, options) = (self.held()?, call_options(timeout, headers)?);
        let ask = async move { held.flight_info(sql, options).await };
        wait(py, callback, ask, |py, info| {
            FlightInfo::new(info).into_py_any(py)
        })
    }

    /// The stream behind a ticket.
    #[pyo3(signature = (ticket, timeout=None, headers=None, callback=None))]
    fn do_get(
        &self,
        py: Python<'_>,
        ticket: Vec<u8>,
        timeout: Option<f64>,
        headers: Headers,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let (held, options) = (self.held()?, call_options(timeout, headers)?);
        let open = async move {
            let mut reader = held.do_get(&jetbridge::Ticket::new(ticket), options).await?;
            let schema = reader.schema().await?;
            Ok((reader, schema))
        };
        wait(py, callback, open, |py, (reader, schema)| {
            FlightReader::new(reader, schema).into_py_any(py)
        })
    }

    /// A whole result, from the bytes of its FlightInfo, which may come from another process.
    #[pyo3(signature = (info, timeout=None, headers=None, callback=None))]
    fn read_info(
        &self,
        py: Python<'_>,
        info: &[u8],
        timeout: Option<f64>,
        headers: Headers,
        callback: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let (held, options) = (self.held()?, call_options(timeout, headers)?);
        let info = jetbridge::FlightInfo::from_bytes(info).map_err(|error| to_python(&error))?;
        let open = async move {
            let batches = held.read(info, options).await?;
            let schema = Arc::clone(batches.schema());
            let batches = batches.collect::<Vec<_>>().await;
            let batches = batches.into_iter().collect::<jetbridge::Result<Vec<_>>>()?;
            Ok((schema, batches))
        };
        wait(py, callback, open, |py, (schema, batches)| {
            crate::arrow_stream::ArrowStream::of_batches(schema, batches).into_py_any(py)
        })
    }
}

fn option_value(value: &Bound<'_, PyAny>) -> PyResult<SessionOptionValue> {
    if value.is_none() {
        return Ok(SessionOptionValue::Unset);
    }
    if let Ok(truth) = value.cast::<PyBool>() {
        return Ok(SessionOptionValue::Bool(truth.is_true()));
    }
    if value.is_instance_of::<PyInt>() {
        return Ok(SessionOptionValue::Int(value.extract()?));
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return Ok(SessionOptionValue::Double(number.value()));
    }
    if let Ok(text) = value.extract::<String>() {
        return Ok(SessionOptionValue::Text(text));
    }
    let texts = value
        .extract::<Vec<String>>()
        .map_err(|_| interface("a session option is a text, a number, a truth value or a list of texts"))?;
    Ok(SessionOptionValue::Texts(texts))
}
