//! What is logged, under which names: the only place that calls the macros of `tracing`.
//!
//! Nothing here takes a statement's parameters, a ticket, a header's value or a token.

use std::future::Future;
use std::time::{Duration, Instant};

use tracing::Instrument as _;
use tracing::field::Empty;

use crate::error::{Error, Operation, Result};

/// The target of every event of this crate.
const TARGET: &str = "jetbridge";

/// Runs a call in a span of its own, with the attributes that OpenTelemetry has for clients of databases.
pub(crate) async fn in_span<T>(
    operation: &Operation,
    peer: &str,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    let (address, port) = peer.rsplit_once(':').unwrap_or((peer, ""));
    let span = tracing::info_span!(
        target: TARGET,
        "call",
        otel.name = %operation,
        otel.kind = "client",
        otel.status_code = Empty,
        db.system.name = "other_sql",
        db.operation.name = operation.name(),
        db.response.status_code = Empty,
        rpc.system = "grpc",
        server.address = address,
        server.port = port,
        error.type = Empty,
    );
    let result = call.instrument(span.clone()).await;
    if let Err(error) = &result {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", error.kind().label());
        span.record("db.response.status_code", error.sqlstate().as_str());
    }
    result
}

/// What a result came to.
pub(crate) struct ResultRecord<'a> {
    pub(crate) peer: &'a str,
    pub(crate) endpoints: usize,
    pub(crate) batches: u64,
    pub(crate) rows: u64,
    /// Of the messages that came.
    pub(crate) bytes: u64,
    /// While a batch was wanted and none was there.
    pub(crate) waited: Duration,
    pub(crate) outcome: &'a str,
    pub(crate) elapsed: Duration,
}

/// A result ended: was read to its end, failed, or was dropped before.
pub(crate) fn result_ended(record: &ResultRecord<'_>, slow: bool) {
    let ResultRecord {
        peer,
        endpoints,
        batches,
        rows,
        bytes,
        waited,
        outcome,
        elapsed,
    } = record;
    if slow {
        tracing::warn!(target: TARGET, peer, endpoints, batches, rows, bytes, outcome, ?waited, ?elapsed, "slow result");
    } else {
        tracing::debug!(target: TARGET, peer, endpoints, batches, rows, bytes, outcome, ?waited, ?elapsed, "result ended");
    }
}

/// An RPC ended.
pub(crate) fn rpc(operation: &Operation, peer: &str, started: Instant, error: Option<&Error>) {
    // The clock is read only for somebody who listens.
    match error {
        None => {
            tracing::debug!(target: TARGET, %operation, peer, elapsed = ?started.elapsed(), "call answered");
        }
        Some(error) => {
            tracing::debug!(target: TARGET, %operation, peer, elapsed = ?started.elapsed(), %error, "call failed");
        }
    }
}

/// An RPC is sent once more.
pub(crate) fn retry(operation: &Operation, peer: &str, attempt: u32, error: &Error) {
    tracing::info!(target: TARGET, %operation, peer, attempt, %error, "trying again");
}

/// A clean-up that nobody waits for failed.
pub(crate) fn cleanup_failed(operation: &Operation, error: &Error) {
    tracing::warn!(target: TARGET, %operation, %error, "clean-up failed");
}

/// A location of an endpoint was passed over.
pub(crate) fn location_skipped(location: &str, why: &str) {
    tracing::debug!(target: TARGET, location, why, "location passed over");
}

/// A token could not be refreshed in time; the old one is still good.
pub(crate) fn token_not_refreshed(error: &Error) {
    tracing::warn!(target: TARGET, %error, "token not refreshed, the last one is used");
}

/// Somebody has to open a page and enter a code (device flow).
#[cfg(all(feature = "oauth", any(feature = "tls-ring", feature = "tls-aws-lc")))]
pub(crate) fn device_code(page: &str, code: &str) {
    tracing::warn!(target: TARGET, page, code, "to log in, open the page and enter the code");
}

/// The server's certificate is not checked.
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
pub(crate) fn certificate_not_checked(peer: &str) {
    tracing::warn!(
        target: TARGET,
        peer,
        "tls_verify=false: the server's certificate is not checked, anybody on the way can read and change what is sent"
    );
}

/// Whoever reads the key log can read what is sent.
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
pub(crate) fn keys_are_logged(peer: &str) {
    tracing::warn!(target: TARGET, peer, "tls_key_log=true: the keys of this connection go to SSLKEYLOGFILE");
}

/// A secret is written out in a file that others than its owner can read.
pub(crate) fn secrets_can_be_read(path: &str) {
    tracing::warn!(target: TARGET, path, "the file holds a secret and can be read by others: chmod 600 it, or write ${{NAME}} for a variable");
}

/// Something was tolerated that a strict reader would refuse.
pub(crate) fn tolerated(what: &str) {
    tracing::warn!(target: TARGET, what, "tolerated");
}
