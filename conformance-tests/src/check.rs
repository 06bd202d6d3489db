//! What cases hold results against.

use futures::TryStreamExt as _;
use jetbridge::{BatchStream, Result};

/// Reads a result to its end and counts its rows.
///
/// # Errors
///
/// Whatever made the result break.
pub async fn rows(batches: BatchStream) -> Result<usize> {
    batches
        .try_fold(0, |rows, batch| async move { Ok(rows + batch.num_rows()) })
        .await
}

/// How often a test does what one does many times: so often in every run, or as often as `JETBRIDGE_FULL=1` asks for.
pub fn runs(always: usize, full: usize) -> usize {
    match std::env::var_os("JETBRIDGE_FULL") {
        Some(_) => full,
        None => always,
    }
}
