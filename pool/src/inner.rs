//! The pool, of any backend: how a session is taken, and how all of it ends.

use std::future::poll_fn;
use std::panic::Location;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, PoolError, QueueMode, Timeouts};
use jetbridge::{Config, Error, Kind, Operation, Result};
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;

use crate::backend::Backend;
use crate::metrics::Closed;
use crate::pool::Status;
use crate::pooled::Loan;
use crate::reaper::{Reaper, take_idle};
use crate::shared::{Manager, Shared, pool_closed};
use crate::tasks::{self, Handle};

/// How long sessions that were on loan until the end may take to close.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A pool of any backend; all clones are one.
pub(crate) struct Inner<B: Backend> {
    pool: managed::Pool<Manager<B>>,
    core: Arc<Shared<B>>,
    ends: Arc<Ends<B>>,
}

impl<B: Backend> Clone for Inner<B> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            core: Arc::clone(&self.core),
            ends: Arc::clone(&self.ends),
        }
    }
}

/// Ends the pool when its last clone is dropped.
#[derive(Debug)]
struct Ends<B: Backend> {
    core: Arc<Shared<B>>,
    reaper: Reaper,
}

impl<B: Backend> Drop for Ends<B> {
    fn drop(&mut self) {
        self.core.begin_closing();
        for slot in self.core.supply.close() {
            self.core.end(slot, Closed::PoolClosed);
        }
    }
}

impl<B: Backend> Inner<B> {
    pub(crate) fn new(backend: B, config: Config) -> Result<Self> {
        let max_size = config.get_pool_max_size();
        let core = Arc::new(Shared::new(backend, config));
        let pool = managed::Pool::builder(Manager(Arc::clone(&core)))
            .max_size(max_size)
            // Times are kept here, over the whole of an acquisition.
            .timeouts(Timeouts::new())
            // The session used last is the one most likely to be sound, and those not needed can grow old.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::config(error.to_string()))?;
        core.belongs_to(pool.weak());
        if let Ok(runtime) = Handle::try_current() {
            core.remember(runtime);
        }
        let ends = Arc::new(Ends {
            core: Arc::clone(&core),
            reaper: Reaper::default(),
        });
        Ok(Self { pool, core, ends })
    }

    pub(crate) fn core(&self) -> &Arc<Shared<B>> {
        &self.core
    }

    pub(crate) fn status(&self) -> Status {
        let (size, idle, waiting) = self.core.occupancy();
        Status {
            max_size: self.core.config().get_pool_max_size(),
            size,
            idle,
            waiting,
        }
    }

    /// Connects the least number of sessions, at least one, one after the other: the first failure is told at once.
    pub(crate) async fn warm_up(&self) -> Result<()> {
        let wanted = self.core.config().get_pool_min_idle().max(1);
        while self.core.supply.count().0 < wanted && self.core.supply.reserve() {
            let mut reserved = tasks::Reserved::new(&self.core);
            self.core.connect_once().await?;
            reserved.keep();
        }
        self.ends.reaper.ensure(&self.pool);
        Ok(())
    }

    pub(crate) async fn get(&self, site: &'static Location<'static>) -> Result<Loan<B>> {
        self.ends.reaper.ensure(&self.pool);
        let started = Instant::now();
        let user = self
            .core
            .enter()
            .map_err(|error| error.during(Operation::Acquire))?;
        // Boxed: it is large, and would be part of every future above it.
        let mut taking = pin!(Box::pin(self.pool.get()));
        let first = poll_fn(|context| Poll::Ready(taking.as_mut().poll(context))).await;
        let (at_once, taken) = match first {
            Poll::Ready(taken) => (true, taken),
            Poll::Pending => (
                false,
                self.wait(taking)
                    .instrument(tracing::debug_span!(target: tasks::TARGET, "acquire"))
                    .await?,
            ),
        };
        let object = taken.map_err(|error| self.explain(error))?;
        let now = Instant::now();
        self.core.counts.acquired(at_once, now - started);
        Ok(Loan::new(object, user, now, site))
    }

    async fn wait<T>(&self, taking: impl Future<Output = T>) -> Result<T> {
        let Some(limit) = self.core.config().get_pool_acquire_timeout() else {
            return Ok(taking.await);
        };
        match timeout(limit, taking).await {
            Ok(taken) => Ok(taken),
            Err(_) => {
                self.core.counts.timed_out();
                Err(self.nothing_came(limit))
            }
        }
    }

    /// Why nothing came in time: the server does not let anybody in, or others hold all there is.
    fn nothing_came(&self, limit: Duration) -> Error {
        let Status {
            max_size,
            size,
            idle,
            waiting,
        } = self.status();
        if let Some((times, error)) = self.core.trouble() {
            let hint = format!("the pool has tried {times} times, and this caller waited for {limit:?}");
            return match error.get_hint() {
                Some(first) => {
                    let hint = format!("{first}; {hint}");
                    error.hint(hint)
                }
                None => error.hint(hint),
            };
        }
        let in_use = size.saturating_sub(idle);
        // The one that gives up is among those who wait.
        let others = waiting.saturating_sub(1);
        let words = format!(
            "no session was free within {limit:?}: {in_use} of {max_size} in use, {idle} idle, {others} others waiting"
        );
        Error::new(Kind::Timeout, words)
            .hint("hand sessions back sooner, or raise pool_max_size or pool_acquire_timeout")
            .during(Operation::Acquire)
    }

    fn explain(&self, error: PoolError<Error>) -> Error {
        let error = match error {
            PoolError::Backend(error) => error,
            PoolError::Closed => pool_closed(),
            other => Error::new(Kind::State, other.to_string()),
        };
        error.during(Operation::Acquire)
    }

    pub(crate) async fn close(&self, limit: Duration) -> Result<()> {
        let core = &self.core;
        core.begin_closing();
        for slot in take_idle(&self.pool, |_| true) {
            core.end(slot, Closed::PoolClosed);
        }
        self.pool.close();
        for slot in core.supply.close() {
            core.end(slot, Closed::PoolClosed);
        }
        if timeout(limit, self.all_gone()).await.is_ok() {
            return core.farewell().map_or(Ok(()), Err);
        }
        let out = self.core.close_handles();
        let count = out.len();
        let closing: Vec<_> = out
            .into_iter()
            .filter_map(|handle| tasks::close_by(core, handle))
            .collect();
        let closed = async {
            for one in closing {
                let _panicked = one.await;
            }
        };
        let _in_good_order = timeout(LAST_WORDS, closed).await;
        let words = format!("{count} sessions were still on loan after {limit:?}; they have been closed");
        Err(Error::new(Kind::Timeout, words)
            .hint("hand sessions back before the pool is closed, or give it longer"))
    }

    async fn all_gone(&self) {
        loop {
            let mut departure = pin!(self.core.departures.notified());
            departure.as_mut().enable();
            if self.core.is_deserted() {
                return;
            }
            departure.await;
        }
    }
}
