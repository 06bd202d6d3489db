//! Savepoints of a transaction.

use bytes::Bytes;

use super::Transaction;
use crate::error::{Operation, Result};
use crate::protocol::SavepointEnd;
use crate::shared::Feature;
use crate::transport::CallOptions;

/// A point of a transaction to which it can be rolled back. Dropping it does nothing: its changes stay in the transaction.
#[derive(Debug)]
#[must_use = "a savepoint is there to be released or rolled back to"]
pub struct Savepoint<'t> {
    transaction: &'t Transaction<'t>,
    id: Bytes,
}

impl<'s> Transaction<'s> {
    /// Makes a savepoint.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server has none.
    pub async fn savepoint<'t>(&'t self, name: &str) -> Result<Savepoint<'t>>
    where
        's: 't,
    {
        let shared = &self.shared;
        shared.demand(Feature::Savepoints, Operation::Savepoint)?;
        let answer = shared
            .protocol()?
            .begin_savepoint(self.id().clone(), name, &CallOptions::new())
            .await;
        let id = shared.note(Feature::Savepoints, answer)?;
        Ok(Savepoint {
            transaction: self,
            id,
        })
    }
}

impl Savepoint<'_> {
    /// Forgets it; the changes since stay in the transaction.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn release(self) -> Result<()> {
        self.end(SavepointEnd::Release).await
    }

    /// Undoes the changes since.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn rollback(self) -> Result<()> {
        self.end(SavepointEnd::Rollback).await
    }

    async fn end(self, end: SavepointEnd) -> Result<()> {
        let protocol = self.transaction.shared.protocol()?;
        protocol.end_savepoint(self.id, end, &CallOptions::new()).await
    }
}
