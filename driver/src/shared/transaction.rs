//! The one transaction a session can have open: begun by an action, or by SQL where the server's sessions keep one.

use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::janitor::{Janitor, Job, Made};
use super::{Feature, Shared};
use crate::error::{Error, Kind, Operation, Result, SqlState};
use crate::protocol::{Protocol, TransactionEnd};
use crate::transport::CallOptions;

/// An open transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OpenTransaction {
    /// Begun by BeginTransaction: statements carry its id.
    Id(Bytes),
    /// Begun by `BEGIN`: the server's session has it. They are numbered, to tell one from the next.
    Text(u64),
}

impl OpenTransaction {
    /// What statements carry.
    pub(crate) fn id(&self) -> Option<Bytes> {
        match self {
            Self::Id(id) => Some(id.clone()),
            Self::Text(_) => None,
        }
    }

    /// Says whether it may still be open after a rollback that failed: not when the server knows of none.
    pub(super) fn may_be_left_by(&self, error: &Error) -> bool {
        match self {
            Self::Id(_) => error.kind() != Kind::NotFound,
            Self::Text(_) => error.leaves_doubt() || error.kind() == Kind::Timeout,
        }
    }

    /// Ends it. A commit whose answer did not come may have happened: the error then says so.
    pub(super) async fn end(&self, protocol: &Protocol, end: TransactionEnd) -> Result<()> {
        let options = CallOptions::new();
        match (self, end) {
            (Self::Id(id), end) => protocol.end(id.clone(), end, &options).await,
            (Self::Text(_), end) => {
                let ended = match end {
                    TransactionEnd::Commit => protocol
                        .run_text(&Operation::Commit, "COMMIT", None, &options)
                        .await
                        .map_err(Error::of_commit),
                    TransactionEnd::Rollback => {
                        protocol
                            .run_text(&Operation::Rollback, "ROLLBACK", None, &options)
                            .await
                    }
                };
                protocol.transport().pin(false);
                ended.map(drop)
            }
        }
    }
}

/// What a session knows of its transaction.
#[derive(Debug)]
pub(super) struct TransactionState {
    pub(super) current: Option<OpenTransaction>,
    pub(super) autocommit: bool,
    /// Of the transactions begun by text.
    begun: u64,
}

impl TransactionState {
    pub(super) fn new(autocommit: bool) -> Self {
        Self {
            current: None,
            autocommit,
            begun: 0,
        }
    }
}

impl Shared {
    /// The id of the transaction a statement belongs to; with autocommit off, one is begun for it.
    pub(crate) async fn transaction(&self) -> Result<Option<Bytes>> {
        self.janitor.settle().await;
        let mut state = self.transaction.lock().await;
        if state.current.is_none() && !state.autocommit {
            state.current = Some(Box::pin(self.begin_on_server(&mut state.begun)).await?);
        }
        Ok(state.current.as_ref().and_then(OpenTransaction::id))
    }

    /// Begins the session's transaction.
    pub(crate) async fn begin(&self) -> Result<OpenTransaction> {
        self.janitor.settle().await;
        let mut state = self.transaction.lock().await;
        if state.current.is_some() {
            return Err(Error::new(Kind::State, "the session has a transaction open")
                .state(SqlState::INVALID_TRANSACTION_STATE)
                .during(Operation::Begin)
                .on(self.peer()));
        }
        let open = self.begin_on_server(&mut state.begun).await?;
        state.current = Some(open.clone());
        Ok(open)
    }

    async fn begin_on_server(&self, begun: &mut u64) -> Result<OpenTransaction> {
        let options = CallOptions::new();
        let protocol = self.protocol()?;
        let refused = match self.demand(Feature::Transactions, Operation::Begin) {
            Ok(()) => match self.make_transaction().await {
                Ok(id) => return Ok(OpenTransaction::Id(id)),
                Err(error) => error,
            },
            Err(error) => error,
        };
        if refused.kind() != Kind::NotSupported || !self.session_keeps_transactions().await? {
            return Err(refused);
        }
        // Dropped while it is under way, or cut: whether it has begun is not known, and a rollback too many does no harm.
        let mut unless_begun = RollbackUnlessEnded {
            janitor: &self.janitor,
            open: Some(OpenTransaction::Text(*begun)),
        };
        protocol
            .run_text(&Operation::Begin, "BEGIN", None, &options)
            .await?;
        unless_begun.open = None;
        protocol.transport().pin(true);
        *begun = begun.saturating_add(1);
        Ok(OpenTransaction::Text(*begun))
    }

    /// Begins a transaction by its action. Should the caller stop waiting, it is rolled back.
    async fn make_transaction(&self) -> Result<Bytes> {
        let protocol = self.protocol()?.clone();
        let begin = async move { protocol.begin(&CallOptions::new()).await };
        let begun = self.janitor.make(Made::Transaction, begin).await;
        self.watch(self.note(Feature::Transactions, begun))
    }

    /// Says whether the server has transactions in SQL and a session to keep them in: a `BEGIN` without one would be forgotten at once, and
    /// what follows could not be rolled back.
    async fn session_keeps_transactions(&self) -> Result<bool> {
        if self.capabilities().await?.sql_transactions() != Some(true) {
            return Ok(false);
        }
        if !self.protocol.transport().has_cookies() && !self.lacks(Feature::SessionOptions) {
            // Asked for its options, a server that has sessions gives one.
            let asked = self.protocol.session_options(&CallOptions::new()).await;
            let _no_sessions = self.note(Feature::SessionOptions, asked);
        }
        Ok(self.protocol.transport().has_cookies())
    }

    /// Begins a transaction that is not the session's, where the server can; none where one is open or the server has no actions for them.
    pub(crate) async fn begin_apart(&self) -> Result<Option<Apart<'_>>> {
        if self.in_transaction().await || self.lacks(Feature::Transactions) {
            return Ok(None);
        }
        match self.make_transaction().await {
            Ok(id) => Ok(Some(Apart(
                RollbackUnlessEnded {
                    janitor: &self.janitor,
                    open: Some(OpenTransaction::Id(id)),
                },
                &self.protocol,
            ))),
            Err(error) if error.kind() == Kind::NotSupported => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Ends the session's transaction; without one, nothing is to be done.
    ///
    /// The transaction counts as ended before the server is asked: one whose end failed is of no use to any later statement.
    pub(crate) async fn end(&self, end: TransactionEnd) -> Result<()> {
        self.janitor.settle().await;
        let mut state = self.transaction.lock().await;
        let Some(open) = state.current.clone() else {
            return Ok(());
        };
        // Should this future be dropped while the server is asked, the janitor rolls back.
        let mut rollback = RollbackUnlessEnded {
            janitor: &self.janitor,
            open: Some(open.clone()),
        };
        state.current = None;
        let ended = open.end(self.protocol()?, end).await;
        if ended.is_ok() || end == TransactionEnd::Rollback {
            rollback.open = None;
        }
        self.watch(ended)
    }

    pub(crate) async fn set_autocommit(&self, autocommit: bool) {
        self.transaction.lock().await.autocommit = autocommit;
    }

    pub(crate) async fn autocommit(&self) -> bool {
        self.transaction.lock().await.autocommit
    }

    pub(crate) async fn in_transaction(&self) -> bool {
        self.janitor.settle().await;
        self.transaction.lock().await.current.is_some()
    }

    /// Has a transaction rolled back by the janitor: its guard was dropped.
    pub(crate) fn abandon_transaction(&self, open: &OpenTransaction) {
        if let Ok(mut state) = self.transaction.try_lock() {
            if state.current.as_ref() != Some(open) {
                return;
            }
            state.current = None;
        }
        self.janitor.send(Job::Rollback(open.clone()));
    }

    /// Has whatever transaction is open rolled back by the janitor, and autocommit put back.
    pub(crate) fn release(&self) {
        // Nobody else holds the lock: the session is borrowed exclusively, and its statements hold it only while they begin.
        if let Ok(mut state) = self.transaction.try_lock() {
            state.autocommit = self.config().get_autocommit();
            if let Some(open) = state.current.take() {
                self.janitor.send(Job::Rollback(open));
            }
        } else {
            self.broken.store(true, Ordering::Release);
        }
    }
}

/// Has a transaction rolled back when it is dropped before it has ended.
struct RollbackUnlessEnded<'a> {
    janitor: &'a Janitor,
    open: Option<OpenTransaction>,
}

impl Drop for RollbackUnlessEnded<'_> {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            self.janitor.send(Job::Rollback(open));
        }
    }
}

/// A transaction beside the session's; dropped, it is rolled back.
pub(crate) struct Apart<'a>(RollbackUnlessEnded<'a>, &'a Protocol);

impl Apart<'_> {
    pub(crate) fn id(&self) -> Option<Bytes> {
        self.0.open.as_ref().and_then(OpenTransaction::id)
    }

    pub(crate) async fn commit(self) -> Result<()> {
        self.end(TransactionEnd::Commit).await
    }

    pub(crate) async fn rollback(self) -> Result<()> {
        self.end(TransactionEnd::Rollback).await
    }

    async fn end(mut self, end: TransactionEnd) -> Result<()> {
        let Some(open) = self.0.open.clone() else {
            return Ok(());
        };
        let ended = open.end(self.1, end).await;
        if ended.is_ok() || end == TransactionEnd::Rollback {
            self.0.open = None;
        }
        ended
    }
}
