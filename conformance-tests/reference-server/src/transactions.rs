//! Transactions and savepoints: each transaction has a connection of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tonic::Status;

use crate::database::{Database, Lease, run};
use crate::ids::Ids;
use crate::stop::Stop;

/// An open transaction.
pub(crate) struct Transaction {
    pub(crate) id: String,
    pub(crate) lease: Arc<Lease>,
    session: Option<String>,
    used: Mutex<Instant>,
    /// Ids in the order of their creation; the SQL name is made from the id.
    savepoints: Mutex<Vec<String>>,
}

impl Transaction {
    fn touch(&self) {
        *lock(&self.used) = Instant::now();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All open transactions.
pub(crate) struct Transactions {
    open: Mutex<HashMap<String, Arc<Transaction>>>,
    database: Arc<Database>,
    ids: Arc<Ids>,
}

impl Transactions {
    pub(crate) fn new(database: Arc<Database>, ids: Arc<Ids>) -> Self {
        Self {
            open: Mutex::default(),
            database,
            ids,
        }
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.open).len()
    }

    /// Begins a transaction on a connection of its own.
    pub(crate) async fn begin(&self, session: Option<String>) -> Result<String, Status> {
        let lease = self.database.lease().await?;
        lease.call(&Stop::default(), |desk| run(desk, "BEGIN")).await?;
        let id = self.ids.fresh();
        let transaction = Transaction {
            id: id.clone(),
            lease: Arc::new(lease),
            session,
            used: Mutex::new(Instant::now()),
            savepoints: Mutex::default(),
        };
        lock(&self.open).insert(id.clone(), Arc::new(transaction));
        Ok(id)
    }

    /// Finds an open transaction.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` for an id that is unknown or has ended.
    pub(crate) fn get(&self, id: &[u8]) -> Result<Arc<Transaction>, Status> {
        let found = std::str::from_utf8(id)
            .ok()
            .and_then(|id| lock(&self.open).get(id).cloned());
        let transaction = found.ok_or_else(unknown)?;
        transaction.touch();
        Ok(transaction)
    }

    /// Commits or rolls back.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` for an unknown id; SQLite's refusal to commit, after which the transaction is still open; `ABORTED`
    /// when SQLite had already rolled it back.
    pub(crate) async fn end(&self, id: &[u8], commit: bool) -> Result<(), Status> {
        let transaction = self.get(id)?;
        // Taken out first, so that two requests cannot both end it.
        lock(&self.open).remove(&transaction.id).ok_or_else(unknown)?;
        let stop = Stop::default();
        let outcome = transaction.lease.call(&stop, move |desk| {
            if desk.connection.is_autocommit() {
                return if commit { Err(rolled_back()) } else { Ok(()) };
            }
            if !commit {
                desk.close_all();
            }
            run(desk, if commit { "COMMIT" } else { "ROLLBACK" })
                .map_err(|error| Status::new(error.code(), error.message()))
        });
        let outcome = outcome.await;
        if let Err(error) = &outcome
            && commit
            && error.message() != rolled_back().message()
        {
            lock(&self.open).insert(transaction.id.clone(), transaction);
        }
        outcome
    }

    /// Begins a savepoint; its id leads back to it.
    pub(crate) async fn begin_savepoint(&self, transaction: &[u8]) -> Result<String, Status> {
        let transaction = self.get(transaction)?;
        let id = format!("{}.{}", transaction.id, self.ids.fresh());
        let sql = format!("SAVEPOINT \"{id}\"");
        transaction
            .lease
            .call(&Stop::default(), move |desk| {
                still_open(desk)?;
                run(desk, &sql)
            })
            .await?;
        lock(&transaction.savepoints).push(id.clone());
        Ok(id)
    }

    /// Releases a savepoint, or rolls back to it (and then it stays).
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` when the savepoint is unknown, was released, or went with an earlier one.
    pub(crate) async fn end_savepoint(&self, id: &[u8], release: bool) -> Result<(), Status> {
        let unknown = || Status::not_found("no such savepoint: it is unknown, or has ended");
        let id = std::str::from_utf8(id).map_err(|_| unknown())?.to_owned();
        let (transaction, _) = id.split_once('.').ok_or_else(unknown)?;
        let transaction = self.get(transaction.as_bytes()).map_err(|_| unknown())?;
        let position = lock(&transaction.savepoints)
            .iter()
            .position(|known| *known == id)
            .ok_or_else(unknown)?;
        let sql = if release {
            format!("RELEASE \"{id}\"")
        } else {
            format!("ROLLBACK TO \"{id}\"")
        };
        transaction
            .lease
            .call(&Stop::default(), move |desk| {
                still_open(desk)?;
                run(desk, &sql)
            })
            .await?;
        // Whatever was begun after it is gone either way.
        lock(&transaction.savepoints).truncate(if release { position } else { position + 1 });
        Ok(())
    }

    /// Rolls back what a session left open.
    pub(crate) async fn end_session(&self, session: &str) {
        self.roll_back_where(|transaction| transaction.session.as_deref() == Some(session))
            .await;
    }

    /// Rolls back what nobody has used for so long.
    pub(crate) async fn end_idle(&self, longest: Duration) {
        self.roll_back_where(|transaction| lock(&transaction.used).elapsed() > longest)
            .await;
    }

    async fn roll_back_where(&self, condition: impl Fn(&Transaction) -> bool) {
        let ids: Vec<String> = lock(&self.open)
            .values()
            .filter(|one| condition(one))
            .map(|one| one.id.clone())
            .collect();
        for id in ids {
            // Somebody else may have ended it in between; the connection is cleaned in any case.
            let _ = self.end(id.as_bytes(), false).await;
        }
    }
}

fn unknown() -> Status {
    Status::not_found("no such transaction: it is unknown, or has ended")
}

fn rolled_back() -> Status {
    Status::aborted("SQLite has rolled back this transaction")
}

/// Refuses to work in autocommit mode because the transaction was rolled back behind the client's back.
pub(crate) fn still_open(desk: &crate::worker::Desk<'_>) -> Result<(), Status> {
    if desk.connection.is_autocommit() {
        Err(rolled_back())
    } else {
        Ok(())
    }
}
