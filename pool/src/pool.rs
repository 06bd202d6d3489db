//! The pool.

use std::fmt;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, PoolError, TimeoutType, Timeouts};
use jetbridge::{Config, Connector, Error, Kind, Operation, Result, SqlState};

use crate::manager::Manager;
use crate::pooled::PooledSession;

/// How long the check of a session may take before it is replaced.
const RECYCLE_TIMEOUT: Duration = Duration::from_secs(2);

/// A pool of sessions; cheap to clone, all clones are one pool.
///
/// Its limits are options of the connection string: `pool_max_size`, `pool_acquire_timeout`, `pool_idle_timeout`, `pool_max_lifetime`,
/// `pool_recycle`, `pool_sessions_per_channel`, `pool_min_idle`, `pool_max_waiting`,
/// `pool_leak_threshold`.
#[derive(Clone)]
pub struct Pool {
    inner: managed::Pool<Manager, PooledSession>,
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
        // Held together, so that each is another one.
        let mut first = vec![pool.get().await?];
        while first.len() < pool.config().get_pool_min_idle().min(pool.status().max_size) {
            first.push(pool.get().await?);
        }
        drop(first);
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
        let config = connector.config();
        let (max_size, wait) = (config.get_pool_max_size(), config.get_pool_acquire_timeout());
        let inner = managed::Pool::builder(Manager::new(connector))
            .max_size(max_size)
            .timeouts(Timeouts {
                wait,
                create: None,
                recycle: Some(RECYCLE_TIMEOUT),
            })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::config(error.to_string()))?;
        Ok(Self { inner })
    }

    /// Takes a session, waiting for one to be handed back where all are on loan. Those who wait are served in order.
    ///
    /// # Errors
    ///
    /// `Timeout` after `pool_acquire_timeout`, with how full the pool is; `Resource` when `pool_max_waiting` callers wait already; `State` when the pool is closed; as
    /// [`Session::connect`](jetbridge::Session::connect) when a new session cannot be made.
    ///
    /// # Cancellation
    ///
    /// Dropping the future gives up the place in the queue; no session is lost.
    pub async fn get(&self) -> Result<PooledSession> {
        let Status { waiting, idle, .. } = self.status();
        if idle == 0
            && self
                .config()
                .get_pool_max_waiting()
                .is_some_and(|most| waiting >= most)
        {
            let words = format!("{waiting} callers wait for a session already");
            return Err(Error::new(Kind::Resource, words)
                .hint("the limit is the option pool_max_waiting")
                .during(Operation::Acquire));
        }
        let session = Box::pin(self.inner.get())
            .await
            .map_err(|error| self.explain(error))?;
        Ok(session.watched(self.config().get_pool_leak_threshold()))
    }

    /// How full it is.
    #[must_use]
    pub fn status(&self) -> Status {
        let managed::Status {
            max_size,
            size,
            available,
            waiting,
        } = self.inner.status();
        Status {
            max_size,
            size,
            idle: available,
            waiting,
        }
    }

    /// The configuration of its sessions.
    #[must_use]
    pub fn config(&self) -> &Config {
        self.inner.manager().connector().config()
    }

    /// Closes it: nobody gets a session any more, those who wait get an error, idle sessions are closed on the server. Sessions on loan are
    /// closed when they are handed back.
    ///
    /// # Errors
    ///
    /// The first error of a session that could not be closed; all are tried.
    pub async fn close(&self) -> Result<()> {
        let idle = self.inner.retain(|_, _| false).removed;
        self.inner.close();
        let mut first = Ok(());
        for session in idle {
            let closed = session.close().await;
            if first.is_ok() {
                first = closed;
            }
        }
        first
    }

    /// Says whether it is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    fn explain(&self, error: PoolError<Error>) -> Error {
        let Status {
            max_size,
            size,
            idle,
            waiting,
        } = self.status();
        let error = match error {
            PoolError::Backend(error) => return error,
            PoolError::Timeout(TimeoutType::Wait) => {
                let in_use = size.saturating_sub(idle);
                let limit = self.config().get_pool_acquire_timeout().unwrap_or_default();
                let words = format!(
                    "no session was free within {limit:?}: {in_use} of {max_size} in use, {waiting} waiting"
                );
                Error::new(Kind::Timeout, words)
                    .hint("hand sessions back sooner, or raise pool_max_size or pool_acquire_timeout")
            }
            PoolError::Timeout(phase) => Error::new(Kind::Timeout, format!("{phase:?} took too long")),
            PoolError::Closed => {
                Error::new(Kind::State, "the pool is closed").state(SqlState::CONNECTION_CLOSED)
            }
            other => Error::new(Kind::State, other.to_string()),
        };
        error.during(Operation::Acquire)
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
