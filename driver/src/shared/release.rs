//! What ends with a loan of the session: results, session options, all of the session on the server.

use std::collections::BTreeSet;

use futures::FutureExt as _;

use super::janitor::Job;
use super::{Shared, lock};
use crate::error::{Kind, Result};
use crate::stream::{CancelHandle, WeakCancelHandle};
use crate::transport::CallOptions;

impl Shared {
    /// Says whether no clean-up is under way.
    pub(crate) fn is_settled(&self) -> bool {
        self.janitor.is_idle()
    }

    /// Waits for all clean-ups under way.
    pub(crate) async fn settle(&self) {
        if !self.janitor.is_idle() {
            self.janitor.drain().await;
        }
    }

    /// Takes note of session options that have been set.
    pub(crate) fn altered(&self, names: impl IntoIterator<Item = String>) {
        lock(&self.altered).extend(names);
    }

    pub(crate) fn is_altered(&self) -> bool {
        !lock(&self.altered).is_empty()
    }

    /// The session options that have been set since the session began, which then count as put back.
    pub(crate) fn take_altered(&self) -> BTreeSet<String> {
        std::mem::take(&mut lock(&self.altered))
    }

    /// Takes note of a result that is open.
    pub(super) fn results_include(&self, handle: &CancelHandle) {
        let mut results = lock(&self.results);
        results.retain(WeakCancelHandle::is_alive);
        results.push(handle.downgrade());
    }

    /// Cancels every result that is open, here at once and on the server by the janitor.
    pub(crate) fn cancel_results(&self) {
        for handle in std::mem::take(&mut *lock(&self.results)) {
            if let Some(handle) = handle.upgrade() {
                handle.cancel_here();
                let cancel = async move { handle.cancel().await }.boxed();
                self.janitor.send(Job::Cancel(cancel));
            }
        }
    }

    /// Ends the session on the server and forgets what belonged to it; the next call begins another. Says whether the server can do that.
    pub(crate) async fn restart(&self) -> Result<bool> {
        self.settle().await;
        match self.protocol()?.close_session(&CallOptions::new()).await {
            Err(error) if error.kind() == Kind::NotSupported => Ok(false),
            // It has forgotten the session already.
            Err(error) if error.kind() == Kind::NotFound => Ok(true),
            answer => self.watch(answer).map(|_| true),
        }
    }
}
