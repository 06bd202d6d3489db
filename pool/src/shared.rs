//! What all parts of a pool share, and what happens to a session from its making to its end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use deadpool::managed::{self, Metrics as Seen, Object, RecycleError, RecycleResult, WeakPool};
use jetbridge::{Config, Error, Kind, RecycleMethod, Result, SqlState};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::backend::Backend;
use crate::backoff::{Outage, may_pass, retold};
use crate::leak::Loans;
use crate::metrics::{Closed, Counts};
use crate::slot::Slot;
use crate::supply::{Refused, Supply};
use crate::tasks::{self, Handle};

/// A session that has rested for less is taken for sound (HikariCP and pgx have rules like it).
const FRESH: Duration = Duration::from_secs(1);

/// How long the check of a session, or putting it in order, may take before it is replaced.
pub(crate) const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// The state of a pool.
#[derive(Debug)]
pub(crate) struct Shared<B: Backend> {
    backend: B,
    config: Config,
    pub(crate) supply: Supply<Slot<B>, Error>,
    pub(crate) counts: Counts,
    pub(crate) loans: Loans,
    outage: Mutex<Outage>,
    /// How many sessions were found broken.
    alarms: AtomicU64,
    /// Callers that have a session or wait for one.
    users: AtomicUsize,
    lent: AtomicUsize,
    close_handles: Mutex<HashMap<u64, B::CloseHandle>>,
    next: AtomicU64,
    closing: AtomicBool,
    /// Sessions that are being closed on the server though their place is free already.
    pub(crate) farewells: AtomicUsize,
    /// Told whenever a session has left.
    pub(crate) departures: Notify,
    /// The first error of a session that could not be closed.
    farewell: Mutex<Option<Error>>,
    runtime: Mutex<Option<Handle>>,
    /// The process that made it.
    process: AtomicU32,
    /// The pool around it.
    pool: OnceLock<WeakPool<Manager<B>>>,
}

impl<B: Backend> Shared<B> {
    pub(crate) fn new(backend: B, config: Config) -> Self {
        Self {
            backend,
            supply: Supply::new(config.get_pool_max_size()),
            counts: Counts::new(&config),
            loans: Loans::new(config.get_pool_leak_threshold()),
            config,
            outage: Mutex::default(),
            alarms: AtomicU64::new(0),
            users: AtomicUsize::new(0),
            lent: AtomicUsize::new(0),
            close_handles: Mutex::default(),
            next: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            farewells: AtomicUsize::new(0),
            departures: Notify::new(),
            farewell: Mutex::default(),
            runtime: Mutex::default(),
            process: AtomicU32::new(std::process::id()),
            pool: OnceLock::new(),
        }
    }

    pub(crate) fn belongs_to(&self, pool: WeakPool<Manager<B>>) {
        let _once = self.pool.set(pool);
    }

    pub(crate) fn backend(&self) -> &B {
        &self.backend
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn alarms(&self) -> u64 {
        self.alarms.load(Ordering::Acquire)
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    pub(crate) fn begin_closing(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// The sessions there are, those that rest, and the callers that wait.
    pub(crate) fn occupancy(&self) -> (usize, usize, usize) {
        let (alive, incoming, connecting) = self.supply.count();
        let lent = self.lent.load(Ordering::Acquire);
        let waiting = self.users.load(Ordering::Acquire).saturating_sub(lent);
        (
            alive.saturating_sub(connecting),
            alive.saturating_sub(incoming).saturating_sub(lent),
            waiting,
        )
    }

    /// Remembers the runtime of whoever asks first: clean-ups are started where there may be none.
    pub(crate) fn remember(&self, runtime: Handle) {
        *lock(&self.runtime) = Some(runtime);
    }

    pub(crate) fn runtime(&self) -> Option<Handle> {
        Handle::try_current().ok().or_else(|| lock(&self.runtime).clone())
    }

    /// Makes it look as it does to a fork of its process.
    #[cfg(test)]
    pub(crate) fn belongs_to_process(&self, process: u32) {
        self.process.store(process, Ordering::Relaxed);
    }

    /// Lets a caller in, unless too many wait.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<User<B>> {
        // After a fork, two processes would write to one connection, and its tasks run in one of them alone.
        if self.process.load(Ordering::Relaxed) != std::process::id() {
            let words = "the pool belongs to the process that made it, and this one is a fork of that";
            return Err(Error::new(Kind::State, words).hint("make a pool in each process, after the fork"));
        }
        let before = self.users.fetch_add(1, Ordering::AcqRel);
        let user = User {
            core: Arc::clone(self),
            lent: false,
        };
        let waiting = before.saturating_sub(self.config.get_pool_max_size());
        match self.config.get_pool_max_waiting() {
            Some(most) if before >= self.config.get_pool_max_size() && waiting >= most => {
                self.counts.refused();
                let words = format!("{waiting} callers wait for a session already");
                Err(Error::new(Kind::Resource, words).hint("the limit is the option pool_max_waiting"))
            }
            _ => Ok(user),
        }
    }

    pub(crate) fn enlist(&self, handle: B::CloseHandle) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.close_handles).insert(number, handle);
        number
    }

    pub(crate) fn close_handles(&self) -> Vec<B::CloseHandle> {
        lock(&self.close_handles)
            .drain()
            .map(|(_, handle)| handle)
            .collect()
    }

    /// A session has left: whoever waits may need another.
    pub(crate) fn left(self: Arc<Self>, number: u64) {
        lock(&self.close_handles).remove(&number);
        self.supply.left();
        self.departures.notify_waiters();
        self.connect_if_lacking();
    }

    /// Starts as many connects as are lacking and may be made at once.
    pub(crate) fn connect_if_lacking(self: &Arc<Self>) {
        while self.supply.reserve_if_lacking() {
            if !tasks::connect(self) {
                return;
            }
        }
    }

    /// Connects until a session is there, nobody waits any more, or it is clear that none can be had.
    pub(crate) async fn connect(self: &Arc<Self>) {
        loop {
            let until = lock(&self.outage).until();
            if let Some(until) = until {
                tokio::time::sleep_until(until).await;
                if !self.supply.is_awaited() {
                    break;
                }
            }
            let Err(error) = self.connect_once().await else {
                self.connect_if_lacking();
                return;
            };
            let passes = may_pass(&error);
            let error = lock(&self.outage).failed(error);
            self.counts.connect_failed();
            tasks::log_connect_failed(&error);
            let go_on = self.supply.failed();
            if !passes {
                self.supply.refuse(&error);
                break;
            }
            if !go_on {
                break;
            }
        }
        self.supply.given_up();
        // Somebody may have come between the last look and now.
        self.connect_if_lacking();
    }

    /// Connects one session whose place is reserved, and gives it away.
    pub(crate) async fn connect_once(self: &Arc<Self>) -> Result<()> {
        let started = Instant::now();
        let session = self.backend.connect().await?;
        lock(&self.outage).over();
        self.counts.connected(started.elapsed());
        let slot = Slot::new(self, session);
        if let Err(slot) = self.supply.connected(slot) {
            self.end(slot, Closed::PoolClosed);
        }
        Ok(())
    }

    /// Why a caller that waits for a new session need not: the last attempt failed for good a moment ago.
    fn refusal(&self) -> Option<Error> {
        let outage = lock(&self.outage);
        outage.until()?;
        let (_, error) = outage.last()?;
        (!may_pass(error)).then(|| retold(error))
    }

    /// What keeps new sessions from coming, and how often it was tried.
    pub(crate) fn trouble(&self) -> Option<(u32, Error)> {
        lock(&self.outage)
            .last()
            .map(|(times, error)| (times, retold(error)))
    }

    /// Says whether a session may be lent, asking the server where that is the rule.
    async fn examine(&self, slot: &mut Slot<B>) -> Result<(), Closed> {
        if self.is_closing() {
            return Err(Closed::PoolClosed);
        }
        if slot.is_old() {
            return Err(Closed::Lifetime);
        }
        if self.backend.is_broken(&slot.session) {
            return Err(Closed::Broken);
        }
        let alarms = self.alarms();
        let rested = slot.used.max(slot.heard).elapsed();
        let asks = self.config.get_pool_recycle() != RecycleMethod::Fast;
        if asks && (rested > FRESH || slot.alarms != alarms) {
            self.ask(slot).await?;
        }
        slot.alarms = alarms;
        Ok(())
    }

    /// Asks the server for a sign of life.
    pub(crate) async fn ask(&self, slot: &mut Slot<B>) -> Result<(), Closed> {
        match timeout(CHECK_TIMEOUT, self.backend.check(&slot.session)).await {
            Ok(Ok(())) => {
                slot.heard = Instant::now();
                Ok(())
            }
            silent_or_refused => {
                let error = silent_or_refused.ok().and_then(Result::err);
                tasks::log_check_failed(error.as_ref());
                self.backend.forget(&slot.session);
                Err(Closed::CheckFailed)
            }
        }
    }

    /// Takes a session back from its user.
    pub(crate) fn hand_back(self: &Arc<Self>, mut object: Object<Manager<B>>) {
        let slot = &mut *object;
        slot.used = Instant::now();
        self.backend.release(&mut slot.session);
        let why = if self.backend.is_broken(&slot.session) {
            self.alarms.fetch_add(1, Ordering::AcqRel);
            self.backend.forget(&slot.session);
            Some(Closed::Broken)
        } else if self.is_closing() {
            Some(Closed::PoolClosed)
        } else if slot.is_old() {
            Some(Closed::Lifetime)
        } else {
            None
        };
        if let Some(why) = why {
            return self.end(Object::take(object), why);
        }
        if !self.backend.is_fit(&slot.session, slot.statements.len()) {
            self.supply.on_its_way();
            return tasks::tidy(self, Object::take(object));
        }
        if self.supply.is_awaited() {
            return self.put(Object::take(object));
        }
        drop(object);
        // Somebody may have begun to wait while it went back.
        if self.supply.is_awaited() {
            self.give_idle();
        }
    }

    fn put(self: &Arc<Self>, slot: Slot<B>) {
        if let Err(slot) = self.supply.put(slot) {
            self.end(slot, Closed::PoolClosed);
        }
    }

    /// Gives an idle session of deadpool's to whoever waits: it came back just after they had looked for one.
    fn give_idle(self: &Arc<Self>) {
        let Some(pool) = self.pool.get().and_then(WeakPool::upgrade) else {
            return;
        };
        let mut one = true;
        for slot in pool.retain(|_, _| !std::mem::take(&mut one)).removed {
            self.put(slot);
        }
    }

    /// Puts a session in order that is on its way, and gives it away.
    pub(crate) async fn tidy(self: &Arc<Self>, mut slot: Slot<B>) -> Result<Slot<B>, (Slot<B>, Closed)> {
        if self.config.get_pool_recycle() == RecycleMethod::Clean {
            slot.statements.clear();
        }
        let kept = slot.statements.len();
        let reset = self.backend.reset(&mut slot.session, kept);
        match timeout(CHECK_TIMEOUT, reset).await {
            Ok(Ok(())) if !self.backend.is_broken(&slot.session) => {
                slot.used = Instant::now();
                Ok(slot)
            }
            Ok(Err(error)) if error.kind() == Kind::State => Err((slot, Closed::StillUsed)),
            not_reset => {
                let error = not_reset.ok().and_then(Result::err);
                tasks::log_reset_failed(error.as_ref());
                Err((slot, Closed::ResetFailed))
            }
        }
    }

    /// Ends a session: it is closed on the server, in the background.
    pub(crate) fn end(self: &Arc<Self>, slot: Slot<B>, why: Closed) {
        self.counts.closed(why);
        // A server that does not answer must not keep others from a new session.
        let in_doubt = matches!(why, Closed::Broken | Closed::CheckFailed | Closed::ResetFailed);
        tasks::close(self, slot, in_doubt);
    }

    /// Says whether every session has left and been closed.
    pub(crate) fn is_deserted(&self) -> bool {
        self.supply.count().0 == 0 && self.farewells.load(Ordering::Acquire) == 0
    }

    /// Notes that a session could not be closed in good order.
    pub(crate) fn not_closed(&self, error: Error) {
        lock(&self.farewell).get_or_insert(error);
    }

    pub(crate) fn farewell(&self) -> Option<Error> {
        lock(&self.farewell).take()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A caller that has a session or waits for one, as long as this lives.
#[derive(Debug)]
pub(crate) struct User<B: Backend> {
    core: Arc<Shared<B>>,
    lent: bool,
}

impl<B: Backend> User<B> {
    pub(crate) fn got_one(&mut self) {
        self.lent = true;
        self.core.lent.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn core(&self) -> &Arc<Shared<B>> {
        &self.core
    }
}

impl<B: Backend> Drop for User<B> {
    fn drop(&mut self) {
        if self.lent {
            self.core.lent.fetch_sub(1, Ordering::AcqRel);
        }
        self.core.users.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The error of a pool that is closed.
pub(crate) fn pool_closed() -> Error {
    Error::new(Kind::State, "the pool is closed").state(SqlState::CONNECTION_CLOSED)
}

/// What deadpool asks for sessions.
#[derive(Debug)]
pub(crate) struct Manager<B: Backend>(pub(crate) Arc<Shared<B>>);

impl<B: Backend> managed::Manager for Manager<B> {
    type Type = Slot<B>;
    type Error = Error;

    /// Waits for a session that somebody hands back, or for a new one: whichever is there first.
    async fn create(&self) -> Result<Slot<B>, Error> {
        let core = &self.0;
        loop {
            let wait = core.supply.wait();
            if let Some(refusal) = core.refusal() {
                return Err(refusal);
            }
            core.give_idle();
            core.connect_if_lacking();
            let mut slot = match wait.await {
                Ok(slot) => slot,
                Err(Refused::Closed) => return Err(pool_closed()),
                Err(Refused::Failed(error)) => return Err(retold(&error)),
            };
            match core.examine(&mut slot).await {
                Ok(()) => return Ok(slot),
                Err(why) => core.end(slot, why),
            }
        }
    }

    async fn recycle(&self, slot: &mut Slot<B>, _: &Seen) -> RecycleResult<Error> {
        match self.0.examine(slot).await {
            Ok(()) => {
                self.0.counts.recycled();
                Ok(())
            }
            // Deadpool drops it, and a session that is dropped is closed in the background.
            Err(why) => {
                self.0.counts.closed(why);
                Err(RecycleError::message(why.label()))
            }
        }
    }
}
