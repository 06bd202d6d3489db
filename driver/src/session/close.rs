//! Closing a session that somebody else has in use.

use std::fmt;
use std::sync::{Arc, Weak};

use crate::error::Result;
use crate::shared::Shared;
use crate::statement::StatementCache;

/// Closes a session from another task than the one that uses it, and does not keep it alive.
#[derive(Clone)]
pub struct CloseHandle(Weak<Shared>, Weak<StatementCache>);

impl CloseHandle {
    pub(super) fn new(shared: &Arc<Shared>, statements: Option<&Arc<StatementCache>>) -> Self {
        Self(
            Arc::downgrade(shared),
            statements.map_or_else(Weak::new, Arc::downgrade),
        )
    }

    /// Ends the session: cancels its results, rolls back what is open, closes it on the server. Whoever uses it gets errors from then on.
    ///
    /// A session that has ended already is no error.
    ///
    /// # Errors
    ///
    /// As [`Session::close`](super::Session::close).
    pub async fn close(&self) -> Result<()> {
        match self.0.upgrade() {
            Some(shared) => {
                if let Some(statements) = self.1.upgrade() {
                    statements.clear();
                }
                shared.cancel_results();
                shared.close().await
            }
            None => Ok(()),
        }
    }
}

impl fmt::Debug for CloseHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloseHandle")
            .field("alive", &(self.0.strong_count() > 0))
            .finish()
    }
}
