//! Sessions on the calling thread.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::{Catalog, Cursor, Ingest, PreparedStatement, Runtime, Statement, Transaction};
use crate::config::{Config, Manners};
use crate::error::{Error, Result};
use crate::protocol::{SessionOptionValue, SubstraitPlan};
use crate::session::{self, TransactionOptions};
use crate::shared::Capabilities;
use crate::transport::CallOptions;

/// A session with a Flight SQL server. See [`jetbridge::Session`](crate::Session).
///
/// It may be used from several threads at once. Dropping it rolls back what is open and closes the session on the server in the
/// background; [`close`](Self::close) waits for that.
pub struct Session {
    held: Held,
    runtime: Runtime,
}

/// A session of its own, or one on loan.
enum Held {
    Own(session::Session),
    Loan(Box<dyn Deref<Target = session::Session> + Send + Sync>),
}

impl Session {
    /// Connects to what a connection string or a [`Config`] names.
    ///
    /// # Errors
    ///
    /// As [`Session::connect`](crate::Session::connect).
    pub fn connect<T>(target: T) -> Result<Self>
    where
        T: TryInto<Config>,
        Error: From<T::Error>,
    {
        Self::open(target.try_into()?)
    }

    fn open(config: Config) -> Result<Self> {
        let runtime = Runtime::shared()?;
        let session = runtime.block_on(session::Session::connect(config))?;
        Ok(Self {
            held: Held::Own(session),
            runtime,
        })
    }

    /// The blocking form of a session on loan, such as a pooled one. Closing or dropping it hands the session back.
    ///
    /// # Errors
    ///
    /// As [`Runtime::shared`].
    pub fn of_loan(loan: impl Deref<Target = session::Session> + Send + Sync + 'static) -> Result<Self> {
        Ok(Self {
            held: Held::Loan(Box::new(loan)),
            runtime: Runtime::shared()?,
        })
    }

    /// The session for asynchronous code, for what is not here; [`block_on`](Self::block_on) waits for it.
    #[must_use]
    pub fn as_async(&self) -> &session::Session {
        match &self.held {
            Held::Own(session) => session,
            Held::Loan(loan) => loan,
        }
    }

    /// Waits for asynchronous work of this session.
    ///
    /// ```no_run
    /// # fn example(session: &jetbridge::blocking::Session) -> jetbridge::Result<()> {
    /// let actions = session.block_on(session.as_async().list_actions())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// What the work says, and as [`Runtime::block_on`].
    pub fn block_on<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.runtime.block_on(work)
    }

    pub(super) fn runtime(&self) -> Runtime {
        self.runtime
    }

    /// The configuration it was connected with.
    #[must_use]
    pub fn config(&self) -> &Config {
        self.as_async().config()
    }

    /// The server, as `host:port` or the path of a socket.
    #[must_use]
    pub fn peer(&self) -> &str {
        self.as_async().peer()
    }

    /// A statement to give parameters, headers or a deadline before it runs.
    pub fn statement(&self, sql: impl Into<String>) -> Statement {
        Statement::new(self.as_async().statement(sql), self.runtime)
    }

    /// A Substrait plan to run in place of SQL.
    pub fn substrait(&self, plan: SubstraitPlan) -> Statement {
        Statement::new(self.as_async().substrait(plan), self.runtime)
    }

    /// Runs a query; see [`Statement::query`].
    ///
    /// # Errors
    ///
    /// As [`Statement::query`].
    pub fn query(&self, sql: impl Into<String>) -> Result<Cursor> {
        self.statement(sql).query()
    }

    /// Runs an update; see [`Statement::update`].
    ///
    /// # Errors
    ///
    /// As [`Statement::update`].
    pub fn update(&self, sql: impl Into<String>) -> Result<Option<u64>> {
        self.statement(sql).update()
    }

    /// Runs any statement; see [`Statement::execute`].
    ///
    /// # Errors
    ///
    /// As [`Statement::execute`].
    pub fn execute(&self, sql: impl Into<String>) -> Result<Cursor> {
        self.statement(sql).execute()
    }

    /// Prepares a statement.
    ///
    /// # Errors
    ///
    /// As [`Statement::prepare`].
    pub fn prepare(&self, sql: impl Into<String>) -> Result<PreparedStatement> {
        self.statement(sql).prepare()
    }

    /// Loads rows into a table without SQL (`CommandStatementIngest`).
    pub fn ingest(&self, table: impl Into<String>) -> Ingest {
        Ingest::new(self.as_async().ingest(table), self.runtime)
    }

    /// The catalog: schemas, tables, keys, types, capabilities.
    #[must_use]
    pub fn catalog(&self) -> Catalog {
        Catalog::new(self.as_async().catalog(), self.runtime)
    }

    /// What the server can do, asked once per session.
    ///
    /// # Errors
    ///
    /// As [`Session::capabilities`](crate::Session::capabilities).
    pub fn capabilities(&self) -> Result<Arc<Capabilities>> {
        self.block_on(self.as_async().capabilities())
    }

    /// Which server this is, and what is done otherwise because of that.
    ///
    /// # Errors
    ///
    /// As [`Session::manners`](crate::Session::manners).
    pub fn manners(&self) -> Result<Manners> {
        self.block_on(self.as_async().manners())
    }

    /// Begins a transaction; every statement until its end belongs to it. Dropping the guard rolls it back.
    ///
    /// # Errors
    ///
    /// As [`Session::begin`](crate::Session::begin).
    pub fn begin(&mut self) -> Result<Transaction<'_>> {
        let session: &Self = self;
        let transaction = session.block_on(session.as_async().begin_alone())?;
        Ok(Transaction::new(transaction, session))
    }

    /// Begins a transaction with an isolation level, or one that changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Session::begin_with`](crate::Session::begin_with).
    pub fn begin_with(&mut self, options: TransactionOptions) -> Result<Transaction<'_>> {
        let session: &Self = self;
        let transaction = session.block_on(session.as_async().begin_alone_with(options))?;
        Ok(Transaction::new(transaction, session))
    }

    /// Makes a catalog the session's own.
    ///
    /// # Errors
    ///
    /// As [`set_options`](Self::set_options).
    pub fn set_catalog(&self, name: &str) -> Result<()> {
        self.block_on(self.as_async().set_catalog(name))
    }

    /// Makes a schema the session's own.
    ///
    /// # Errors
    ///
    /// As [`set_options`](Self::set_options).
    pub fn set_schema(&self, name: &str) -> Result<()> {
        self.block_on(self.as_async().set_schema(name))
    }

    /// The catalog of the session; `None` where the server does not say one.
    ///
    /// # Errors
    ///
    /// As [`options`](Self::options).
    pub fn current_catalog(&self) -> Result<Option<String>> {
        self.block_on(self.as_async().current_catalog())
    }

    /// The schema of the session; `None` where the server does not say one.
    ///
    /// # Errors
    ///
    /// As [`options`](Self::options).
    pub fn current_schema(&self) -> Result<Option<String>> {
        self.block_on(self.as_async().current_schema())
    }

    /// Switches autocommit; switching it on commits what is open.
    ///
    /// # Errors
    ///
    /// As [`commit`](Self::commit).
    pub fn set_autocommit(&self, autocommit: bool) -> Result<()> {
        self.block_on(self.as_async().set_autocommit(autocommit))
    }

    /// Says whether every statement commits by itself.
    ///
    /// # Errors
    ///
    /// As [`Runtime::block_on`].
    pub fn autocommit(&self) -> Result<bool> {
        self.block_on(async { Ok(self.as_async().autocommit().await) })
    }

    /// Says whether a transaction is open.
    ///
    /// # Errors
    ///
    /// As [`Runtime::block_on`].
    pub fn in_transaction(&self) -> Result<bool> {
        self.block_on(async { Ok(self.as_async().in_transaction().await) })
    }

    /// Commits the open transaction; without one there is nothing to do.
    ///
    /// # Errors
    ///
    /// As [`Session::commit`](crate::Session::commit).
    pub fn commit(&self) -> Result<()> {
        self.block_on(self.as_async().commit())
    }

    /// Rolls the open transaction back; without one there is nothing to do.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub fn rollback(&self) -> Result<()> {
        self.block_on(self.as_async().rollback())
    }

    /// Sets session options on the server; [`SessionOptionValue::Unset`] erases one.
    ///
    /// # Errors
    ///
    /// As [`Session::set_options`](crate::Session::set_options).
    pub fn set_options(&self, options: impl IntoIterator<Item = (String, SessionOptionValue)>) -> Result<()> {
        self.block_on(self.as_async().set_options(options))
    }

    /// The session options the server has.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server has no sessions.
    pub fn options(&self) -> Result<BTreeMap<String, SessionOptionValue>> {
        self.block_on(self.as_async().options())
    }

    /// Runs an action by its name and reads its whole answer; the body is sent as it is.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub fn action(
        &self,
        name: &str,
        body: impl Into<bytes::Bytes>,
        options: CallOptions,
    ) -> Result<Vec<bytes::Bytes>> {
        self.block_on(self.as_async().action(name, body, options))
    }

    /// Says whether an error has left the session in a state nobody knows, or it is closed.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.as_async().is_broken()
    }

    /// Asks the server for a sign of life: any answer will do.
    ///
    /// # Errors
    ///
    /// `Connection`, `Timeout` or `Authentication` when there is none, or the wrong one.
    pub fn ping(&self) -> Result<()> {
        self.block_on(self.as_async().ping())
    }

    /// Rolls back what is open and puts autocommit back to what the connection string says.
    ///
    /// # Errors
    ///
    /// What the server says to the rollback.
    pub fn reset(&self) -> Result<()> {
        self.block_on(self.as_async().reset())
    }

    /// Ends the session: rolls back what is open, finishes clean-ups, closes it on the server. A session on loan is handed back instead.
    ///
    /// # Errors
    ///
    /// As [`Session::close`](crate::Session::close).
    pub fn close(self) -> Result<()> {
        match self.held {
            Held::Own(session) => self.runtime.block_on(session.close()),
            Held::Loan(loan) => {
                drop(loan);
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_async().fmt(f)
    }
}
