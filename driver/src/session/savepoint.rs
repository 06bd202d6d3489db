//! Savepoints of a transaction.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::{Session, Transaction};
use crate::error::{Error, Kind, Operation, Result, SqlState};
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

/// A savepoint of a session's open transaction, by what the server knows it by; see [`Session::begin_savepoint`].
#[derive(Debug, Clone)]
pub struct SavepointId(Point);

#[derive(Debug, Clone)]
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
        let id = self.open().and_then(OpenTransaction::id);
        Ok(Savepoint {
            transaction: self,
            point: self.make_savepoint(id, name).await?,
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
        let id = self.transaction.open().and_then(OpenTransaction::id);
        self.transaction.finish_savepoint(id, self.point, end).await
    }
}

/// For those who keep a transaction by a switch and not by a guard, as DB-API and ODBC do: see [`set_autocommit`](Session::set_autocommit).
impl Session {
    /// Makes a savepoint in the open transaction; with autocommit off, a transaction is begun where none is open.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server has none; `State` without a transaction.
    pub async fn begin_savepoint(&self, name: &str) -> Result<SavepointId> {
        let id = self.shared.transaction().await?;
        if id.is_none() && !self.in_transaction().await {
            return Err(Error::new(Kind::State, "a savepoint needs an open transaction")
                .state(SqlState::INVALID_TRANSACTION_STATE)
                .during(Operation::Savepoint)
                .on(self.peer()));
        }
        self.make_savepoint(id, name).await.map(SavepointId)
    }

    /// Releases a savepoint of the open transaction, or rolls back to it.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn end_savepoint(&self, savepoint: &SavepointId, end: SavepointEnd) -> Result<()> {
        let id = self.shared.transaction().await?;
        self.finish_savepoint(id, savepoint.0.clone(), end).await
    }

    async fn make_savepoint(&self, transaction: Option<Bytes>, name: &str) -> Result<Point> {
        let Some(id) = transaction else {
            let words = "the server has no savepoints";
            let refused = Error::new(Kind::NotSupported, words).during(Operation::Savepoint);
            return self.savepoint_in_text(None, refused).await;
        };
        match self.savepoint_by_action(id.clone(), name).await {
            Err(error) if error.kind() == Kind::NotSupported => self.savepoint_in_text(Some(id), error).await,
            made => Ok(Point::Id(made?)),
        }
    }

    async fn savepoint_by_action(&self, transaction: Bytes, name: &str) -> Result<Bytes> {
        let shared = &self.shared;
        shared.demand(Feature::Savepoints, Operation::Savepoint)?;
        let answer = shared
            .protocol()?
            .begin_savepoint(transaction, name, &CallOptions::new())
            .await;
        shared.note(Feature::Savepoints, answer)
    }

    async fn savepoint_in_text(&self, transaction: Option<Bytes>, refused: Error) -> Result<Point> {
        if self.shared.capabilities().await?.savepoints() != Some(true) {
            return Err(refused);
        }
        let name = format!("jetbridge_{}", MADE.fetch_add(1, Ordering::Relaxed));
        self.run_in(transaction, &format!("SAVEPOINT {name}")).await?;
        Ok(Point::Text(name))
    }

    async fn finish_savepoint(
        &self,
        transaction: Option<Bytes>,
        point: Point,
        end: SavepointEnd,
    ) -> Result<()> {
        match (point, end) {
            (Point::Id(id), end) => {
                let protocol = self.shared.protocol()?;
                protocol.end_savepoint(id, end, &CallOptions::new()).await
            }
            (Point::Text(name), SavepointEnd::Release) => {
                self.run_in(transaction, &format!("RELEASE SAVEPOINT {name}"))
                    .await
            }
            (Point::Text(name), SavepointEnd::Rollback) => {
                self.run_in(transaction, &format!("ROLLBACK TO SAVEPOINT {name}"))
                    .await
            }
        }
    }

    async fn run_in(&self, transaction: Option<Bytes>, sql: &str) -> Result<()> {
        let options = CallOptions::new();
        let answer = self
            .shared
            .run_text(&Operation::Savepoint, sql, transaction, &options);
        answer.await.map(drop)
    }
}
