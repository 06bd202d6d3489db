//! Prepared statements.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};

use super::bound::BoundStatement;
use super::handle::{OnServer, prepare};
use super::{Statement, Text, count, dialect};
use crate::config::{ParameterMode, StatementMode};
use crate::cursor::Cursor;
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::{Command, FlightInfo, Parameters};
use crate::shared::{Feature, Shared};
use crate::sql;
use crate::stream::CancelHandle;
use crate::transport::CallOptions;
use crate::types::Params;

/// A statement the server has prepared, run as often as one likes with other parameters.
///
/// It belongs to the transaction it was prepared in, or to none; run in another, it is prepared there.
///
/// It keeps its session alive. Dropping it has it closed on the server in the background; [`close`](Self::close) waits for that.
///
/// One run at a time: a second one waits until the parameters of the first have been bound and its FlightInfo is there.
///
/// Where the server cannot prepare, or `parameters=client` is set, the statement stays here and is sent as it is each time.
pub struct PreparedStatement {
    statement: Statement,
    /// None for a statement that stays here.
    prepared: Option<Mutex<OnServer>>,
    /// Held from binding to the FlightInfo: the parameters belong to the handle, not to the call.
    running: tokio::sync::Mutex<()>,
}

impl PreparedStatement {
    pub(super) async fn prepare(mut statement: Statement) -> Result<Self> {
        statement.params = Params::none();
        // What lies in the cache must not hold the cache.
        statement.cache = None;
        let is_sql = matches!(statement.text, Text::Sql(_));
        let prepared = match statement.parameters {
            ParameterMode::Client if is_sql => None,
            _ => match prepare(&statement.shared, &statement.text, &statement.options).await {
                Ok(prepared) => Some(Mutex::new(prepared)),
                Err(error) if error.kind() == Kind::NotSupported && is_sql => None,
                Err(error) => return Err(error),
            },
        };
        Ok(Self {
            statement,
            prepared,
            running: tokio::sync::Mutex::new(()),
        })
    }

    /// The text of the statement; empty for a Substrait plan.
    #[must_use]
    pub fn sql(&self) -> &str {
        match &self.statement.text {
            Text::Sql(sql) => sql,
            Text::Plan(_) => "",
        }
    }

    /// The schema of its rows, as the server guessed it when preparing; `None` when it did not say.
    #[must_use]
    pub fn schema(&self) -> Option<SchemaRef> {
        self.with(|prepared| prepared.answer.dataset_schema.clone())?
    }

    /// The schema of its parameters; `None` when the server did not say.
    #[must_use]
    pub fn parameter_schema(&self) -> Option<SchemaRef> {
        self.with(|prepared| prepared.answer.parameter_schema.clone())?
    }

    /// Says whether the server holds it; otherwise it is kept here and sent as it is each time.
    #[must_use]
    pub fn is_on_server(&self) -> bool {
        self.prepared.is_some()
    }

    /// Says whether it is an update: the server's word, else an absent result schema together with its leading keyword.
    #[must_use]
    pub fn is_update(&self) -> bool {
        if self.statement.mode != StatementMode::Auto {
            return self.statement.mode == StatementMode::Update;
        }
        let said = self.with(|prepared| {
            let columns = prepared
                .answer
                .dataset_schema
                .as_ref()
                .map(|schema| !schema.fields().is_empty());
            (prepared.answer.is_update, columns)
        });
        match said {
            Some((Some(said), _)) => said,
            Some((None, Some(true))) => false,
            _ => sql::is_update(self.sql()),
        }
    }

    /// Gives it parameters for one run, which then has headers and a deadline of its own, and can be cancelled from elsewhere.
    pub fn bind(&self, params: impl Into<Params>) -> BoundStatement<'_> {
        BoundStatement::new(self, params.into(), self.statement.options.clone())
    }

    /// Runs it as a query with these parameters (`()` for none) and waits for the schema of its rows.
    ///
    /// What the server has called an update, or its words do, is run as one: see [`Statement::query`](super::Statement::query).
    ///
    /// # Errors
    ///
    /// `Conversion` when a parameter does not fit; otherwise as [`Statement::query`](super::Statement::query).
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; the server may have run the statement.
    pub async fn query(&self, params: impl Into<Params>) -> Result<Cursor> {
        self.query_with(&params.into(), &self.statement.options, CancelHandle::new())
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
        self.update_with(&params.into(), &self.statement.options).await
    }

    /// Runs it as an update, once for each row of a stream of batches, of which only those under way are in memory.
    ///
    /// The batches are sent as they are: their columns are the parameters, in their order.
    ///
    /// # Errors
    ///
    /// An error of the stream, as it is; `NotSupported` when the server cannot bind parameters; otherwise as [`update`](Self::update).
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; outside of a transaction the server may have kept some of the rows.
    pub async fn update_stream(
        &self,
        schema: SchemaRef,
        mut batches: impl Stream<Item = Result<RecordBatch>> + Send + Unpin + 'static,
    ) -> Result<Option<u64>> {
        let options = &self.statement.options;
        if self.prepared.is_none() {
            let mut total = Some(0_u64);
            while let Some(batch) = batches.next().await {
                let count = self.kept_here(&batch?.into(), options).send_update().await?;
                total = total.zip(count).map(|(total, count)| total.saturating_add(count));
            }
            return Ok(total);
        }
        let _one_at_a_time = self.running.lock().await;
        let shared = self.shared();
        shared.transaction().await?;
        let command = Command::PreparedUpdate {
            handle: self.handle(options).await?,
        };
        let parameters = Some(Parameters::Stream(schema, batches.boxed()));
        let answer = shared
            .protocol()?
            .update(&Operation::Update, &command, parameters, options)
            .await;
        let answer = answer.map_err(|error| self.after_change(error));
        shared.watch(answer).map_err(|error| explain(error, true))
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
        self.execute_with(&params.into(), &self.statement.options, CancelHandle::new())
            .await
    }

    /// The FlightInfo of a run with these parameters.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    pub async fn flight_info(&self, params: impl Into<Params>) -> Result<FlightInfo> {
        self.flight_info_with(&params.into(), &self.statement.options)
            .await
    }

    /// The schema of its rows as the server says it now (GetSchema): its parameters may have made it another than [`schema`](Self::schema).
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server does not describe prepared statements.
    pub async fn describe(&self) -> Result<SchemaRef> {
        if self.prepared.is_none() {
            return self.statement.describe().await;
        }
        let options = &self.statement.options;
        let handle = self.handle(options).await?;
        let command = Command::PreparedQuery { handle };
        self.shared().protocol()?.schema(&command, options).await
    }

    /// Closes it on the server and waits until that is done.
    ///
    /// # Errors
    ///
    /// What the server said; the handle is of no use then either.
    pub async fn close(self) -> Result<()> {
        match self.take_handle() {
            Some(handle) => {
                let options = CallOptions::new();
                self.shared().protocol()?.close_prepared(handle, &options).await
            }
            None => Ok(()),
        }
    }

    pub(super) async fn query_with(
        &self,
        params: &Params,
        options: &CallOptions,
        handle: CancelHandle,
    ) -> Result<Cursor> {
        let is_change = match self.statement.mode {
            StatementMode::Auto => self.is_update() && sql::is_change(self.sql()),
            mode => mode == StatementMode::Update,
        };
        if is_change {
            return Ok(Cursor::of_update(self.update_with(params, options).await?));
        }
        self.rows(params, options, handle).await
    }

    pub(super) async fn update_with(&self, params: &Params, options: &CallOptions) -> Result<Option<u64>> {
        if self.prepared.is_none() {
            return self.kept_here(params, options).send_update().await;
        }
        let _one_at_a_time = self.running.lock().await;
        let shared = self.shared();
        shared.transaction().await?;
        if !shared.lacks(Feature::PreparedUpdate) {
            let answer = self.try_update(params, options).await;
            match answer.map_err(|error| self.after_change(error)) {
                // Refused unread: nothing has run yet. With parameters, it may be those that the server cannot take.
                Err(error) if error.kind() == Kind::NotSupported && params.is_none() => {
                    let _noted = shared.note(Feature::PreparedUpdate, Err::<(), _>(error));
                }
                answer => {
                    return shared
                        .watch(answer)
                        .map_err(|error| explain(error, !params.is_none()));
                }
            }
        }
        let info = self.ask(params, options).await?;
        let rows = shared.open(info, options, CancelHandle::new()).await?;
        count::of_change(Cursor::new(rows)).await
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
            self.rows(params, options, handle).await
        }
    }

    async fn rows(&self, params: &Params, options: &CallOptions, handle: CancelHandle) -> Result<Cursor> {
        if self.prepared.is_none() {
            let mut statement = self.kept_here(params, options);
            statement.handle = handle;
            return statement.send_query().await;
        }
        let info = self.flight_info_with(params, options).await?;
        let batches = self.shared().open(info, options, handle).await?;
        count::rows_or_nothing(Cursor::new(batches)).await
    }

    pub(super) async fn flight_info_with(
        &self,
        params: &Params,
        options: &CallOptions,
    ) -> Result<FlightInfo> {
        if self.prepared.is_none() {
            let statement = self.kept_here(params, options);
            return statement.flight_info_of(&statement.direct().await?).await;
        }
        let _one_at_a_time = self.running.lock().await;
        self.shared().transaction().await?;
        self.ask(params, options).await
    }

    /// The statement as it is sent where it is not prepared.
    fn kept_here(&self, params: &Params, options: &CallOptions) -> Statement {
        let mut statement = self.statement.clone().bind(params).options(options.clone());
        statement.handle = CancelHandle::new();
        statement
    }

    /// GetFlightInfo for the handle, with its parameters bound; prepared anew, once, where the server has lost it and the statement only reads.
    async fn ask(&self, params: &Params, options: &CallOptions) -> Result<FlightInfo> {
        let answer = match self.bind_and_ask(params, options).await {
            Err(error) if !sql::only_reads(self.sql()) => Err(self.after_change(error)),
            Err(error) if self.was_lost(&error).await => self.bind_and_ask(params, options).await,
            answer => answer,
        };
        self.shared().watch(answer)
    }

    async fn bind_and_ask(&self, params: &Params, options: &CallOptions) -> Result<FlightInfo> {
        let protocol = self.shared().protocol()?;
        let mut handle = self.handle(options).await?;
        if let Some(batch) = self.parameters(params)? {
            let bound = protocol
                .bind(&handle, batch, options)
                .await
                .map_err(|error| explain(error, true))?;
            if let Some(moved) = bound.handle {
                self.with(|prepared| prepared.answer.handle = moved.clone());
                handle = moved;
            }
        }
        let command = Command::PreparedQuery { handle };
        protocol.flight_info(&Operation::Execute, &command, options).await
    }

    async fn try_update(&self, params: &Params, options: &CallOptions) -> Result<Option<u64>> {
        let command = Command::PreparedUpdate {
            handle: self.handle(options).await?,
        };
        let parameters = self.parameters(params)?.map(Parameters::One);
        self.shared()
            .protocol()?
            .update(&Operation::Update, &command, parameters, options)
            .await
    }

    /// The parameters in the form the server asked for.
    fn parameters(&self, params: &Params) -> Result<Option<RecordBatch>> {
        if params.is_none() {
            return Ok(None);
        }
        let arranged = self.with(|prepared| prepared.arrange(self.sql(), params));
        let (params, schema) = match arranged {
            Some(arranged) => arranged?,
            None => (params.clone(), None),
        };
        let batch = params.to_batch(
            schema
                .as_deref()
                .filter(|schema: &&Schema| !schema.fields().is_empty()),
        );
        batch.map(Some).map_err(|error| error.during(Operation::Bind))
    }

    /// What is left to do when a change has failed: where the server may have lost the handle, the next run prepares anew.
    ///
    /// This one is not repeated, whatever the server says of its handle: it may have run before it failed, on a machine that has forgotten it since.
    fn after_change(&self, error: Error) -> Error {
        if !may_be_lost(&error) {
            return error;
        }
        if let Some(handle) = self.take_handle() {
            self.shared().abandon_statement(handle);
        }
        error.hint("if the server has lost the statement, the next run prepares it again; this one is not repeated, as it may have changed something")
    }

    /// Says whether a query failed because the server does not know the handle any more (it restarted, or threw it out).
    ///
    /// The words of the error are no proof: a table may be missing. Closing the handle is one, as only an unknown handle cannot be closed.
    /// Whichever it is, the next run prepares anew.
    async fn was_lost(&self, error: &Error) -> bool {
        let Some(handle) = may_be_lost(error).then(|| self.take_handle()).flatten() else {
            return false;
        };
        let Ok(protocol) = self.shared().protocol() else {
            return false;
        };
        let closed = protocol.close_prepared(handle, &CallOptions::new()).await;
        closed.is_err_and(|error| matches!(error.kind(), Kind::NotFound | Kind::InvalidRequest))
    }

    /// The handle to run; the statement is prepared again where it has none, or one of another transaction than the session has now: what runs by
    /// such a handle would not be committed, or rolled back, with the rest.
    async fn handle(&self, options: &CallOptions) -> Result<Bytes> {
        let (shared, text) = (self.shared(), &self.statement.text);
        let transaction = shared.transaction().await?;
        let known = self.with(|prepared| {
            let belongs = !prepared.gone && prepared.transaction == transaction;
            belongs.then(|| prepared.answer.handle.clone())
        });
        if let Some(handle) = known.flatten() {
            return Ok(handle);
        }
        if let Some(handle) = self.take_handle() {
            shared.abandon_statement(handle);
        }
        let fresh = prepare(shared, text, options).await?;
        let handle = fresh.answer.handle.clone();
        self.with(|prepared| *prepared = fresh);
        Ok(handle)
    }

    /// The transaction it was prepared in.
    pub(super) fn transaction(&self) -> Option<Bytes> {
        self.with(|prepared| prepared.transaction.clone())?
    }

    /// Says whether parameters fit what the server wanted when it was prepared.
    pub(super) fn takes(&self, params: &Params) -> bool {
        self.parameters(params).is_ok()
    }

    /// Says whether there is a handle to run it by once more.
    pub(super) fn has_handle(&self) -> bool {
        self.with(|prepared| !prepared.gone).unwrap_or(false)
    }

    /// Runs as another statement of the same text wants it.
    pub(super) fn serve(&mut self, mode: StatementMode, options: &CallOptions) {
        self.statement.mode = mode;
        self.statement.options = options.clone();
    }

    /// The handle, which nobody uses again.
    fn take_handle(&self) -> Option<Bytes> {
        self.with(|prepared| {
            let known = !std::mem::replace(&mut prepared.gone, true);
            known.then(|| std::mem::take(&mut prepared.answer.handle))
        })?
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.statement.shared
    }

    fn with<T>(&self, work: impl FnOnce(&mut OnServer) -> T) -> Option<T> {
        let prepared = self.prepared.as_ref()?;
        Some(work(&mut prepared.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Says whether an error may be about a handle that the server does not know.
fn may_be_lost(error: &Error) -> bool {
    match error.kind() {
        Kind::NotFound => true,
        Kind::InvalidRequest | Kind::State | Kind::Server => {
            let words = error.message().to_lowercase();
            words.contains("prepared") || words.contains("handle")
        }
        _ => false,
    }
}

fn explain(error: Error, has_parameters: bool) -> Error {
    match error.kind() {
        Kind::NotSupported if has_parameters => error.hint(dialect::HINT),
        _ => error,
    }
}

impl Drop for PreparedStatement {
    fn drop(&mut self) {
        if let Some(handle) = self.take_handle() {
            self.shared().abandon_statement(handle);
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
