//! The statements that a session keeps prepared for when they come again.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::PreparedStatement;
use crate::config::StatementMode;
use crate::transport::CallOptions;
use crate::types::Params;

/// A change is not run by a handle that has lain longer: should the server have forgotten it, a query is prepared again, a change is an error.
const FRESH: Duration = Duration::from_secs(30);

/// Prepared statements that nobody uses, by the text they were given as; the one used longest ago makes room.
///
/// Who runs one takes it out until its result is read: parameters belong to the handle, and some servers run the statement only when its rows
/// are asked for.
pub(crate) struct StatementCache {
    most: usize,
    idle: Mutex<VecDeque<Idle>>,
}

struct Idle {
    statement: PreparedStatement,
    since: Instant,
}

/// What a statement is looked for by.
pub(super) struct Wanted<'a> {
    pub(super) sql: &'a str,
    pub(super) transaction: Option<Bytes>,
    pub(super) mode: StatementMode,
    pub(super) options: &'a CallOptions,
    /// It changes nothing.
    pub(super) only_reads: bool,
}

impl StatementCache {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            idle: Mutex::default(),
        })
    }

    /// How many statements lie there.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Closes all.
    pub(crate) fn clear(&self) {
        drop(std::mem::take(&mut *self.lock()));
    }

    /// Closes those that belong to a transaction, which is about to end.
    pub(crate) fn leave_transaction(&self) {
        drop(self.remove(|idle| idle.statement.transaction().is_some()));
    }

    /// Takes a statement that was prepared in the transaction that is open, or outside of any where none is.
    pub(super) fn take(&self, wanted: &Wanted<'_>) -> Option<PreparedStatement> {
        // What an earlier transaction has left is of no use to anybody.
        drop(self.remove(|idle| {
            let transaction = idle.statement.transaction();
            transaction.is_some() && transaction != wanted.transaction
        }));
        let mut idle = self.lock();
        let found = idle.iter().rposition(|idle| {
            let is_fresh = wanted.only_reads || idle.since.elapsed() < FRESH;
            is_fresh
                && idle.statement.sql() == wanted.sql
                && idle.statement.transaction() == wanted.transaction
        })?;
        let mut statement = idle.remove(found)?.statement;
        drop(idle);
        statement.serve(wanted.mode, wanted.options);
        Some(statement)
    }

    fn put_back(&self, statement: PreparedStatement) {
        let mut idle = self.lock();
        idle.push_back(Idle {
            statement,
            since: Instant::now(),
        });
        let gone = match idle.len() > self.most {
            true => idle.pop_front(),
            false => None,
        };
        drop(idle);
        drop(gone);
    }

    /// They are closed where they are dropped, which is not done under the lock.
    fn remove(&self, is_gone: impl Fn(&Idle) -> bool) -> VecDeque<Idle> {
        let mut idle = self.lock();
        let (gone, left) = std::mem::take(&mut *idle).into_iter().partition(is_gone);
        *idle = left;
        gone
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for StatementCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatementCache({} of {})", self.len(), self.most)
    }
}

/// A prepared statement in use, of a session that may keep it afterwards.
///
/// One whose run failed, or was given up, is closed: nobody knows what it is left with.
pub(super) struct Lent {
    statement: PreparedStatement,
    /// The session and its cache may be gone by the time the statement has run.
    home: Weak<StatementCache>,
    /// It has run before.
    is_old: bool,
}

impl Lent {
    pub(super) fn new(statement: PreparedStatement, home: Weak<StatementCache>) -> Self {
        Self {
            statement,
            home,
            is_old: false,
        }
    }

    pub(super) fn again(statement: PreparedStatement, home: Weak<StatementCache>) -> Self {
        Self {
            is_old: true,
            ..Self::new(statement, home)
        }
    }

    /// Says whether it was prepared for an earlier run, and does not take these parameters.
    pub(super) fn is_outdated_for(&self, params: &Params) -> bool {
        self.is_old && !self.statement.takes(params)
    }

    pub(super) fn statement(&self) -> &PreparedStatement {
        &self.statement
    }

    /// It has run, and goes home when what is given is dropped.
    pub(super) fn returning(self) -> Returning {
        Returning(Some(self))
    }
}

/// A prepared statement that goes home when this is dropped.
pub(super) struct Returning(Option<Lent>);

impl Drop for Returning {
    fn drop(&mut self) {
        if let Some(Lent { statement, home, .. }) = self.0.take()
            && let Some(home) = home.upgrade()
            && statement.has_handle()
        {
            home.put_back(statement);
        }
    }
}
