//! Statements on the calling thread.

use std::time::Duration;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatchReader;

use super::feed::feed;
use super::{CancelHandle, Cursor, Runtime};
use crate::config::{ParameterMode, StatementMode};
use crate::error::Result;
use crate::protocol::{FlightInfo, PollInfo};
use crate::statement;
use crate::transport::CallOptions;
use crate::types::Params;

/// A SQL statement with what it needs to run. See [`jetbridge::Statement`](crate::Statement).
#[derive(Debug, Clone)]
#[must_use = "a statement does nothing until it is run"]
pub struct Statement {
    statement: statement::Statement,
    runtime: Runtime,
}

impl Statement {
    pub(super) fn new(statement: statement::Statement, runtime: Runtime) -> Self {
        Self { statement, runtime }
    }

    fn map(mut self, change: impl FnOnce(statement::Statement) -> statement::Statement) -> Self {
        self.statement = change(self.statement);
        self
    }

    /// Gives it parameters: it is then prepared, bound, run and closed.
    pub fn bind(self, params: impl Into<Params>) -> Self {
        self.map(|statement| statement.bind(params))
    }

    /// Sends headers with its calls, or gives them another deadline.
    pub fn options(self, options: CallOptions) -> Self {
        self.map(|statement| statement.options(options))
    }

    /// Sends a header with its calls, in place of one of that name from the connection string.
    pub fn header(self, name: impl AsRef<str>, value: impl Into<Vec<u8>>) -> Self {
        self.map(|statement| statement.header(name, value))
    }

    /// Gives its calls another deadline than the connection string.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.map(|statement| statement.timeout(timeout))
    }

    /// Says whether it is a query or an update, where [`execute`](Self::execute) would guess wrong.
    pub fn mode(self, mode: StatementMode) -> Self {
        self.map(|statement| statement.mode(mode))
    }

    /// Says how its parameters get to the server, in place of the option `parameters`.
    pub fn parameters(self, parameters: ParameterMode) -> Self {
        self.map(|statement| statement.parameters(parameters))
    }

    /// What cancels it from another thread, from now until the end of its result. A statement that was cancelled stays so.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle::new(self.statement.cancel_handle(), self.runtime)
    }

    /// Runs it as a query and waits for the schema of its rows.
    ///
    /// # Errors
    ///
    /// As [`Statement::query`](crate::Statement::query).
    pub fn query(&self) -> Result<Cursor> {
        let cursor = self.runtime.block_on(self.statement.query())?;
        Ok(Cursor::new(cursor, self.runtime))
    }

    /// Runs it as an update and gives the number of rows it changed; `None` where the server does not know.
    ///
    /// # Errors
    ///
    /// As [`Statement::update`](crate::Statement::update).
    pub fn update(&self) -> Result<Option<u64>> {
        self.runtime.block_on(self.statement.update())
    }

    /// Runs it as what it is: `statement_mode` says so, or its leading keyword does.
    ///
    /// # Errors
    ///
    /// As [`Statement::execute`](crate::Statement::execute).
    pub fn execute(&self) -> Result<Cursor> {
        let cursor = self.runtime.block_on(self.statement.execute())?;
        Ok(Cursor::new(cursor, self.runtime))
    }

    /// Runs it as a query that the server reports on: `watch` is called after every poll.
    ///
    /// # Errors
    ///
    /// As [`Statement::query_with_progress`](crate::Statement::query_with_progress).
    pub fn query_with_progress(&self, watch: impl FnMut(&PollInfo) + Send) -> Result<Cursor> {
        let cursor = self.runtime.block_on(self.statement.query_with_progress(watch))?;
        Ok(Cursor::new(cursor, self.runtime))
    }

    /// Asks for the FlightInfo of the query: endpoints, tickets, schema. Some servers run the query to answer.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    pub fn flight_info(&self) -> Result<FlightInfo> {
        self.runtime.block_on(self.statement.flight_info())
    }

    /// The schema of its rows, without running it.
    ///
    /// # Errors
    ///
    /// As [`Statement::describe`](crate::Statement::describe).
    pub fn describe(&self) -> Result<SchemaRef> {
        self.runtime.block_on(self.statement.describe())
    }

    /// Prepares it.
    ///
    /// # Errors
    ///
    /// As [`Statement::prepare`](crate::Statement::prepare).
    pub fn prepare(&self) -> Result<PreparedStatement> {
        let statement = self.runtime.block_on(self.statement.prepare())?;
        Ok(PreparedStatement {
            statement,
            runtime: self.runtime,
        })
    }
}

/// A statement the server has prepared. See [`jetbridge::PreparedStatement`](crate::PreparedStatement).
///
/// Dropping it has it closed on the server in the background; [`close`](Self::close) waits for that.
#[derive(Debug)]
pub struct PreparedStatement {
    statement: statement::PreparedStatement,
    runtime: Runtime,
}

impl PreparedStatement {
    /// The text of the statement; empty for a Substrait plan.
    #[must_use]
    pub fn sql(&self) -> &str {
        self.statement.sql()
    }

    /// The schema of its rows, as the server guessed it when preparing; `None` when it did not say.
    #[must_use]
    pub fn schema(&self) -> Option<SchemaRef> {
        self.statement.schema()
    }

    /// The schema of its parameters; `None` when the server did not say.
    #[must_use]
    pub fn parameter_schema(&self) -> Option<SchemaRef> {
        self.statement.parameter_schema()
    }

    /// Says whether the server has it; without, each run sends its text.
    #[must_use]
    pub fn is_on_server(&self) -> bool {
        self.statement.is_on_server()
    }

    /// Says whether it is an update.
    #[must_use]
    pub fn is_update(&self) -> bool {
        self.statement.is_update()
    }

    /// Gives it parameters for one run, which then has headers and a deadline of its own, and can be cancelled from elsewhere.
    pub fn bind(&self, params: impl Into<Params>) -> BoundStatement<'_> {
        BoundStatement {
            statement: self.statement.bind(params),
            runtime: self.runtime,
        }
    }

    /// Runs it as a query with these parameters (`()` for none) and waits for the schema of its rows.
    ///
    /// # Errors
    ///
    /// As [`PreparedStatement::query`](crate::PreparedStatement::query).
    pub fn query(&self, params: impl Into<Params>) -> Result<Cursor> {
        let cursor = self.runtime.block_on(self.statement.query(params))?;
        Ok(Cursor::new(cursor, self.runtime))
    }

    /// Runs it as an update with these parameters, once for each row of them, and gives the number of rows changed.
    ///
    /// # Errors
    ///
    /// As [`PreparedStatement::update`](crate::PreparedStatement::update).
    pub fn update(&self, params: impl Into<Params>) -> Result<Option<u64>> {
        self.runtime.block_on(self.statement.update(params))
    }

    /// Runs it as an update, once for each row of what a reader gives, batch by batch; the columns are the parameters, in their order.
    ///
    /// # Errors
    ///
    /// An error of the reader; otherwise as [`PreparedStatement::update_stream`](crate::PreparedStatement::update_stream).
    pub fn update_reader(&self, reader: impl RecordBatchReader) -> Result<Option<u64>> {
        let schema = reader.schema();
        feed(self.runtime, reader, |batches| {
            self.statement.update_stream(schema, batches)
        })
    }

    /// Runs it as what it is; see [`is_update`](Self::is_update).
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query) and [`update`](Self::update).
    pub fn execute(&self, params: impl Into<Params>) -> Result<Cursor> {
        let cursor = self.runtime.block_on(self.statement.execute(params))?;
        Ok(Cursor::new(cursor, self.runtime))
    }

    /// The statement for asynchronous code, for what is not here; [`Session::block_on`](super::Session::block_on) waits for it.
    #[must_use]
    pub fn as_async(&self) -> &statement::PreparedStatement {
        &self.statement
    }

    /// Closes it on the server and waits until that is done.
    ///
    /// # Errors
    ///
    /// What the server said; the handle is of no use then either.
    pub fn close(self) -> Result<()> {
        self.runtime.block_on(self.statement.close())
    }
}

/// A prepared statement with the parameters, headers and deadline of one run. See [`jetbridge::BoundStatement`](crate::BoundStatement).
#[derive(Debug, Clone)]
#[must_use = "a statement does nothing until it is run"]
pub struct BoundStatement<'p> {
    statement: statement::BoundStatement<'p>,
    runtime: Runtime,
}

impl<'p> BoundStatement<'p> {
    fn map(
        mut self,
        change: impl FnOnce(statement::BoundStatement<'p>) -> statement::BoundStatement<'p>,
    ) -> Self {
        self.statement = change(self.statement);
        self
    }

    /// Sends headers with its calls, or gives them another deadline, in place of those it was prepared with.
    pub fn options(self, options: CallOptions) -> Self {
        self.map(|statement| statement.options(options))
    }

    /// Sends a header with its calls, in place of one of that name from the connection string.
    pub fn header(self, name: impl AsRef<str>, value: impl Into<Vec<u8>>) -> Self {
        self.map(|statement| statement.header(name, value))
    }

    /// Gives its calls another deadline than the connection string.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.map(|statement| statement.timeout(timeout))
    }

    /// What cancels it from another thread, from now until the end of its result.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle::new(self.statement.cancel_handle(), self.runtime)
    }

    /// Runs it as a query and waits for the schema of its rows.
    ///
    /// # Errors
    ///
    /// As [`BoundStatement::query`](crate::BoundStatement::query).
    pub fn query(&self) -> Result<Cursor> {
        let cursor = self.runtime.block_on(self.statement.query())?;
        Ok(Cursor::new(cursor, self.runtime))
    }

    /// Runs it as an update, once for each row of its parameters, and gives the number of rows changed.
    ///
    /// # Errors
    ///
    /// As [`BoundStatement::update`](crate::BoundStatement::update).
    pub fn update(&self) -> Result<Option<u64>> {
        self.runtime.block_on(self.statement.update())
    }

    /// Runs it as what it is; see [`PreparedStatement::is_update`].
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query) and [`update`](Self::update).
    pub fn execute(&self) -> Result<Cursor> {
        let cursor = self.runtime.block_on(self.statement.execute())?;
        Ok(Cursor::new(cursor, self.runtime))
    }

    /// The FlightInfo of its run.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    pub fn flight_info(&self) -> Result<FlightInfo> {
        self.runtime.block_on(self.statement.flight_info())
    }
}
