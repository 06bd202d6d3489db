//! A transaction: committed, rolled back, or rolled back because its guard was dropped.

use std::ops::Deref;

use super::Session;
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::TransactionEnd;
use crate::shared::{IsolationLevel, OpenTransaction};
use crate::transport::CallOptions;

/// An open transaction. It stands for its session: statements run through it belong to it.
///
/// Dropping it rolls back in the background; the next statement of the session waits until that is done.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction<'s> {
    session: &'s Session,
    /// None once it has ended.
    open: Option<OpenTransaction>,
}

/// How a transaction is to be; by default, as the server has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use]
pub struct TransactionOptions {
    isolation: Option<IsolationLevel>,
    read_only: bool,
}

impl TransactionOptions {
    /// As the server has it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps it apart from others so far.
    pub fn isolation(mut self, level: IsolationLevel) -> Self {
        self.isolation = Some(level);
        self
    }

    /// Lets it change nothing.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }
}

impl Session {
    /// Begins a transaction; every statement until its end belongs to it. Dropping the guard rolls it back.
    ///
    /// On a server without the actions for it, `BEGIN` is sent as a statement, where the server says (by SqlInfo) that its SQL has transactions and has
    /// given the session a cookie to keep one in.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server has no transactions, `State` when one is open already.
    pub async fn begin(&mut self) -> Result<Transaction<'_>> {
        self.begin_alone().await
    }

    /// As [`begin`](Self::begin), where the caller sees to it that there is one transaction at a time.
    pub(crate) async fn begin_alone(&self) -> Result<Transaction<'_>> {
        let open = self.shared.begin().await?;
        Ok(Transaction {
            session: self,
            open: Some(open),
        })
    }

    /// Begins a transaction with an isolation level, or one that changes nothing.
    ///
    /// What the server does anyway is not asked for; the rest is set by `SET TRANSACTION` as the transaction's first statement.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin); `NotSupported` when the server has no such level or does not let it be set. No transaction is open then.
    pub async fn begin_with(&mut self, options: TransactionOptions) -> Result<Transaction<'_>> {
        self.begin_alone_with(options).await
    }

    /// As [`begin_with`](Self::begin_with), where the caller sees to it that there is one transaction at a time.
    pub(crate) async fn begin_alone_with(&self, options: TransactionOptions) -> Result<Transaction<'_>> {
        let settings = self.settings(options).await?;
        let transaction = self.begin_alone().await?;
        let call = CallOptions::new();
        for setting in settings {
            let id = transaction.open.as_ref().and_then(OpenTransaction::id);
            let set = transaction
                .shared
                .run_text(&Operation::Begin, &setting, id, &call);
            if let Err(error) = set.await {
                transaction.rollback().await?;
                return Err(match error.kind() {
                    Kind::InvalidRequest | Kind::Server | Kind::State => error.becomes(Kind::NotSupported),
                    _ => error,
                }
                .hint(format!("the server does not take `{setting}`")));
            }
        }
        Ok(transaction)
    }

    /// What has to be set, as the server does it not by itself.
    async fn settings(&self, options: TransactionOptions) -> Result<Vec<String>> {
        if options == TransactionOptions::default() {
            return Ok(Vec::new());
        }
        let known = self.shared.capabilities().await?;
        let mut settings = Vec::new();
        if let Some(level) = options
            .isolation
            .filter(|level| known.default_isolation() != Some(*level))
        {
            if let Some(levels) = known.isolation_levels().filter(|levels| !levels.contains(&level)) {
                let names: Vec<_> = levels.iter().map(|level| name(*level)).collect();
                let words = format!("the server has no isolation level {}", name(level));
                return Err(Error::new(Kind::NotSupported, words)
                    .during(Operation::Begin)
                    .on(self.peer())
                    .hint(format!("it has: {}", names.join(", "))));
            }
            settings.push(format!("SET TRANSACTION ISOLATION LEVEL {}", name(level)));
        }
        if options.read_only && known.read_only() != Some(true) {
            settings.push("SET TRANSACTION READ ONLY".to_owned());
        }
        Ok(settings)
    }
}

/// The level as SQL writes it.
fn name(level: IsolationLevel) -> &'static str {
    match level {
        IsolationLevel::None => "NONE",
        IsolationLevel::ReadUncommitted => "READ UNCOMMITTED",
        IsolationLevel::ReadCommitted => "READ COMMITTED",
        IsolationLevel::RepeatableRead => "REPEATABLE READ",
        IsolationLevel::Serializable => "SERIALIZABLE",
    }
}

impl Transaction<'_> {
    pub(super) fn open(&self) -> Option<&OpenTransaction> {
        self.open.as_ref()
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
        let ended = self.session.end(end).await;
        self.open = None;
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
        if let Some(open) = &self.open {
            self.session.leave_transaction();
            self.session.shared.abandon_transaction(open);
        }
    }
}
