//! A transaction: committed, rolled back, or rolled back because its guard was dropped.

use std::ops::Deref;

use bytes::Bytes;

use super::Session;
use crate::error::Result;
use crate::protocol::TransactionEnd;

/// An open transaction. It stands for its session: statements run through it belong to it.
///
/// Dropping it rolls back in the background; the next statement of the session waits until that is done.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction<'s> {
    session: &'s Session,
    /// Empty once it has ended.
    id: Bytes,
}

impl<'s> Transaction<'s> {
    pub(super) fn new(session: &'s Session, id: Bytes) -> Self {
        Self { session, id }
    }

    pub(super) fn id(&self) -> &Bytes {
        &self.id
    }

    /// Makes its changes lasting.
    ///
    /// # Errors
    ///
    /// What the server says: a commit that failed is never reported as done. `CommitOutcomeUnknown` when the connection broke before its answer.
    ///
    /// # Cancellation
    ///
    /// Dropping the future rolls back, unless the server has committed already.
    pub async fn commit(mut self) -> Result<()> {
        self.end(TransactionEnd::Commit).await
    }

    /// Undoes its changes.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn rollback(mut self) -> Result<()> {
        self.end(TransactionEnd::Rollback).await
    }

    async fn end(&mut self, end: TransactionEnd) -> Result<()> {
        let ended = self.session.shared.end(end).await;
        self.id = Bytes::new();
        ended
    }
}

impl Deref for Transaction<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.id.is_empty() {
            self.session.shared.abandon_transaction(&self.id);
        }
    }
}
