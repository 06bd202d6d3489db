//! Savepoints of a transaction.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::Transaction;
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::SavepointEnd;
use crate::shared::{Feature, OpenTransaction};
use crate::transport::CallOptions;

/// Numbers the savepoints that are made by SQL, so that each has a name of its own.
static MADE: AtomicU64 = AtomicU64::new(1);

/// A point of a transaction to which it can be rolled back. Dropping it does nothing: its changes stay in the transaction.
#[derive(Debug)]
#[must_use = "a savepoint is there to be released or rolled back to"]
pub struct Savepoint<'t> {
    transaction: &'t Transaction<'t>,
    point: Point,
}

/// What the server knows it by.
#[derive(Debug)]
enum Point {
    /// Made by BeginSavepoint.
    Id(Bytes),
    /// Made by `SAVEPOINT`, with this name.
    Text(String),
}

impl<'s> Transaction<'s> {
    /// Makes a savepoint: by the action, or by `SAVEPOINT` where the server lacks that and says (by SqlInfo) that its SQL has savepoints.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server has none.
    pub async fn savepoint<'t>(&'t self, name: &str) -> Result<Savepoint<'t>>
    where
        's: 't,
    {
        let point = match self.open() {
            Some(OpenTransaction::Id(id)) => match self.begin_savepoint(id.clone(), name).await {
                Err(error) if error.kind() == Kind::NotSupported => self.savepoint_in_text(error).await?,
                id => Point::Id(id?),
            },
            _ => {
                let words = "the server has no savepoints";
                self.savepoint_in_text(Error::new(Kind::NotSupported, words).during(Operation::Savepoint))
                    .await?
            }
        };
        Ok(Savepoint {
            transaction: self,
            point,
        })
    }

    async fn begin_savepoint(&self, transaction: Bytes, name: &str) -> Result<Bytes> {
        let shared = &self.shared;
        shared.demand(Feature::Savepoints, Operation::Savepoint)?;
        let answer = shared
            .protocol()?
            .begin_savepoint(transaction, name, &CallOptions::new())
            .await;
        shared.note(Feature::Savepoints, answer)
    }

    async fn savepoint_in_text(&self, refused: Error) -> Result<Point> {
        if self.shared.capabilities().await?.savepoints() != Some(true) {
            return Err(refused);
        }
        let name = format!("jetbridge_{}", MADE.fetch_add(1, Ordering::Relaxed));
        self.run_in_it(&format!("SAVEPOINT {name}")).await?;
        Ok(Point::Text(name))
    }

    async fn run_in_it(&self, sql: &str) -> Result<()> {
        let id = self.open().and_then(OpenTransaction::id);
        let options = CallOptions::new();
        let answer = self.shared.run_text(&Operation::Savepoint, sql, id, &options);
        answer.await.map(drop)
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
        match (self.point, end) {
            (Point::Id(id), end) => {
                let protocol = self.transaction.shared.protocol()?;
                protocol.end_savepoint(id, end, &CallOptions::new()).await
            }
            (Point::Text(name), SavepointEnd::Release) => {
                self.transaction
                    .run_in_it(&format!("RELEASE SAVEPOINT {name}"))
                    .await
            }
            (Point::Text(name), SavepointEnd::Rollback) => {
                self.transaction
                    .run_in_it(&format!("ROLLBACK TO SAVEPOINT {name}"))
                    .await
            }
        }
    }
}
