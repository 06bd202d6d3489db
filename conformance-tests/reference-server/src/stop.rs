//! The flag that ends a statement early, whoever raises it: a cancel request, a dropped stream, a client that hung up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tonic::Status;

/// Shared by everything that works on one result.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    raised: AtomicBool,
    wake: Notify,
}

impl Stop {
    pub(crate) fn raise(&self) {
        self.0.raised.store(true, Ordering::Release);
        self.0.wake.notify_waiters();
    }

    pub(crate) fn raised(&self) -> bool {
        self.0.raised.load(Ordering::Acquire)
    }

    /// Returns once the flag is raised.
    pub(crate) async fn wait(&self) {
        let mut wake = std::pin::pin!(self.0.wake.notified());
        wake.as_mut().enable();
        if !self.raised() {
            wake.await;
        }
    }

    /// The answer to whoever waits for a result that was stopped.
    pub(crate) fn status() -> Status {
        Status::cancelled("the query was cancelled")
    }
}

/// Raises the flag when dropped, unless told that all is done.
pub(crate) struct RaiseOnDrop(Option<Stop>);

impl RaiseOnDrop {
    pub(crate) fn new(stop: Stop) -> Self {
        Self(Some(stop))
    }

    pub(crate) fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for RaiseOnDrop {
    fn drop(&mut self) {
        if let Some(stop) = &self.0 {
            stop.raise();
        }
    }
}
