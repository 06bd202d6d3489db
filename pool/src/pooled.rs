//! A session on loan.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::Arc;

use deadpool::managed::Object;
use jetbridge::{Connector, Result, Session};
use tokio::time::Instant;

use crate::backend::Backend;
use crate::shared::{Manager, User};
use crate::slot::Slot;
use crate::statements::CachedStatement;

/// A session on loan from a pool; dropping it hands it back.
///
/// On the way back, and before anybody else gets it, results that were not read to their end are cancelled, an open transaction is rolled back, and
/// autocommit and session options are put back to what the connection string says. A session that an error has left in doubt is ended and not kept;
/// so is one of which a cursor or a statement is still held: hold the session for as long as what it gave.
pub struct PooledSession(Loan<Connector>);

impl PooledSession {
    pub(crate) fn new(loan: Loan<Connector>) -> Self {
        Self(loan)
    }

    /// Prepares a statement, or takes it from those the session has kept (`pool_statement_cache_size`).
    ///
    /// A statement prepared in a transaction belongs to that transaction: it is prepared anew and not kept.
    ///
    /// # Errors
    ///
    /// As [`Session::prepare`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future is safe; what the server has prepared meanwhile is closed with the session.
    pub async fn prepare_cached(&self, sql: &str) -> Result<CachedStatement<'_>> {
        let session: &Session = self;
        let keeps = session.autocommit().await && !session.in_transaction().await;
        let statements = &self.0.slot().statements;
        if let Some(known) = keeps.then(|| statements.find(sql)).flatten() {
            return Ok(CachedStatement::new(known));
        }
        let statement = Arc::new(Box::pin(session.prepare(sql)).await?);
        if keeps {
            statements.keep(Arc::clone(&statement));
        }
        Ok(CachedStatement::new(statement))
    }
}

impl Deref for PooledSession {
    type Target = Session;

    #[track_caller]
    fn deref(&self) -> &Session {
        &self.0.slot().session
    }
}

impl DerefMut for PooledSession {
    #[track_caller]
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.0.slot_mut().session
    }
}

impl fmt::Debug for PooledSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PooledSession").field(&**self).finish()
    }
}

/// A session that somebody has, of any backend.
pub(crate) struct Loan<B: Backend> {
    /// There until the drop.
    object: Option<Object<Manager<B>>>,
    user: User<B>,
    taken: Instant,
    /// Its number among the loans that are watched.
    number: Option<u64>,
}

impl<B: Backend> Loan<B> {
    pub(crate) fn new(
        object: Object<Manager<B>>,
        mut user: User<B>,
        taken: Instant,
        site: &'static Location<'static>,
    ) -> Self {
        user.got_one();
        Self {
            object: Some(object),
            number: user.core().loans.open(site),
            user,
            taken,
        }
    }

    #[track_caller]
    pub(crate) fn slot(&self) -> &Slot<B> {
        match &self.object {
            Some(object) => object,
            None => unreachable!("a session is there until it is dropped"),
        }
    }

    #[track_caller]
    pub(crate) fn slot_mut(&mut self) -> &mut Slot<B> {
        match &mut self.object {
            Some(object) => object,
            None => unreachable!("a session is there until it is dropped"),
        }
    }
}

impl<B: Backend> Drop for Loan<B> {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else { return };
        let core = self.user.core();
        core.counts.held(self.taken.elapsed());
        if let Some(number) = self.number {
            core.loans.close(number);
        }
        core.hand_back(object);
    }
}
