//! Prepared statements.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use bytes::Bytes;

use super::{Text, kind};
use crate::config::StatementMode;
use crate::cursor::Cursor;
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::{Command, FlightInfo, Prepared};
use crate::shared::{Feature, Shared};
use crate::stream::CancelHandle;
use crate::transport::CallOptions;
use crate::types::Params;

/// A statement the server has prepared, run as often as one likes with other parameters.
///
/// It keeps its session alive. Dropping it has it closed on the server in the background; [`close`](Self::close) waits for that.
///
/// One run at a time: a second one waits until the parameters of the first have been bound and its FlightInfo is there.
pub struct PreparedStatement {
    shared: Arc<Shared>,
    text: Text,
    mode: StatementMode,
    prepared: Mutex<Prepared>,
    /// Held from binding to the FlightInfo: the parameters belong to the handle, not to the call.
    running: tokio::sync::Mutex<()>,
}

impl PreparedStatement {
    pub(super) async fn prepare(
        shared: Arc<Shared>,
        text: Text,
        mode: StatementMode,
        options: &CallOptions,
    ) -> Result<Self> {
        let prepared = on_server(&shared, &text, options).await?;
        Ok(Self {
            shared,
            text,
            mode,
            prepared: Mutex::new(prepared),
            running: tokio::sync::Mutex::new(()),
        })
    }

    /// The text of the statement; empty for a Substrait plan.
    #[must_use]
    pub fn sql(&self) -> &str {
        match &self.text {
            Text::Sql(sql) => sql,
            Text::Plan(_) => "",
        }
    }

    /// The schema of its rows, as the server guessed it when preparing; `None` when it did not say.
    #[must_use]
    pub fn schema(&self) -> Option<SchemaRef> {
        self.with(|prepared| prepared.dataset_schema.clone())
    }

    /// The schema of its parameters; `None` when the server did not say.
    #[must_use]
    pub fn parameter_schema(&self) -> Option<SchemaRef> {
        self.with(|prepared| prepared.parameter_schema.clone())
    }

    /// Says whether it is an update: the server's word, else an absent result schema together with its leading keyword.
    #[must_use]
    pub fn is_update(&self) -> bool {
        if self.mode != StatementMode::Auto {
            return self.mode == StatementMode::Update;
        }
        let (said, has_columns) = self.with(|prepared| {
            let columns = prepared
                .dataset_schema
                .as_ref()
                .map(|schema| !schema.fields().is_empty());
            (prepared.is_update, columns)
        });
        match (said, has_columns) {
            (Some(said), _) => said,
            (None, Some(true)) => false,
            (None, _) => kind::is_update(self.sql(), StatementMode::Auto),
        }
    }

    /// Runs it as a query with these parameters (`()` for none) and waits for the schema of its rows.
    ///
    /// # Errors
    ///
    /// `Conversion` when a parameter does not fit; otherwise as [`Statement::query`](super::Statement::query).
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; the server may have run the statement.
    pub async fn query(&self, params: impl Into<Params>) -> Result<Cursor> {
        self.query_with(&params.into(), &CallOptions::new(), CancelHandle::new())
            .await
    }

    /// Runs it as an update with these parameters, once for each row of them, and gives the number of rows changed.
    ///
    /// # Errors
    ///
    /// `Conversion` when a parameter does not fit; otherwise as [`Statement::update`](super::Statement::update).
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; the server may have run the statement.
    pub async fn update(&self, params: impl Into<Params>) -> Result<Option<u64>> {
        self.update_with(&params.into(), &CallOptions::new()).await
    }

    /// Runs it as what it is; see [`is_update`](Self::is_update).
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query) and [`update`](Self::update).
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; the server may have run the statement.
    pub async fn execute(&self, params: impl Into<Params>) -> Result<Cursor> {
        self.execute_with(&params.into(), &CallOptions::new(), CancelHandle::new())
            .await
    }

    /// The FlightInfo of a run with these parameters.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    pub async fn flight_info(&self, params: impl Into<Params>) -> Result<FlightInfo> {
        self.flight_info_with(&params.into(), &CallOptions::new()).await
    }

    /// Closes it on the server and waits until that is done.
    ///
    /// # Errors
    ///
    /// What the server said; the handle is of no use then either.
    pub async fn close(self) -> Result<()> {
        let handle = self.take_handle();
        if handle.is_empty() {
            return Ok(());
        }
        self.shared
            .protocol()?
            .close_prepared(handle, &CallOptions::new())
            .await
    }

    pub(super) async fn query_with(
        &self,
        params: &Params,
        options: &CallOptions,
        handle: CancelHandle,
    ) -> Result<Cursor> {
        let info = self.flight_info_with(params, options).await?;
        Ok(Cursor::new(self.shared.open(info, options, handle).await?))
    }

    pub(super) async fn update_with(&self, params: &Params, options: &CallOptions) -> Result<Option<u64>> {
        let _one_at_a_time = self.running.lock().await;
        self.shared.transaction().await?;
        let batch = self.parameters(params)?;
        let run = async |handle: Bytes| {
            let command = Command::PreparedUpdate { handle };
            self.shared
                .protocol()?
                .update(&command, batch.clone(), options)
                .await
        };
        let answer = match run(self.handle()).await {
            Err(error) if self.was_lost(&error) => {
                self.prepare_again(options).await?;
                run(self.handle()).await
            }
            answer => answer,
        };
        self.shared.watch(answer)
    }

    pub(super) async fn execute_with(
        &self,
        params: &Params,
        options: &CallOptions,
        handle: CancelHandle,
    ) -> Result<Cursor> {
        if self.is_update() {
            Ok(Cursor::of_update(self.update_with(params, options).await?))
        } else {
            self.query_with(params, options, handle).await
        }
    }

    async fn flight_info_with(&self, params: &Params, options: &CallOptions) -> Result<FlightInfo> {
        let _one_at_a_time = self.running.lock().await;
        self.shared.transaction().await?;
        let answer = match self.bind_and_ask(params, options).await {
            Err(error) if self.was_lost(&error) => {
                self.prepare_again(options).await?;
                self.bind_and_ask(params, options).await
            }
            answer => answer,
        };
        self.shared.watch(answer)
    }

    async fn bind_and_ask(&self, params: &Params, options: &CallOptions) -> Result<FlightInfo> {
        let protocol = self.shared.protocol()?;
        if let Some(batch) = self.parameters(params)? {
            let bound = protocol
                .bind(&self.handle(), batch, options)
                .await
                .map_err(explain)?;
            if let Some(handle) = bound.handle {
                self.lock().handle = handle;
            }
        }
        let command = Command::PreparedQuery {
            handle: self.handle(),
        };
        protocol.flight_info(&Operation::Execute, &command, options).await
    }

    /// The parameters in the form the server asked for.
    fn parameters(&self, params: &Params) -> Result<Option<arrow::record_batch::RecordBatch>> {
        if params.is_none() {
            return Ok(None);
        }
        let schema = self
            .parameter_schema()
            .filter(|schema| !schema.fields().is_empty());
        let batch = params.to_batch(schema.as_deref());
        batch.map(Some).map_err(|error| error.during(Operation::Bind))
    }

    /// The server does not know the handle any more (it restarted, or threw it out): it cannot have run the statement.
    fn was_lost(&self, error: &Error) -> bool {
        error.kind() == Kind::NotFound && self.shared.protocol().is_ok()
    }

    async fn prepare_again(&self, options: &CallOptions) -> Result<()> {
        let fresh = on_server(&self.shared, &self.text, options).await?;
        *self.lock() = fresh;
        Ok(())
    }

    fn handle(&self) -> Bytes {
        self.with(|prepared| prepared.handle.clone())
    }

    fn take_handle(&self) -> Bytes {
        std::mem::take(&mut self.lock().handle)
    }

    fn with<T>(&self, read: impl FnOnce(&Prepared) -> T) -> T {
        read(&self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Prepared> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn on_server(shared: &Arc<Shared>, text: &Text, options: &CallOptions) -> Result<Prepared> {
    let transaction = shared.transaction().await?;
    let protocol = shared.protocol()?;
    let answer = match text {
        Text::Sql(sql) => protocol.prepare(sql.clone(), transaction, options).await,
        Text::Plan(plan) => protocol.prepare_substrait(plan, transaction, options).await,
    };
    let answer = shared.note(Feature::Prepare, answer);
    shared.watch(answer).map_err(|error| match error.kind() {
        Kind::NotSupported => error.hint("the server cannot prepare statements: run it without parameters"),
        _ => error,
    })
}

fn explain(error: Error) -> Error {
    match error.kind() {
        Kind::NotSupported => error.hint("the server takes no parameters"),
        _ => error,
    }
}

impl Drop for PreparedStatement {
    fn drop(&mut self) {
        let handle = self.take_handle();
        if !handle.is_empty() {
            self.shared.abandon_statement(handle);
        }
    }
}

impl fmt::Debug for PreparedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedStatement")
            .field("sql", &self.sql())
            .field("parameters", &self.parameter_schema())
            .field("columns", &self.schema())
            .finish_non_exhaustive()
    }
}
