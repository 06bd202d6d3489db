//! One run of a prepared statement.

use std::time::Duration;

use super::PreparedStatement;
use crate::cursor::Cursor;
use crate::error::Result;
use crate::protocol::FlightInfo;
use crate::stream::CancelHandle;
use crate::transport::CallOptions;
use crate::types::Params;

/// A prepared statement with the parameters, headers and deadline of one run; made by [`PreparedStatement::bind`].
///
/// Nothing is sent before [`query`](Self::query), [`update`](Self::update) or [`execute`](Self::execute).
#[derive(Debug, Clone)]
#[must_use = "a statement does nothing until it is run"]
pub struct BoundStatement<'p> {
    prepared: &'p PreparedStatement,
    params: Params,
    options: CallOptions,
    handle: CancelHandle,
}

impl<'p> BoundStatement<'p> {
    pub(super) fn new(prepared: &'p PreparedStatement, params: Params, options: CallOptions) -> Self {
        Self {
            prepared,
            params,
            options,
            handle: CancelHandle::new(),
        }
    }

    /// Sends headers with its calls, or gives them another deadline, in place of those it was prepared with.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Sends a header with its calls, in place of one of that name from the connection string.
    pub fn header(mut self, name: impl AsRef<str>, value: impl Into<Vec<u8>>) -> Self {
        self.options = self.options.header(name, value);
        self
    }

    /// Gives its calls another deadline than the connection string.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options = self.options.timeout(timeout);
        self
    }

    /// What cancels it from another task or thread, from now until the end of its result. One that was cancelled stays so; the prepared statement
    /// can run again.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        self.handle.clone()
    }

    /// Runs it as a query; see [`PreparedStatement::query`].
    ///
    /// # Errors
    ///
    /// `Cancelled` when its handle was used; otherwise as [`PreparedStatement::query`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; the server may have run the statement.
    pub async fn query(&self) -> Result<Cursor> {
        let run = self
            .prepared
            .query_with(&self.params, &self.options, self.handle.clone());
        self.handle.guard(run).await
    }

    /// Runs it as an update, once for each row of its parameters; see [`PreparedStatement::update`].
    ///
    /// # Errors
    ///
    /// `Cancelled` when its handle was used; otherwise as [`PreparedStatement::update`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; the server may have run the statement.
    pub async fn update(&self) -> Result<Option<u64>> {
        let run = self.prepared.update_with(&self.params, &self.options);
        self.handle.guard(run).await
    }

    /// Runs it as what it is; see [`PreparedStatement::is_update`].
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query) and [`update`](Self::update).
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; the server may have run the statement.
    pub async fn execute(&self) -> Result<Cursor> {
        let run = self
            .prepared
            .execute_with(&self.params, &self.options, self.handle.clone());
        self.handle.guard(run).await
    }

    /// The FlightInfo of its run.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; the server may have run the statement.
    pub async fn flight_info(&self) -> Result<FlightInfo> {
        let run = self.prepared.flight_info_with(&self.params, &self.options);
        self.handle.guard(run).await
    }
}
