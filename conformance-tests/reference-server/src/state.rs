//! What all calls share.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tonic::Status;

use crate::auth::Gate;
use crate::capability::Capability;
use crate::catalog;
use crate::counters::{Counters, Tally};
use crate::cursor::Parameters;
use crate::database::{Database, controls_transaction, leaves_traces};
use crate::hints::Hints;
use crate::ids::Ids;
use crate::poll::Polls;
use crate::results::{Place, Query};
use crate::sessions::{Session, Sessions, default_catalogs};
use crate::statements::Statements;
use crate::stop::Stop;
use crate::tickets::Tickets;
use crate::transactions::Transactions;

/// How often expired tickets, polls and idle transactions are looked for.
const SWEEP: Duration = Duration::from_millis(500);

/// The server's memory.
pub(crate) struct State {
    pub(crate) database: Arc<Database>,
    pub(crate) transactions: Transactions,
    pub(crate) sessions: Sessions,
    pub(crate) statements: Statements,
    pub(crate) tickets: Tickets,
    pub(crate) polls: Polls,
    pub(crate) tally: Arc<Tally>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) lazy: bool,
    pub(crate) without: HashSet<Capability>,
    pub(crate) panics: HashSet<Capability>,
    pub(crate) transaction_timeout: Duration,
    /// What it says of itself; statements are not refused.
    pub(crate) read_only: bool,
}

impl State {
    pub(crate) fn new(
        database: Database,
        gate: Arc<Gate>,
        tally: Arc<Tally>,
        ids: Arc<Ids>,
        lazy: bool,
        without: HashSet<Capability>,
        transaction_timeout: Duration,
    ) -> Self {
        let database = Arc::new(database);
        Self {
            transactions: Transactions::new(database.clone(), ids.clone()),
            sessions: Sessions::new(ids.clone()),
            statements: Statements::new(ids.clone()),
            tickets: Tickets::new(ids.clone()),
            polls: Polls::new(ids),
            database,
            tally,
            gate,
            lazy,
            without,
            panics: HashSet::new(),
            transaction_timeout,
            read_only: false,
        }
    }

    /// Refuses what was switched off.
    ///
    /// # Errors
    ///
    /// `UNIMPLEMENTED`.
    ///
    /// # Panics
    ///
    /// Where the server was started so: some servers do that in place of an answer, and clients must live with it.
    pub(crate) fn has(&self, capability: Capability) -> Result<(), Status> {
        assert!(
            !self.panics.contains(&capability),
            "this server was started so that it panics over {capability:?}"
        );
        if self.without.contains(&capability) {
            return Err(Status::unimplemented(format!(
                "this server was started without {capability:?}"
            )));
        }
        Ok(())
    }

    /// What the server says about itself.
    pub(crate) fn facts(&self) -> catalog::Facts {
        let has = |capability| !self.without.contains(&capability);
        catalog::Facts {
            transactions: has(Capability::Transactions),
            savepoints: has(Capability::Savepoints),
            cancel: has(Capability::Cancel),
            ingest: has(Capability::Ingest),
            transaction_timeout: self.transaction_timeout,
            read_only: self.read_only,
        }
    }

    pub(crate) fn counters(&self) -> Counters {
        let mut counters = self.tally.snapshot();
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        counters.open_transactions = number(self.transactions.count());
        counters.open_statements = number(self.statements.count());
        counters.open_sessions = number(self.sessions.count());
        counters.open_tickets = number(self.tickets.count());
        counters
    }

    /// Puts a statement where it belongs: into its transaction, its session's own connection, or any.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` for an unknown transaction, `INVALID_ARGUMENT` for unreadable hints, `FAILED_PRECONDITION` for
    /// transaction statements in a place that cannot keep them.
    pub(crate) async fn query(
        &self,
        session: Option<&Arc<Session>>,
        sql: String,
        transaction: Option<&[u8]>,
        parameters: Option<Parameters>,
    ) -> Result<Query, Status> {
        let hints = Hints::parse(&sql)?;
        let place = match transaction.filter(|id| !id.is_empty()) {
            Some(_) if controls_transaction(&sql) => {
                return Err(Status::failed_precondition(
                    "a transaction begun by BeginTransaction is ended by EndTransaction, not by a statement",
                ));
            }
            Some(id) => Place::Transaction(self.transactions.get(id)?),
            None => self.place(session, &sql).await?,
        };
        Ok(Query {
            sql,
            parameters,
            place,
            hints,
        })
    }

    async fn place(&self, session: Option<&Arc<Session>>, sql: &str) -> Result<Place, Status> {
        let Some(session) = session else {
            if controls_transaction(sql) {
                return Err(Status::failed_precondition(
                    "a transaction statement needs a session to live in: set a session option first, or use \
                     BeginTransaction",
                ));
            }
            return Ok(Place::Pool(self.database.clone()));
        };
        if leaves_traces(sql) || controls_transaction(sql) {
            return Ok(Place::Session(session.own_lease(&self.database).await?));
        }
        Ok(self.place_of(Some(session)))
    }

    /// Where a question without text of its own is answered: the catalog as this session sees it.
    pub(crate) fn place_of(&self, session: Option<&Arc<Session>>) -> Place {
        match session.and_then(|session| session.lease()) {
            Some(lease) => Place::Session(lease),
            None => Place::Pool(self.database.clone()),
        }
    }

    /// The catalogs a session can name; none when they cannot be read.
    pub(crate) async fn catalog_names(&self, session: &Arc<Session>) -> Vec<String> {
        let place = self.place_of(Some(session));
        let names = place
            .call(&Stop::default(), |desk| catalog::catalogs(desk.connection))
            .await;
        names.unwrap_or_else(|_| default_catalogs())
    }

    /// Looks for what has expired, until the server ends.
    pub(crate) async fn sweep(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(SWEEP.min(self.transaction_timeout));
        loop {
            ticks.tick().await;
            self.tickets.sweep();
            self.polls.sweep();
            self.transactions.end_idle(self.transaction_timeout).await;
        }
    }
}
