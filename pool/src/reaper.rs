//! The one task a pool keeps running: it closes what is old, keeps alive what rests, makes ready what is to be ready, and reports what is held too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool::managed::WeakPool;
use jetbridge::Config;
use tokio::task::AbortHandle;

use crate::backend::Backend;
use crate::metrics::Closed;
use crate::shared::{Manager, Shared};
use crate::slot::Slot;
use crate::tasks;

const MOST_OFTEN: Duration = Duration::from_millis(20);
const LEAST_OFTEN: Duration = Duration::from_secs(30);

/// The task, which ends with the pool.
#[derive(Debug, Default)]
pub(crate) struct Reaper {
    runs: Arc<AtomicBool>,
    task: std::sync::Mutex<Option<AbortHandle>>,
}

impl Reaper {
    /// Starts the task unless it runs; one that ended with its runtime is started again.
    pub(crate) fn ensure<B: Backend>(&self, pool: &deadpool::managed::Pool<Manager<B>>) {
        if self.runs.load(Ordering::Acquire) {
            return;
        }
        let core = &pool.manager().0;
        let Some(runtime) = core.runtime() else { return };
        if self.runs.swap(true, Ordering::AcqRel) {
            return;
        }
        core.remember(runtime.clone());
        let running = Running(Arc::clone(&self.runs));
        let (pool, period) = (pool.weak(), period(core.config()));
        let task = runtime.spawn(async move {
            let _running = running;
            watch(pool, period).await;
        });
        *self
            .task
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(task.abort_handle());
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        let task = self
            .task
            .get_mut()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(task) = task.take() {
            task.abort();
        }
    }
}

struct Running(Arc<AtomicBool>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// A quarter of the shortest time it has to keep, within bounds.
fn period(config: &Config) -> Duration {
    let times = [
        config.get_pool_idle_timeout(),
        config.get_pool_max_lifetime(),
        config.get_pool_keepalive(),
        config.get_pool_leak_threshold(),
    ];
    let shortest = times.into_iter().flatten().min().unwrap_or(LEAST_OFTEN);
    (shortest / 4).clamp(MOST_OFTEN, LEAST_OFTEN)
}

async fn watch<B: Backend>(pool: WeakPool<Manager<B>>, period: Duration) {
    loop {
        let Some(pool) = pool.upgrade() else { return };
        if pool.manager().0.is_closing() {
            return;
        }
        tend(&pool);
        drop(pool);
        tokio::time::sleep(period).await;
    }
}

fn tend<B: Backend>(pool: &deadpool::managed::Pool<Manager<B>>) {
    let core = &pool.manager().0;
    let config = core.config();
    for slot in take_idle(pool, Slot::is_old) {
        core.end(slot, Closed::Lifetime);
    }
    if let Some(limit) = config.get_pool_idle_timeout() {
        let (_, idle, _) = core.occupancy();
        let mut surplus = idle.saturating_sub(config.get_pool_min_idle());
        let unused = take_idle(pool, |slot| {
            let goes = surplus > 0 && slot.used.elapsed() >= limit;
            surplus -= usize::from(goes);
            goes
        });
        for slot in unused {
            core.end(slot, Closed::Idle);
        }
    }
    if let Some(interval) = config.get_pool_keepalive() {
        let due = |slot: &Slot<B>| slot.used.max(slot.heard).elapsed() >= interval;
        for slot in take_idle(pool, due) {
            core.supply.on_its_way();
            tasks::keep_alive(core, slot);
        }
    }
    for _ in 0..core.loans.report() {
        core.counts.leaked();
    }
    make_ready(core);
    core.connect_if_lacking();
    core.counts.occupied(core.occupancy());
}

/// Connects what is lacking of the least number of idle sessions.
fn make_ready<B: Backend>(core: &Arc<Shared<B>>) {
    let (_, incoming, _) = core.supply.count();
    let (_, idle, _) = core.occupancy();
    let lacking = core
        .config()
        .get_pool_min_idle()
        .saturating_sub(idle.saturating_add(incoming));
    for _ in 0..lacking {
        if !core.supply.reserve() || !tasks::connect(core) {
            return;
        }
    }
}

/// Takes idle sessions out of the pool, the one that has rested longest first.
pub(crate) fn take_idle<B: Backend>(
    pool: &deadpool::managed::Pool<Manager<B>>,
    mut which: impl FnMut(&Slot<B>) -> bool,
) -> Vec<Slot<B>> {
    let core = &pool.manager().0;
    let mut taken = core.supply.take_spare(&mut which);
    taken.extend(pool.retain(|slot, _| !which(slot)).removed);
    taken
}
