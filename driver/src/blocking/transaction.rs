//! Transactions and savepoints on the calling thread.

use std::ops::Deref;

use super::{Runtime, Session};
use crate::error::Result;
use crate::session;

/// An open transaction. It stands for its session: statements run through it belong to it.
///
/// Dropping it rolls back in the background; the next statement of the session waits until that is done.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction<'s> {
    transaction: session::Transaction<'s>,
    session: &'s Session,
}

impl<'s> Transaction<'s> {
    pub(super) fn new(transaction: session::Transaction<'s>, session: &'s Session) -> Self {
        Self { transaction, session }
    }

    /// Makes its changes lasting.
    ///
    /// # Errors
    ///
    /// What the server says: a commit that failed is never reported as done. `CommitOutcomeUnknown` when the connection broke before its answer.
    pub fn commit(self) -> Result<()> {
        self.session.block_on(self.transaction.commit())
    }

    /// Undoes its changes.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub fn rollback(self) -> Result<()> {
        self.session.block_on(self.transaction.rollback())
    }

    /// Makes a savepoint.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server has none.
    pub fn savepoint<'t>(&'t self, name: &str) -> Result<Savepoint<'t>>
    where
        's: 't,
    {
        let savepoint = self.session.block_on(self.transaction.savepoint(name))?;
        Ok(Savepoint {
            savepoint,
            runtime: self.session.runtime(),
        })
    }
}

impl Deref for Transaction<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session
    }
}

/// A point of a transaction to which it can be rolled back. Dropping it does nothing: its changes stay in the transaction.
#[derive(Debug)]
#[must_use = "a savepoint is there to be released or rolled back to"]
pub struct Savepoint<'t> {
    savepoint: session::Savepoint<'t>,
    runtime: Runtime,
}

impl Savepoint<'_> {
    /// Forgets it; the changes since stay in the transaction.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub fn release(self) -> Result<()> {
        self.runtime.block_on(self.savepoint.release())
    }

    /// Undoes the changes since.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub fn rollback(self) -> Result<()> {
        self.runtime.block_on(self.savepoint.rollback())
    }
}
