//! Ending a query another thread waits for.

use super::Runtime;
use crate::error::Result;
use crate::protocol::CancelStatus;
use crate::stream;

/// Cancels one query, from any thread, as often as one likes.
///
/// Whoever waits for the query gets an error of kind `Cancelled` at once.
#[derive(Debug, Clone)]
pub struct CancelHandle {
    handle: stream::CancelHandle,
    runtime: Runtime,
}

impl CancelHandle {
    pub(super) fn new(handle: stream::CancelHandle, runtime: Runtime) -> Self {
        Self { handle, runtime }
    }

    /// Cancels the query and waits for what the server says.
    ///
    /// # Errors
    ///
    /// What the server says when it cannot be asked. The query has ended here all the same.
    pub fn cancel(&self) -> Result<CancelStatus> {
        // Here it ends even where one may not wait.
        self.cancel_here();
        self.runtime.block_on(self.handle.cancel())
    }

    /// Cancels the query without waiting for the server.
    pub fn cancel_here(&self) {
        self.handle.cancel_here();
    }

    /// Says whether it has been cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.handle.is_cancelled()
    }
}
