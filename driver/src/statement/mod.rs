//! Statements: run as they are, or prepared and given parameters.

mod ingest;
mod kind;
mod poll;
mod prepared;

use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::SchemaRef;

pub use self::ingest::Ingest;
pub use self::prepared::PreparedStatement;
use crate::config::StatementMode;
use crate::cursor::Cursor;
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::{Command, FlightInfo, SubstraitPlan};
use crate::shared::{Feature, Shared};
use crate::stream::CancelHandle;
use crate::transport::CallOptions;
use crate::types::Params;

/// A SQL statement with what it needs to run: parameters, headers, a deadline.
///
/// Nothing is sent before [`query`](Self::query), [`update`](Self::update) or [`execute`](Self::execute). Without parameters it is never prepared:
/// a query is GetFlightInfo and DoGet, an update is one DoPut.
#[derive(Debug, Clone)]
#[must_use = "a statement does nothing until it is run"]
pub struct Statement {
    shared: Arc<Shared>,
    text: Text,
    params: Params,
    options: CallOptions,
    mode: StatementMode,
    handle: CancelHandle,
}

/// What is run.
#[derive(Debug, Clone)]
enum Text {
    Sql(String),
    Plan(SubstraitPlan),
}

impl Statement {
    pub(crate) fn of_plan(shared: Arc<Shared>, plan: SubstraitPlan) -> Self {
        Self {
            text: Text::Plan(plan),
            ..Self::new(shared, String::new())
        }
    }

    pub(crate) fn new(shared: Arc<Shared>, sql: impl Into<String>) -> Self {
        let mode = shared.config().get_statement_mode();
        Self {
            shared,
            text: Text::Sql(sql.into()),
            params: Params::none(),
            options: CallOptions::new(),
            mode,
            handle: CancelHandle::new(),
        }
    }

    /// Gives it parameters: it is then prepared, bound, run and closed.
    pub fn bind(mut self, params: impl Into<Params>) -> Self {
        self.params = params.into();
        self
    }

    /// Sends headers with its calls, or gives them another deadline.
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

    /// Says whether it is a query or an update, where [`execute`](Self::execute) would guess wrong.
    pub fn mode(mut self, mode: StatementMode) -> Self {
        self.mode = mode;
        self
    }

    /// What cancels it from another task or thread, from now until the end of its result. A statement that was cancelled stays so.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        self.handle.clone()
    }

    /// Runs it as a query and waits for the schema of its rows.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` when the server refuses it; `Timeout` after `query_timeout`; `Connection` when the server cannot be reached.
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; the server may have run the statement.
    pub async fn query(&self) -> Result<Cursor> {
        self.handle.guard(self.run_query()).await
    }

    async fn run_query(&self) -> Result<Cursor> {
        if !self.params.is_none() {
            let prepared = self.prepare().await?;
            let cursor = prepared
                .query_with(&self.params, &self.options, self.handle.clone())
                .await?;
            return Ok(cursor.keeping(prepared));
        }
        let info = self.flight_info().await?;
        Ok(Cursor::new(
            self.shared.open(info, &self.options, self.handle.clone()).await?,
        ))
    }

    /// Runs it as an update and gives the number of rows it changed; `None` where the server does not know.
    ///
    /// A server without updates gets it as a query, which is read to its end.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query); `Timeout` after `update_timeout`. An error of kind `Connection` or `Timeout` leaves open whether it ran.
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; the server may have run the statement.
    pub async fn update(&self) -> Result<Option<u64>> {
        self.handle.guard(self.run_update()).await
    }

    async fn run_update(&self) -> Result<Option<u64>> {
        if !self.params.is_none() {
            return self
                .prepare()
                .await?
                .update_with(&self.params, &self.options)
                .await;
        }
        let transaction = self.shared.transaction().await?;
        if !self.shared.lacks(Feature::Update) {
            let command = match &self.text {
                Text::Sql(sql) => Command::Update {
                    sql: sql.clone(),
                    transaction,
                },
                Text::Plan(plan) => Command::Substrait {
                    plan: plan.clone(),
                    transaction,
                },
            };
            let answer = self
                .shared
                .protocol()?
                .update(&command, None, &self.options)
                .await;
            match self.shared.watch(self.shared.note(Feature::Update, answer)) {
                // Refused unread: nothing has run yet.
                Err(error) if error.kind() == Kind::NotSupported => {}
                answer => return answer,
            }
        }
        self.run_query().await?.drain().await?;
        Ok(None)
    }

    /// Runs it as what it is: `statement_mode` says so, or its leading keyword does.
    ///
    /// The cursor of an update has no columns and knows [`rows_affected`](Cursor::rows_affected).
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query) and [`update`](Self::update).
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; the server may have run the statement.
    pub async fn execute(&self) -> Result<Cursor> {
        if !self.params.is_none() {
            let prepared = self.prepare().await?;
            let cursor = self
                .handle
                .guard(prepared.execute_with(&self.params, &self.options, self.handle.clone()))
                .await?;
            return Ok(cursor.keeping(prepared));
        }
        let is_update = match &self.text {
            Text::Sql(sql) => kind::is_update(sql, self.mode),
            Text::Plan(_) => self.mode == StatementMode::Update,
        };
        if is_update {
            Ok(Cursor::of_update(self.update().await?))
        } else {
            self.query().await
        }
    }

    /// Asks for the FlightInfo of the query: endpoints, tickets, schema. Some servers run the query to answer.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    pub async fn flight_info(&self) -> Result<FlightInfo> {
        let command = self.command().await?;
        let answer = self
            .shared
            .protocol()?
            .flight_info(&Operation::Execute, &command, &self.options)
            .await;
        self.shared.watch(answer)
    }

    /// The schema of its rows, without running it: by GetSchema, or by preparing it where the server lacks that.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server can do neither.
    pub async fn describe(&self) -> Result<SchemaRef> {
        let command = self.command().await?;
        match self.shared.protocol()?.schema(&command, &self.options).await {
            Err(error) if error.kind() == Kind::NotSupported => {
                let prepared = self.prepare().await.map_err(|_| error)?;
                let words = "the server says the schema of a statement only when it runs";
                prepared.schema().ok_or_else(|| {
                    Error::new(Kind::NotSupported, words)
                        .during(Operation::Describe)
                        .on(self.shared.peer())
                })
            }
            answer => answer,
        }
    }

    /// Prepares it.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` when the server refuses it, `NotSupported` when it cannot prepare.
    pub async fn prepare(&self) -> Result<PreparedStatement> {
        PreparedStatement::prepare(
            Arc::clone(&self.shared),
            self.text.clone(),
            self.mode,
            &self.options,
        )
        .await
    }

    async fn command(&self) -> Result<Command> {
        let transaction = self.shared.transaction().await?;
        Ok(match &self.text {
            Text::Sql(sql) => Command::Query {
                sql: sql.clone(),
                transaction,
            },
            Text::Plan(plan) => Command::Substrait {
                plan: plan.clone(),
                transaction,
            },
        })
    }
}
