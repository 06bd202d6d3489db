//! What the server was asked and what it holds open, for tests that must know.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A snapshot of what the server has done and what it holds open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Calls of Handshake.
    pub handshake: u64,
    /// Calls of GetFlightInfo.
    pub get_flight_info: u64,
    /// Calls of GetSchema.
    pub get_schema: u64,
    /// Calls of PollFlightInfo.
    pub poll_flight_info: u64,
    /// Calls of DoGet.
    pub do_get: u64,
    /// Calls of DoPut.
    pub do_put: u64,
    /// Calls of DoAction, by the type of the action.
    pub do_action: HashMap<String, u64>,
    /// Calls of ListActions.
    pub list_actions: u64,
    /// Calls refused for want of credentials or of a required header; they are not counted above.
    pub refused: u64,
    /// Bearer tokens issued.
    pub tokens_issued: u64,
    /// Transactions begun and not ended.
    pub open_transactions: u64,
    /// Prepared statements not closed.
    pub open_statements: u64,
    /// Sessions not closed.
    pub open_sessions: u64,
    /// DoGet streams being read.
    pub open_streams: u64,
    /// Tickets that can still be redeemed.
    pub open_tickets: u64,
    /// How often each statement was executed, by its text. An execution with many rows of parameters counts once.
    pub executed: HashMap<String, u64>,
}

impl Counters {
    /// Calls of DoAction with this type.
    #[must_use]
    pub fn action(&self, action: &str) -> u64 {
        self.do_action.get(action).copied().unwrap_or_default()
    }

    /// How often this text was executed.
    #[must_use]
    pub fn executions(&self, sql: &str) -> u64 {
        self.executed.get(sql).copied().unwrap_or_default()
    }
}

/// Where the counting happens.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: Mutex<Counters>,
    streams: Arc<AtomicU64>,
}

impl Tally {
    pub(crate) fn add(&self, count: impl FnOnce(&mut Counters)) {
        count(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn action(&self, action: &str) {
        self.add(|counters| *counters.do_action.entry(action.to_owned()).or_default() += 1);
    }

    pub(crate) fn executed(&self, sql: &str) {
        self.add(|counters| *counters.executed.entry(sql.to_owned()).or_default() += 1);
    }

    /// Counts a stream for as long as the guard lives.
    pub(crate) fn stream(&self) -> OpenStream {
        self.streams.fetch_add(1, Ordering::Relaxed);
        OpenStream(self.streams.clone())
    }

    pub(crate) fn snapshot(&self) -> Counters {
        let mut counters = self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        counters.open_streams = self.streams.load(Ordering::Relaxed);
        counters
    }
}

/// One open stream.
#[derive(Debug)]
pub(crate) struct OpenStream(Arc<AtomicU64>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
