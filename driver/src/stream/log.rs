//! The record of a result that ended, one way or another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::trace;

/// Counts what is handed out; logged when the result is dropped.
pub(super) struct ResultLog {
    peer: String,
    begun: Instant,
    endpoints: usize,
    pub(super) rows: u64,
    pub(super) batches: u64,
    pub(super) outcome: &'static str,
    received: Arc<AtomicU64>,
    waited: Duration,
    /// Since when nothing is there to hand out.
    waiting: Option<Instant>,
    slow: Option<Duration>,
}

impl ResultLog {
    pub(super) fn new(config: &Config, peer: &str, endpoints: usize) -> Self {
        Self {
            peer: peer.to_owned(),
            begun: Instant::now(),
            endpoints,
            rows: 0,
            batches: 0,
            outcome: "abandoned",
            received: Arc::default(),
            waited: Duration::ZERO,
            waiting: None,
            slow: config.get_slow_query_threshold(),
        }
    }

    /// Where the readers of endpoints add up the bytes that come.
    pub(super) fn received(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.received)
    }

    /// Somebody wanted a batch, and there was none or one.
    pub(super) fn polled(&mut self, pending: bool) {
        if pending {
            self.waiting.get_or_insert_with(Instant::now);
        } else if let Some(since) = self.waiting.take() {
            self.waited = self.waited.saturating_add(since.elapsed());
        }
    }
}

impl Drop for ResultLog {
    fn drop(&mut self) {
        let elapsed = self.begun.elapsed();
        self.polled(false);
        let record = trace::ResultRecord {
            peer: &self.peer,
            endpoints: self.endpoints,
            batches: self.batches,
            rows: self.rows,
            bytes: self.received.load(Ordering::Relaxed),
            waited: self.waited,
            outcome: self.outcome,
            elapsed,
        };
        trace::result_ended(&record, self.slow.is_some_and(|slow| elapsed >= slow));
    }
}
