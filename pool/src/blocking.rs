//! The pool for programs without an asynchronous runtime.
//!
//! ```no_run
//! # fn main() -> jetbridge::Result<()> {
//! use jetbridge_pool::blocking::Pool;
//!
//! let pool = Pool::connect("flightsql://me:secret@db.example/sales?pool_max_size=16")?;
//! let session = pool.get()?;
//! let orders = session.query("SELECT * FROM orders")?.fetch_all()?;
//! # Ok(())
//! # }
//! ```

use jetbridge::blocking::{Runtime, Session};
use jetbridge::{Config, Error, Result};

use crate::pool::{self, Status};

/// A pool of blocking sessions; cheap to clone, all clones are one pool. See [`jetbridge_pool::Pool`](crate::Pool).
#[derive(Debug, Clone)]
pub struct Pool {
    pool: pool::Pool,
    runtime: Runtime,
}

impl Pool {
    /// Makes a pool and connects its first sessions (`pool_min_idle`, at least one).
    ///
    /// # Errors
    ///
    /// As [`Session::connect`].
    pub fn connect<T>(target: T) -> Result<Self>
    where
        T: TryInto<Config>,
        Error: From<T::Error>,
    {
        Self::open(target.try_into()?)
    }

    fn open(config: Config) -> Result<Self> {
        let runtime = Runtime::shared()?;
        let pool = runtime.block_on(pool::Pool::connect(config))?;
        Ok(Self { pool, runtime })
    }

    /// Makes a pool that connects when the first session is asked for.
    ///
    /// # Errors
    ///
    /// `Config` when the connection string is wrong.
    pub fn new<T>(target: T) -> Result<Self>
    where
        T: TryInto<Config>,
        Error: From<T::Error>,
    {
        let pool = pool::Pool::new(target)?;
        let runtime = Runtime::shared()?;
        Ok(Self { pool, runtime })
    }

    /// Takes a session, waiting for one to be handed back where all are on loan. Dropping or closing it hands it back.
    ///
    /// # Errors
    ///
    /// As [`Pool::get`](crate::Pool::get).
    pub fn get(&self) -> Result<Session> {
        let session = self.runtime.block_on(self.pool.get())?;
        Session::of_loan(session)
    }

    /// How full it is.
    #[must_use]
    pub fn status(&self) -> Status {
        self.pool.status()
    }

    /// The configuration of its sessions.
    #[must_use]
    pub fn config(&self) -> &Config {
        self.pool.config()
    }

    /// Closes it, as [`Pool::close`](crate::Pool::close).
    ///
    /// # Errors
    ///
    /// The first error of a session that could not be closed; all are tried.
    pub fn close(&self) -> Result<()> {
        self.runtime.block_on(self.pool.close())
    }
}
