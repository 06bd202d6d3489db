//! A connection pool for Jetbridge, on deadpool.
//!
//! One HTTP/2 channel carries many calls at once, so what is pooled is not a socket but the state of a session: its token, cookies, session
//! options and transaction. Sessions share channels (`pool_sessions_per_channel`), and taking one from the pool sends nothing.
//!
//! A session that is handed back is rolled back at that moment; one that an error has left in doubt is not handed out again.
//!
//! ```no_run
//! # async fn example() -> jetbridge::Result<()> {
//! use jetbridge_pool::Pool;
//!
//! let pool = Pool::connect("flightsql://me:secret@db.example/sales?pool_max_size=16").await?;
//! let session = pool.get().await?;
//! let mut cursor = session.query("SELECT count(*) FROM orders").await?;
//! # let _ = cursor.fetch_one().await?;
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

mod backend;
mod backoff;
#[cfg(feature = "blocking")]
pub mod blocking;
mod export;
mod inner;
mod leak;
mod metrics;
mod pool;
mod pooled;
mod reaper;
mod shared;
mod slot;
mod statements;
mod supply;
mod sync;
mod tasks;
#[cfg(test)]
mod tests;

pub use self::metrics::{Closed, Histogram, Metrics};
pub use self::pool::{Pool, Status};
pub use self::pooled::PooledSession;
pub use self::statements::CachedStatement;
