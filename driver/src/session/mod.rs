//! A session: what a connection string connects to.

mod close;
mod connector;
mod place;
mod probe;
mod savepoint;
mod transaction;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;

pub use self::close::CloseHandle;
pub use self::connector::Connector;
pub use self::probe::Probe;
pub use self::savepoint::{Savepoint, SavepointId};
pub use self::transaction::{Transaction, TransactionOptions};
use crate::catalog::Catalog;
use crate::config::{Config, Manners, PlaceMode};
use crate::cursor::Cursor;
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::{
    ActionType, CancelStatus, Command, FlightDescriptor, FlightEndpoint, FlightInfo, PollInfo,
    SessionOptionValue, SubstraitPlan, Ticket, TransactionEnd,
};
use crate::shared::{Capabilities, Feature, Shared};
use crate::statement::{Ingest, PreparedStatement, Statement, StatementCache};
use crate::stream::{BatchStream, CancelHandle, FlightExchange, FlightReader};
use crate::transport::{CallOptions, Transport};

/// A session with a Flight SQL server: a channel, credentials, cookies, and at most one open transaction.
///
/// Statements of a session may run side by side. Dropping it rolls back what is open and closes the session on the server in the
/// background; [`close`](Self::close) waits for that.
pub struct Session {
    shared: Arc<Shared>,
    /// The statements it keeps prepared, where it keeps any.
    statements: Option<Arc<StatementCache>>,
    /// Its place on a channel that a [`Connector`] shares out.
    lease: Option<Arc<()>>,
}

impl Session {
    /// Connects to what a connection string or a [`Config`] names: opens the channel, logs in where there are credentials, sets catalog and schema.
    ///
    /// ```no_run
    /// # async fn example() -> jetbridge::Result<()> {
    /// let session = jetbridge::Session::connect("flightsql://me:secret@db.example:31337/sales").await?;
    /// let mut cursor = session.query("SELECT id, name FROM customers").await?;
    /// while let Some(row) = cursor.fetch_one().await? {
    ///     println!("{} {}", row.get::<i64>("id")?, row.get::<&str>("name")?);
    /// }
    /// session.close().await
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `Config` when the string is wrong, `Connection` when no host answers, `Authentication` when the credentials are refused, `Timeout` after
    /// `connect_timeout`.
    pub async fn connect<T>(target: T) -> Result<Self>
    where
        T: TryInto<Config>,
        Error: From<T::Error>,
    {
        Connector::new(target)?.connect().await
    }

    async fn begin_over(transport: Transport, lease: Option<Arc<()>>) -> Result<Self> {
        let most = transport.config().get_statement_cache_size().unwrap_or(0);
        let session = Self {
            shared: Shared::new(transport),
            statements: (most > 0).then(|| StatementCache::new(most)),
            lease,
        };
        session.name_place().await?;
        Ok(session)
    }

    /// Tells the server the catalog and schema of the connection string.
    async fn name_place(&self) -> Result<()> {
        if let Some(sql) = place::statement(self.shared.config()) {
            // As a query, wherever its answer is to be read: the servers that want it have no updates.
            let told = self.shared.first_row(&sql, &CallOptions::new()).await;
            return told
                .map(|_| ())
                .map_err(|error| error.during(Operation::SetSessionOptions));
        }
        let options = self.place();
        if options.is_empty() {
            return Ok(());
        }
        self.send_options(options).await
    }

    /// The session options that come from the connection string.
    fn place(&self) -> BTreeMap<String, SessionOptionValue> {
        let config = self.shared.config();
        if config.get_place_mode() != PlaceMode::SessionOptions {
            return BTreeMap::new();
        }
        [("catalog", config.get_catalog()), ("schema", config.get_schema())]
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), SessionOptionValue::from(value?))))
            .collect()
    }

    /// The configuration it was connected with, with what the option `server` sets.
    #[must_use]
    pub fn config(&self) -> &Config {
        self.shared.config()
    }

    /// The server, as `host:port` or the path of a socket.
    #[must_use]
    pub fn peer(&self) -> &str {
        self.shared.peer()
    }

    /// A statement to give parameters, headers or a deadline before it runs.
    pub fn statement(&self, sql: impl Into<String>) -> Statement {
        Statement::new(Arc::clone(&self.shared), sql).kept_in(self.statements.as_ref())
    }

    /// Runs a query; see [`Statement::query`].
    ///
    /// # Errors
    ///
    /// As [`Statement::query`].
    pub async fn query(&self, sql: impl Into<String>) -> Result<Cursor> {
        self.statement(sql).query().await
    }

    /// Runs an update; see [`Statement::update`].
    ///
    /// # Errors
    ///
    /// As [`Statement::update`].
    pub async fn update(&self, sql: impl Into<String>) -> Result<Option<u64>> {
        self.statement(sql).update().await
    }

    /// Runs any statement; see [`Statement::execute`].
    ///
    /// # Errors
    ///
    /// As [`Statement::execute`].
    pub async fn execute(&self, sql: impl Into<String>) -> Result<Cursor> {
        self.statement(sql).execute().await
    }

    /// Prepares a statement.
    ///
    /// # Errors
    ///
    /// As [`Statement::prepare`].
    pub async fn prepare(&self, sql: impl Into<String>) -> Result<PreparedStatement> {
        self.statement(sql).prepare().await
    }

    /// Asks for the FlightInfo of a query, to read its endpoints oneself.
    ///
    /// # Errors
    ///
    /// As [`Statement::flight_info`].
    pub async fn flight_info(&self, sql: impl Into<String>, options: CallOptions) -> Result<FlightInfo> {
        self.statement(sql).options(options).flight_info().await
    }

    /// A Substrait plan to run in place of SQL.
    pub fn substrait(&self, plan: SubstraitPlan) -> Statement {
        Statement::of_plan(Arc::clone(&self.shared), plan)
    }

    /// Loads rows into a table without SQL (`CommandStatementIngest`).
    pub fn ingest(&self, table: impl Into<String>) -> Ingest {
        Ingest::new(Arc::clone(&self.shared), table)
    }

    /// The catalog: schemas, tables, keys, types, capabilities.
    #[must_use]
    pub fn catalog(&self) -> Catalog {
        Catalog::new(Arc::clone(&self.shared))
    }

    /// What the server says it can do (GetSqlInfo). It is asked once per session; one that lacks the command, or answers rubbish, says nothing.
    ///
    /// # Errors
    ///
    /// `Connection`, `Timeout` or `Authentication` when no answer came; the next call asks again.
    pub async fn capabilities(&self) -> Result<Arc<Capabilities>> {
        self.shared.capabilities().await
    }

    /// Which server this is, and what is done otherwise because of that. Where neither the option `server` nor the host says it, the server is
    /// asked once per session, by GetSqlInfo and, where that names none, by `SELECT version()`.
    ///
    /// ```no_run
    /// # async fn example(session: jetbridge::Session) -> jetbridge::Result<()> {
    /// let manners = session.manners().await?;
    /// println!("{:?} speaks {}", manners.server_name(), manners.sql_dialect());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `Connection`, `Timeout` or `Authentication` when no answer came; the next call asks again.
    pub async fn manners(&self) -> Result<Manners> {
        self.shared.manners().await.cloned()
    }

    /// Asks how a command that the server defines itself stands (PollFlightInfo).
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn poll_command(
        &self,
        command: impl Into<bytes::Bytes>,
        options: CallOptions,
    ) -> Result<PollInfo> {
        self.shared
            .protocol()?
            .poll(&Command::Raw(command.into()), &options)
            .await
    }

    /// Polls again what has not ended.
    ///
    /// # Errors
    ///
    /// `State` when it has ended; what the server says.
    pub async fn poll_again(&self, last: &PollInfo, options: CallOptions) -> Result<PollInfo> {
        self.shared.protocol()?.poll_again(last, &options).await
    }

    /// Asks the server to stop working on a query (CancelFlightInfo, else CancelQuery).
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server knows neither.
    pub async fn cancel(&self, info: &FlightInfo) -> Result<CancelStatus> {
        self.shared.cancel(info).await
    }

    /// Asks for more time for an endpoint that expires; the answer is the endpoint to use from now on.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server does not grant time.
    pub async fn renew(&self, endpoint: &FlightEndpoint) -> Result<FlightEndpoint> {
        self.shared.protocol()?.renew(endpoint, &CallOptions::new()).await
    }

    /// Asks for the FlightInfo of a path that the server defines itself, outside of Flight SQL.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn flight_info_for_path(&self, path: Vec<String>, options: CallOptions) -> Result<FlightInfo> {
        self.shared
            .protocol()?
            .flight_info(&Operation::Execute, &Command::Path(path), &options)
            .await
    }

    /// Asks for the FlightInfo of a command that the server defines itself, outside of Flight SQL.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn flight_info_for_command(
        &self,
        command: impl Into<bytes::Bytes>,
        options: CallOptions,
    ) -> Result<FlightInfo> {
        let command = Command::Raw(command.into());
        self.shared
            .protocol()?
            .flight_info(&Operation::Execute, &command, &options)
            .await
    }

    /// Reads one ticket over the session's own connection. A ticket may be good for one read only.
    ///
    /// # Errors
    ///
    /// `NotFound` when the server does not know the ticket, or has given its rows away already.
    pub async fn do_get(&self, ticket: &Ticket, options: CallOptions) -> Result<FlightReader> {
        let operation = Operation::Fetch { endpoint: 0, of: 1 };
        let reply = self
            .shared
            .protocol()?
            .do_get(operation, ticket, &options)
            .await?;
        Ok(FlightReader::new(reply))
    }

    /// Begins an exchange of batches with a server that defines one (DoExchange); batches sent have the schema.
    ///
    /// ```no_run
    /// # async fn example(session: jetbridge::Session, batch: jetbridge::arrow::record_batch::RecordBatch) -> jetbridge::Result<()> {
    /// use jetbridge::{CallOptions, FlightDescriptor};
    /// let echo = FlightDescriptor::Command("echo".into());
    /// let mut exchange = session.do_exchange(echo, batch.schema(), CallOptions::new()).await?;
    /// exchange.send(batch, "first").await?;
    /// let answer = exchange.read_chunk().await?;
    /// exchange.finish().await?;
    /// while let Some(chunk) = exchange.read_chunk().await? {
    ///     println!("{chunk:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `State` when the session is closed. What the server says comes with the first message sent or read, as some begin to answer only then.
    pub async fn do_exchange(
        &self,
        descriptor: FlightDescriptor,
        schema: SchemaRef,
        options: CallOptions,
    ) -> Result<FlightExchange> {
        let protocol = self.shared.protocol()?;
        let exchange = protocol.do_exchange(descriptor, schema, &options)?;
        FlightExchange::begin(protocol.transport(), exchange, &options).await
    }

    /// Reads all endpoints of a FlightInfo, which may come from another session or process.
    ///
    /// # Errors
    ///
    /// As [`do_get`](Self::do_get), naming the endpoint.
    pub async fn read(&self, info: FlightInfo, options: CallOptions) -> Result<BatchStream> {
        self.shared.protocol()?;
        self.shared.open(info, &options, CancelHandle::new()).await
    }

    /// Switches autocommit. With it off, the first statement begins a transaction that lasts until [`commit`](Self::commit) or
    /// [`rollback`](Self::rollback). Switching it on commits what is open.
    ///
    /// # Errors
    ///
    /// As [`commit`](Self::commit).
    pub async fn set_autocommit(&self, autocommit: bool) -> Result<()> {
        if autocommit {
            self.commit().await?;
        }
        self.shared.set_autocommit(autocommit).await;
        Ok(())
    }

    /// Says whether every statement commits by itself.
    pub async fn autocommit(&self) -> bool {
        self.shared.autocommit().await
    }

    /// Says whether a transaction is open.
    pub async fn in_transaction(&self) -> bool {
        self.shared.in_transaction().await
    }

    /// Commits the open transaction; without one there is nothing to do.
    ///
    /// # Errors
    ///
    /// What the server says; `CommitOutcomeUnknown` when the connection broke before its answer.
    pub async fn commit(&self) -> Result<()> {
        self.end(TransactionEnd::Commit).await
    }

    /// Rolls the open transaction back; without one there is nothing to do.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn rollback(&self) -> Result<()> {
        self.end(TransactionEnd::Rollback).await
    }

    /// Sets session options on the server; [`SessionOptionValue::Unset`] erases one.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` naming every option the server refused, `NotSupported` when it has no sessions.
    pub async fn set_options(
        &self,
        options: impl IntoIterator<Item = (String, SessionOptionValue)>,
    ) -> Result<()> {
        let options: BTreeMap<_, _> = options.into_iter().collect();
        // Before the answer: nobody knows what a server has done whose answer was not awaited.
        self.shared.altered(options.keys().cloned());
        let answer = self.send_options(options).await;
        if answer
            .as_ref()
            .is_err_and(|error| error.kind() == Kind::NotSupported)
        {
            let _none = self.shared.take_altered();
        }
        answer
    }

    async fn send_options(&self, options: BTreeMap<String, SessionOptionValue>) -> Result<()> {
        self.shared
            .demand(Feature::SessionOptions, Operation::SessionOptions)?;
        let answer = self
            .shared
            .protocol()?
            .set_session_options(options, &CallOptions::new())
            .await;
        let refused = self.shared.note(Feature::SessionOptions, answer)?;
        if refused.is_empty() {
            return Ok(());
        }
        let refused: Vec<_> = refused
            .iter()
            .map(|(name, why)| format!("{name}: {why}"))
            .collect();
        let words = format!("the server refused session options: {}", refused.join(", "));
        Err(Error::new(Kind::InvalidRequest, words)
            .during(Operation::SetSessionOptions)
            .on(self.peer()))
    }

    /// Makes a catalog the session's own: names without one mean a table in it.
    ///
    /// # Errors
    ///
    /// As [`set_options`](Self::set_options).
    pub async fn set_catalog(&self, name: &str) -> Result<()> {
        self.set_options([("catalog".to_owned(), name.into())]).await
    }

    /// Makes a schema the session's own: names without one mean a table in it.
    ///
    /// # Errors
    ///
    /// As [`set_options`](Self::set_options).
    pub async fn set_schema(&self, name: &str) -> Result<()> {
        self.set_options([("schema".to_owned(), name.into())]).await
    }

    /// The catalog of the session; `None` where the server does not say one.
    ///
    /// # Errors
    ///
    /// As [`options`](Self::options).
    pub async fn current_catalog(&self) -> Result<Option<String>> {
        self.text_option("catalog").await
    }

    /// The schema of the session; `None` where the server does not say one.
    ///
    /// # Errors
    ///
    /// As [`options`](Self::options).
    pub async fn current_schema(&self) -> Result<Option<String>> {
        self.text_option("schema").await
    }

    async fn text_option(&self, name: &str) -> Result<Option<String>> {
        Ok(match self.options().await?.remove(name) {
            Some(SessionOptionValue::Text(value)) if !value.is_empty() => Some(value),
            _ => None,
        })
    }

    /// The session options the server has.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server has no sessions.
    pub async fn options(&self) -> Result<BTreeMap<String, SessionOptionValue>> {
        self.shared
            .demand(Feature::SessionOptions, Operation::SessionOptions)?;
        let answer = self.shared.protocol()?.session_options(&CallOptions::new()).await;
        self.shared.note(Feature::SessionOptions, answer)
    }

    /// The actions the server offers.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn list_actions(&self) -> Result<Vec<ActionType>> {
        self.shared.protocol()?.list_actions(&CallOptions::new()).await
    }

    /// Runs an action by its name and reads its whole answer; the body is sent as it is.
    ///
    /// # Errors
    ///
    /// What the server says, also when it says so only after its first message.
    pub async fn action(
        &self,
        name: &str,
        body: impl Into<bytes::Bytes>,
        options: CallOptions,
    ) -> Result<Vec<bytes::Bytes>> {
        self.shared
            .protocol()?
            .action(&Operation::Action, name, body.into(), &options)
            .await
    }

    /// Says whether an error has left the session in a state nobody knows, or it is closed: a pool drops such a session.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.shared.is_broken()
    }

    /// Says whether an answer did not come in time, so that nobody knows whether the server still hears; a [`ping`](Self::ping) that is answered
    /// clears it up.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.shared.is_in_doubt()
    }

    /// Asks the server for a sign of life: any answer will do.
    ///
    /// # Errors
    ///
    /// `Connection`, `Timeout` or `Authentication` when there is none, or the wrong one.
    pub async fn ping(&self) -> Result<()> {
        match self.list_actions().await {
            Err(error)
                if matches!(
                    error.kind(),
                    Kind::Connection | Kind::Timeout | Kind::Authentication | Kind::State
                ) =>
            {
                Err(error)
            }
            _ => {
                self.shared.mend();
                Ok(())
            }
        }
    }

    /// Puts the session back to what the connection string says: rolls back what is open, waits for clean-ups under way, restores autocommit and
    /// the session options that were set since; those that the string does not name are erased.
    ///
    /// # Errors
    ///
    /// What the server says to the rollback or the options.
    pub async fn reset(&self) -> Result<()> {
        self.end(TransactionEnd::Rollback).await?;
        self.shared
            .set_autocommit(self.shared.config().get_autocommit())
            .await;
        self.shared.settle().await;
        let mut options: BTreeMap<_, _> = self
            .shared
            .take_altered()
            .into_iter()
            .map(|name| (name, SessionOptionValue::Unset))
            .collect();
        if options.is_empty() {
            return Ok(());
        }
        options.extend(self.place());
        self.send_options(options).await
    }

    /// Begins a new session on the server over the same connection and login: whatever the server kept for the old one is gone, options,
    /// cookies, temporary tables and prepared statements included.
    ///
    /// # Errors
    ///
    /// As [`reset`](Self::reset), and what the server says to the end of the old session.
    pub async fn restart(&self) -> Result<()> {
        self.end(TransactionEnd::Rollback).await?;
        self.shared
            .set_autocommit(self.shared.config().get_autocommit())
            .await;
        self.forget_statements();
        if !self.shared.restart().await? {
            return self.reset().await;
        }
        let _gone_with_the_old_session = self.shared.take_altered();
        self.name_place().await
    }

    /// Ends what is open, in the background: results are cancelled, the transaction is rolled back, autocommit is put back. The next statement
    /// waits for the rollback, [`settle`](Self::settle) for all of it. What a pool does when a session is handed back.
    pub fn release(&mut self) {
        self.leave_transaction();
        self.shared.cancel_results();
        self.shared.release();
    }

    /// Waits until clean-ups under way are done: rollbacks, cancelled results, statements closed.
    pub async fn settle(&self) {
        self.shared.settle().await;
    }

    /// Says whether no clean-up is under way.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.shared.is_settled()
    }

    /// Says whether session options were set since it began, or since the last [`reset`](Self::reset).
    #[must_use]
    pub fn has_changed_options(&self) -> bool {
        self.shared.is_altered()
    }

    /// How many handles stand on the session beside itself: statements, results, the catalog; not those that it keeps prepared itself. A pool does not lend a session that
    /// somebody else can still use.
    #[must_use]
    pub fn handles(&self) -> usize {
        let kept = self.statements.as_ref().map_or(0, |statements| statements.len());
        Arc::strong_count(&self.shared).saturating_sub(1 + kept)
    }

    /// What closes the session from elsewhere, without keeping it alive.
    #[must_use]
    pub fn close_handle(&self) -> CloseHandle {
        CloseHandle::new(&self.shared, self.statements.as_ref())
    }

    /// Ends the session: rolls back what is open, finishes clean-ups, closes it on the server.
    ///
    /// # Errors
    ///
    /// What the server said to the rollback; `Connection` or `Timeout` when it did not hear of the end.
    pub async fn close(self) -> Result<()> {
        self.forget_statements();
        self.shared.close().await
    }

    /// Ends the transaction, and with it the statements prepared in it.
    async fn end(&self, end: TransactionEnd) -> Result<()> {
        self.leave_transaction();
        self.shared.end(end).await
    }

    fn leave_transaction(&self) {
        if let Some(statements) = &self.statements {
            statements.leave_transaction();
        }
    }

    fn forget_statements(&self) {
        if let Some(statements) = &self.statements {
            statements.clear();
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("peer", &self.peer())
            .field("broken", &self.is_broken())
            .finish_non_exhaustive()
    }
}
