//! Statements: run as they are, or prepared and given parameters.

mod bound;
mod cache;
mod count;
mod dialect;
mod handle;
mod ingest;
mod insert;
mod literal;
mod poll;
mod prepared;
mod render;
mod replay;
mod table;

use std::sync::{Arc, Weak};
use std::time::Duration;

use arrow::datatypes::SchemaRef;

pub use self::bound::BoundStatement;
pub(crate) use self::cache::StatementCache;
use self::cache::{Lent, Wanted};
pub use self::ingest::Ingest;
pub use self::prepared::PreparedStatement;
use self::render::Rendered;
use crate::config::{ParameterMode, StatementMode};
use crate::cursor::Cursor;
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::{Command, FlightInfo, SubstraitPlan};
use crate::shared::{Feature, Shared};
use crate::sql;
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
    parameters: ParameterMode,
    handle: CancelHandle,
    /// Where its session keeps prepared statements, if it does.
    cache: Option<Arc<StatementCache>>,
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
        let parameters = shared.config().get_parameters();
        Self {
            shared,
            text: Text::Sql(sql.into()),
            params: Params::none(),
            options: CallOptions::new(),
            mode,
            parameters,
            handle: CancelHandle::new(),
            cache: None,
        }
    }

    /// Has it kept prepared with its session once it has run with parameters.
    pub(crate) fn kept_in(mut self, cache: Option<&Arc<StatementCache>>) -> Self {
        self.cache = cache.cloned();
        self
    }

    /// Gives it parameters: it is then prepared, bound, run and closed, or kept for when it comes again (`statement_cache_size`).
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

    /// Says how its parameters get to the server, in place of the option `parameters`.
    pub fn parameters(mut self, parameters: ParameterMode) -> Self {
        self.parameters = parameters;
        self
    }

    /// What cancels it from another task or thread, from now until the end of its result. A statement that was cancelled stays so.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        self.handle.clone()
    }

    /// Runs it as a query and waits for the schema of its rows.
    ///
    /// A text that plainly changes something and gives no rows (`INSERT` without `RETURNING`, `CREATE`) is run as an update all the same, unless
    /// [`mode`](Self::mode) says otherwise: some servers would never run it as a query. The cursor then has no columns and knows
    /// [`rows_affected`](Cursor::rows_affected).
    ///
    /// # Errors
    ///
    /// `InvalidRequest` when the server refuses it; `Timeout` after `query_timeout`; `Connection` when the server cannot be reached;
    /// `NotSupported` when there are parameters and the server cannot bind any.
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; the server may have run the statement.
    pub async fn query(&self) -> Result<Cursor> {
        self.handle.guard(self.run(self.is_change())).await
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
        if self.is_prepared() {
            return self.handle.guard(self.run_prepared(StatementMode::Auto)).await;
        }
        self.handle.guard(self.run(self.is_update())).await
    }

    /// Asks for the FlightInfo of the query: endpoints, tickets, schema. Some servers run the query to answer.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    pub async fn flight_info(&self) -> Result<FlightInfo> {
        if self.is_prepared() {
            return self.prepare().await?.flight_info(&self.params).await;
        }
        self.flight_info_of(&self.direct().await?).await
    }

    /// The schema of its rows, without running it: by GetSchema, or by preparing it where the server lacks that.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server can do neither.
    pub async fn describe(&self) -> Result<SchemaRef> {
        let command = self.command(&self.text).await?;
        let answer = match self.shared.demand(Feature::GetSchema, Operation::Describe) {
            Ok(()) => self.shared.protocol()?.schema(&command, &self.options).await,
            Err(error) => Err(error),
        };
        match self.shared.note(Feature::GetSchema, answer) {
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
    /// On a server that cannot prepare, and with `parameters=client`, it is kept here and sent as it is each time it runs.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` when the server refuses it.
    pub async fn prepare(&self) -> Result<PreparedStatement> {
        PreparedStatement::prepare(self.clone()).await
    }

    /// Runs it prepared, by a statement that its session has kept or by a new one, which the session may keep.
    async fn run_prepared(&self, mode: StatementMode) -> Result<Cursor> {
        let mut lent = self.lend().await?;
        loop {
            let (prepared, params, options) = (lent.statement(), &self.params, &self.options);
            let outcome = match mode {
                StatementMode::Auto => prepared.execute_with(params, options, self.handle.clone()).await,
                StatementMode::Query => prepared.query_with(params, options, self.handle.clone()).await,
                StatementMode::Update => prepared.update_with(params, options).await.map(Cursor::of_update),
            };
            match outcome {
                // Nothing has been sent. Its tables may have changed since it was prepared, and take other values now.
                Err(error) if error.kind() == Kind::Conversion && lent.is_outdated_for(params) => {
                    drop(lent);
                    lent = Lent::new(self.prepare().await?, self.home());
                }
                outcome => return outcome.map(|cursor| cursor.keeping(lent.returning())),
            }
        }
    }

    /// Prepares it, or takes it from where its session keeps it prepared.
    async fn lend(&self) -> Result<Lent> {
        if let (Some(cache), Text::Sql(sql)) = (&self.cache, &self.text) {
            let wanted = Wanted {
                sql,
                transaction: self.shared.transaction().await?,
                mode: self.mode,
                options: &self.options,
                only_reads: sql::only_reads(sql),
            };
            if let Some(known) = cache.take(&wanted) {
                return Ok(Lent::again(known, self.home()));
            }
        }
        Ok(Lent::new(self.prepare().await?, self.home()))
    }

    fn home(&self) -> Weak<StatementCache> {
        match (&self.cache, &self.text) {
            (Some(cache), Text::Sql(_)) => Arc::downgrade(cache),
            _ => Weak::new(),
        }
    }

    /// Says whether there are parameters for the server to bind.
    fn is_prepared(&self) -> bool {
        !self.params.is_none() && self.parameters == ParameterMode::Server
    }

    fn is_update(&self) -> bool {
        match (self.mode, &self.text) {
            (StatementMode::Auto, Text::Sql(sql)) => sql::is_update(sql),
            (mode, _) => mode == StatementMode::Update,
        }
    }

    /// Says whether it is an update even where it is run as a query.
    fn is_change(&self) -> bool {
        match (self.mode, &self.text) {
            (StatementMode::Auto, Text::Sql(sql)) => sql::is_change(sql),
            (mode, _) => mode == StatementMode::Update,
        }
    }

    async fn run(&self, update: bool) -> Result<Cursor> {
        // Boxed, each of them: a plain query would be as large as the largest.
        if update {
            return Ok(Cursor::of_update(Box::pin(self.run_update()).await?));
        }
        if self.is_prepared() {
            return Box::pin(self.run_prepared(StatementMode::Query)).await;
        }
        self.send_query().await
    }

    async fn run_update(&self) -> Result<Option<u64>> {
        if self.is_prepared() {
            let outcome = self.run_prepared(StatementMode::Update).await?;
            return Ok(outcome.rows_affected());
        }
        self.send_update().await
    }

    /// Runs it as a query without preparing it.
    async fn send_query(&self) -> Result<Cursor> {
        self.query_of(&self.direct().await?).await
    }

    /// Runs it as an update without preparing it.
    async fn send_update(&self) -> Result<Option<u64>> {
        let Some(rendered) = self.rendered().await? else {
            return self.update_of(&self.text).await;
        };
        // Every row is written before any runs: a value that cannot be written must not leave half of them done.
        for row in 0..rendered.len() {
            rendered.sql(row)?;
        }
        let mut total = Some(0_u64);
        for row in 0..rendered.len() {
            let text = Text::Sql(rendered.sql(row)?);
            let count = self.update_of(&text).await.map_err(|error| match row {
                0 => error,
                _ => error.hint(format!(
                    "{row} of {} rows of parameters had run before",
                    rendered.len()
                )),
            })?;
            total = total.zip(count).map(|(total, count)| total.saturating_add(count));
        }
        Ok(total)
    }

    /// The text a query is sent as.
    async fn direct(&self) -> Result<Text> {
        if self.params.is_none() {
            return Ok(self.text.clone());
        }
        let Some(rendered) = Box::pin(self.rendered()).await? else {
            return Ok(self.text.clone());
        };
        if rendered.len() != 1 {
            let words = format!(
                "a query takes one row of parameters with parameters=client, given are {}",
                rendered.len()
            );
            return Err(Error::new(Kind::NotSupported, words).during(Operation::Bind));
        }
        rendered.sql(0).map(Text::Sql)
    }

    /// The parameters written into the text, where there are any and that is wanted.
    async fn rendered(&self) -> Result<Option<Rendered>> {
        let Text::Sql(sql) = &self.text else {
            return match self.params.is_none() {
                true => Ok(None),
                false => Err(dialect::cannot_bind(
                    "parameters are not written into a Substrait plan",
                )),
            };
        };
        if self.params.is_none() {
            return Ok(None);
        }
        if self.parameters == ParameterMode::Server {
            let words = "the server cannot prepare statements, and so takes no parameters";
            return Err(dialect::cannot_bind(words).on(self.shared.peer()));
        }
        let dialect = dialect::of(&self.shared, &self.options).await?;
        Rendered::new(sql, &self.params, dialect).map(Some)
    }

    async fn query_of(&self, text: &Text) -> Result<Cursor> {
        let info = self.flight_info_of(text).await?;
        let batches = self.shared.open(info, &self.options, self.handle.clone()).await?;
        count::rows_or_nothing(Cursor::new(batches)).await
    }

    async fn update_of(&self, text: &Text) -> Result<Option<u64>> {
        let transaction = self.shared.transaction().await?;
        if !self.shared.lacks(Feature::Update) {
            let command = match text {
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
                .update(&Operation::Update, &command, None, &self.options)
                .await;
            match self.shared.watch(self.shared.note(Feature::Update, answer)) {
                // Refused unread: nothing has run yet.
                Err(error) if error.kind() == Kind::NotSupported => {}
                answer => return answer,
            }
        }
        count::of_change(self.query_of(text).await?).await
    }

    async fn flight_info_of(&self, text: &Text) -> Result<FlightInfo> {
        let command = self.command(text).await?;
        let answer = self
            .shared
            .protocol()?
            .flight_info(&Operation::Execute, &command, &self.options)
            .await;
        self.shared.watch(answer)
    }

    async fn command(&self, text: &Text) -> Result<Command> {
        let transaction = self.shared.transaction().await?;
        Ok(match text {
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
