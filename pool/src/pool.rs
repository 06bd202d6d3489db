//! The pool.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use jetbridge::{Config, Connector, Error, Result};

use crate::inner::Inner;
use crate::metrics::Metrics;
use crate::pooled::PooledSession;

/// A pool of sessions; cheap to clone, all clones are one pool.
///
/// Its limits are the options of the connection string that begin with `pool_`. When its last clone is dropped it ends: idle sessions are closed in
/// the background, those on loan when they are handed back. [`close`](Self::close) does the same and waits.
#[derive(Clone)]
pub struct Pool {
    inner: Inner<Connector>,
}

/// How full a pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// How many sessions it may have.
    pub max_size: usize,
    /// How many sessions it has, on loan or not.
    pub size: usize,
    /// How many sessions wait to be taken.
    pub idle: usize,
    /// How many callers wait for a session.
    pub waiting: usize,
}

impl Pool {
    /// Makes a pool and connects its first sessions (`pool_min_idle`, at least one), so that a wrong string, host or password is known at once.
    ///
    /// # Errors
    ///
    /// As [`Session::connect`](jetbridge::Session::connect).
    pub async fn connect<T>(target: T) -> Result<Self>
    where
        T: TryInto<Config>,
        Error: From<T::Error>,
    {
        let pool = Self::new(target)?;
        Box::pin(pool.inner.warm_up()).await?;
        Ok(pool)
    }

    /// Makes a pool that connects when the first session is asked for: a service can start before its database does.
    ///
    /// # Errors
    ///
    /// `Config` when the connection string is wrong.
    pub fn new<T>(target: T) -> Result<Self>
    where
        T: TryInto<Config>,
        Error: From<T::Error>,
    {
        let connector = Connector::new(target)?;
        let config = connector.config().clone();
        let inner = Inner::new(connector, config)?;
        Ok(Self { inner })
    }

    /// Takes a session: an idle one, or whichever is there first, one that is handed back or one that is connected. Those who wait are served in order.
    ///
    /// While the server cannot be reached the pool goes on trying, with pauses that grow, for as long as the caller waits. Any other failure to make a
    /// session, such as a wrong password, is told at once.
    ///
    /// # Errors
    ///
    /// `Timeout` after `pool_acquire_timeout`, with how full the pool is; after the same time `Connection`, when that is because no session could be
    /// connected; `Resource` when `pool_max_waiting` callers wait already; `State` when the pool is closed; otherwise as
    /// [`Session::connect`](jetbridge::Session::connect).
    ///
    /// # Cancellation
    ///
    /// Dropping the future gives up the place in the queue; no session is lost.
    #[track_caller]
    pub fn get(&self) -> impl Future<Output = Result<PooledSession>> + Send + use<'_> {
        let site = Location::caller();
        async move { self.inner.get(site).await.map(PooledSession::new) }
    }

    /// How full it is.
    #[must_use]
    pub fn status(&self) -> Status {
        self.inner.status()
    }

    /// What it has done so far.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.inner.core().counts.snapshot()
    }

    /// The configuration of its sessions.
    #[must_use]
    pub fn config(&self) -> &Config {
        self.inner.core().config()
    }

    /// Closes it in good order, within `close_timeout`: see [`close_within`](Self::close_within).
    ///
    /// # Errors
    ///
    /// As [`close_within`](Self::close_within).
    pub async fn close(&self) -> Result<()> {
        let limit = self.config().get_close_timeout();
        self.inner.close(limit.unwrap_or(Duration::MAX)).await
    }

    /// Closes it: nobody gets a session any more and those who wait get an error at once; idle sessions are closed on the server; those on loan are
    /// awaited and then closed. What is still on loan when the time is up is closed all the same, and whoever has it gets errors.
    ///
    /// # Errors
    ///
    /// `Timeout` when sessions were still on loan, saying how many; else the first error of a session that could not be closed. The pool is closed
    /// in any case.
    ///
    /// # Cancellation
    ///
    /// Dropping the future leaves the pool closed; sessions on loan are then closed when they are handed back.
    pub async fn close_within(&self, limit: Duration) -> Result<()> {
        self.inner.close(limit).await
    }

    /// Says whether it is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.core().is_closing()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("config", self.config())
            .field("status", &self.status())
            .finish()
    }
}
