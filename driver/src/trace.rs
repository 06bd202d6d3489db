//! What is logged, under which names: the only place that calls the macros of `tracing`.
//!
//! Nothing here takes a statement's parameters, a ticket, a header's value or a token.

use std::time::Duration;

use crate::error::{Error, Operation};

/// The target of every event of this crate.
const TARGET: &str = "jetbridge";

/// An RPC ended.
pub(crate) fn rpc(operation: &Operation, peer: &str, elapsed: Duration, error: Option<&Error>) {
    match error {
        None => tracing::debug!(target: TARGET, %operation, peer, ?elapsed, "call answered"),
        Some(error) => tracing::debug!(target: TARGET, %operation, peer, ?elapsed, %error, "call failed"),
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

/// The server's certificate is not checked.
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
pub(crate) fn certificate_not_checked(peer: &str) {
    tracing::warn!(
        target: TARGET,
        peer,
        "tls_verify=false: the server's certificate is not checked, anybody on the way can read and change what is sent"
    );
}

/// Something was tolerated that a strict reader would refuse.
pub(crate) fn tolerated(what: &str) {
    tracing::warn!(target: TARGET, what, "tolerated");
}
