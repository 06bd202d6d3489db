//! The record of a result that ended, one way or another.

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
            slow: config.get_slow_query_threshold(),
        }
    }
}

impl Drop for ResultLog {
    fn drop(&mut self) {
        let elapsed = self.begun.elapsed();
        let record = trace::ResultRecord {
            peer: &self.peer,
            endpoints: self.endpoints,
            batches: self.batches,
            rows: self.rows,
            outcome: self.outcome,
            elapsed,
        };
        trace::result_ended(&record, self.slow.is_some_and(|slow| elapsed >= slow));
    }
}
