//! Which deadline a call has.

use std::future::Future;
use std::time::Duration;

use crate::config::Config;
use crate::error::{Error, Kind, Operation, Result};

/// The deadlines of a connection string.
#[derive(Debug, Clone)]
pub(crate) struct Deadlines {
    pub(crate) connect: Option<Duration>,
    query: Option<Duration>,
    update: Option<Duration>,
    pub(crate) idle: Option<Duration>,
    pub(crate) total: Option<Duration>,
    metadata: Option<Duration>,
    close: Option<Duration>,
}

impl Deadlines {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            connect: config.get_connect_timeout(),
            query: config.get_query_timeout(),
            update: config.get_update_timeout(),
            idle: config.get_idle_timeout(),
            total: config.get_total_timeout(),
            metadata: config.get_metadata_timeout(),
            close: config.get_close_timeout(),
        }
    }

    /// The deadline for the answer to a call, and the option that sets it.
    pub(crate) fn of(&self, operation: &Operation) -> (Option<Duration>, &'static str) {
        match operation {
            Operation::Connect | Operation::Handshake => (self.connect, "connect_timeout"),
            Operation::Execute => (self.query, "query_timeout"),
            Operation::Update | Operation::Ingest => (self.update, "update_timeout"),
            Operation::Fetch { .. } | Operation::Exchange => (self.idle, "idle_timeout"),
            Operation::CloseSession | Operation::CloseStatement | Operation::Cancel => {
                (self.close, "close_timeout")
            }
            _ => (self.metadata, "metadata_timeout"),
        }
    }
}

/// Waits for an answer no longer than the deadline.
pub(crate) async fn within<T>(
    deadline: Option<Duration>,
    option: &str,
    answer: impl Future<Output = T>,
) -> Result<T> {
    let Some(deadline) = deadline else {
        return Ok(answer.await);
    };
    tokio::time::timeout(deadline, answer)
        .await
        .map_err(|_| expired(deadline, option))
}

/// The error of a deadline that passed.
pub(crate) fn expired(deadline: Duration, option: &str) -> Error {
    Error::new(Kind::Timeout, format!("no answer within {deadline:?}"))
        .hint(format!("the deadline is the option {option}"))
}
