//! Ending a query from another task.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::CancelStatus;

/// Asks the server to stop working on a query.
pub(crate) type AskServer = Arc<dyn Fn() -> BoxFuture<'static, Result<CancelStatus>> + Send + Sync>;

/// Cancels one query, from any task or thread, as often as one likes.
///
/// Whoever waits for the query gets an error of kind `Cancelled` at once. The server is asked to stop: by CancelFlightInfo, else by the older
/// CancelQuery, and in any case by the reset of the streams that are open.
#[derive(Clone)]
pub struct CancelHandle(Arc<State>);

/// A handle that does not keep what it would ask the server by.
pub(crate) struct WeakCancelHandle(Weak<State>);

impl WeakCancelHandle {
    /// The handle, unless the query is gone.
    pub(crate) fn upgrade(&self) -> Option<CancelHandle> {
        self.0.upgrade().map(CancelHandle)
    }

    /// Says whether the query is still there.
    pub(crate) fn is_alive(&self) -> bool {
        self.0.strong_count() > 0
    }
}

struct State {
    token: CancellationToken,
    /// There once the server has said what it is to be asked about.
    ask: Mutex<Option<AskServer>>,
}

impl CancelHandle {
    pub(crate) fn new() -> Self {
        Self(Arc::new(State {
            token: CancellationToken::new(),
            ask: Mutex::new(None),
        }))
    }

    /// Cancels the query and waits for what the server says; `Unspecified` where there was nobody to ask.
    ///
    /// # Errors
    ///
    /// What the server says when it cannot be asked. The query has ended here all the same.
    pub async fn cancel(&self) -> Result<CancelStatus> {
        self.cancel_here();
        let ask = self.0.ask.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match ask {
            Some(ask) => match ask().await {
                // Without the action, the reset of the streams is all there is.
                Err(error) if error.kind() == Kind::NotSupported => Ok(CancelStatus::Unspecified),
                // The reset came first, and the server has forgotten the query already.
                Err(error) if error.kind() == Kind::NotFound => Ok(CancelStatus::NotCancellable),
                answer => answer,
            },
            None => Ok(CancelStatus::Unspecified),
        }
    }

    /// Cancels the query without asking the server for more than the reset of the streams.
    pub fn cancel_here(&self) {
        self.0.token.cancel();
    }

    /// Says whether it has been cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.token.is_cancelled()
    }

    /// Runs work that ends with an error when the query is cancelled.
    ///
    /// The work is boxed before anything waits: it is large, and whoever waits for it would be twice as large.
    pub(crate) fn guard<T>(&self, work: impl Future<Output = Result<T>>) -> impl Future<Output = Result<T>> {
        let work = Box::pin(work);
        async move {
            tokio::select! {
                biased;
                () = self.0.token.cancelled() => Err(cancelled().during(Operation::Execute)),
                result = work => result,
            }
        }
    }

    pub(crate) fn ask_by(&self, ask: AskServer) {
        *self.0.ask.lock().unwrap_or_else(PoisonError::into_inner) = Some(ask);
    }

    pub(crate) fn downgrade(&self) -> WeakCancelHandle {
        WeakCancelHandle(Arc::downgrade(&self.0))
    }

    /// Becomes ready when the query is cancelled.
    pub(super) fn cancelled(&self) -> BoxFuture<'static, ()> {
        Box::pin(self.0.token.clone().cancelled_owned())
    }
}

/// The error of a query that was cancelled here.
pub(super) fn cancelled() -> Error {
    Error::new(Kind::Cancelled, "the query was cancelled")
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelHandle")
            .field("cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}
