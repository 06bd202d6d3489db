//! All that the pool starts in the background, and what it says about it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jetbridge::Error;
pub(crate) use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use crate::backend::Backend;
use crate::metrics::Closed;
use crate::shared::Shared;
use crate::slot::{Place, Slot};

/// The target of every event of this crate.
pub(crate) const TARGET: &str = "jetbridge::pool";

/// Starts work on the runtime; without one, or when that is shutting down, the work is dropped, and with it what it holds. Says whether it runs.
fn start<B: Backend>(core: &Shared<B>, work: impl Future<Output = ()> + Send + 'static) -> bool {
    let Some(runtime) = core.runtime() else {
        return false;
    };
    !runtime.spawn(work).is_finished()
}

/// Connects one session, whose place is reserved. Says whether that goes on by itself.
pub(crate) fn connect<B: Backend>(core: &Arc<Shared<B>>) -> bool {
    let mut reserved = Reserved::new(core);
    let core_of_task = Arc::clone(core);
    start(core, async move {
        core_of_task
            .connect()
            .instrument(tracing::debug_span!(target: TARGET, "connect"))
            .await;
        reserved.keep();
    })
}

/// A reserved place, given up when the attempt to fill it is.
pub(crate) struct Reserved<B: Backend>(Option<Arc<Shared<B>>>);

impl<B: Backend> Reserved<B> {
    pub(crate) fn new(core: &Arc<Shared<B>>) -> Self {
        Self(Some(Arc::clone(core)))
    }

    /// Notes that the book is right: the place is filled, or given up already.
    pub(crate) fn keep(&mut self) {
        self.0 = None;
    }
}

impl<B: Backend> Drop for Reserved<B> {
    fn drop(&mut self) {
        if let Some(core) = self.0.take() {
            core.supply.given_up();
        }
    }
}

/// Puts a session in order that was handed back with something to be done.
pub(crate) fn tidy<B: Backend>(core: &Arc<Shared<B>>, slot: Slot<B>) {
    let coming = Coming(Some(Arc::clone(core)));
    let core_of_task = Arc::clone(core);
    start(core, async move {
        let result = core_of_task
            .tidy(slot)
            .instrument(tracing::debug_span!(target: TARGET, "reset"))
            .await;
        coming.settle(result);
    });
}

/// Asks the server after a session that has rested, to keep it alive.
pub(crate) fn keep_alive<B: Backend>(core: &Arc<Shared<B>>, mut slot: Slot<B>) {
    let coming = Coming(Some(Arc::clone(core)));
    let core_of_task = Arc::clone(core);
    start(core, async move {
        let result = match core_of_task.ask(&mut slot).await {
            Ok(()) => Ok(slot),
            Err(why) => Err((slot, why)),
        };
        coming.settle(result);
    });
}

/// A session on its way to whoever waits.
struct Coming<B: Backend>(Option<Arc<Shared<B>>>);

impl<B: Backend> Coming<B> {
    fn settle(mut self, result: Result<Slot<B>, (Slot<B>, Closed)>) {
        let Some(core) = self.0.take() else { return };
        match result {
            Ok(slot) => {
                if let Err(slot) = core.supply.arrived(slot) {
                    core.end(slot, Closed::PoolClosed);
                }
            }
            Err((slot, why)) => {
                core.supply.lost_on_its_way();
                core.end(slot, why);
            }
        }
    }
}

impl<B: Backend> Drop for Coming<B> {
    fn drop(&mut self) {
        if let Some(core) = self.0.take() {
            core.supply.lost_on_its_way();
        }
    }
}

/// Closes a session on the server; its place is free when that is done, or at once.
pub(crate) fn close<B: Backend>(core: &Arc<Shared<B>>, slot: Slot<B>, at_once: bool) {
    let (session, place): (_, Place<B>) = slot.into_session();
    let farewell = Farewell::new(core);
    let place = (!at_once).then_some(place);
    start(core, async move {
        let core = Arc::clone(&farewell.0);
        if let Err(error) = core.backend().close(session).await {
            tracing::debug!(target: TARGET, %error, "a session was not closed in good order");
            // Of one in doubt nobody expects it.
            if !at_once {
                core.not_closed(error);
            }
        }
        drop((place, farewell));
    });
}

/// A session that is being closed.
struct Farewell<B: Backend>(Arc<Shared<B>>);

impl<B: Backend> Farewell<B> {
    fn new(core: &Arc<Shared<B>>) -> Self {
        core.farewells.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(core))
    }
}

impl<B: Backend> Drop for Farewell<B> {
    fn drop(&mut self) {
        self.0.farewells.fetch_sub(1, Ordering::AcqRel);
        self.0.departures.notify_waiters();
    }
}

/// Closes a session that somebody has.
pub(crate) fn close_by<B: Backend>(core: &Arc<Shared<B>>, handle: B::CloseHandle) -> Option<JoinHandle<()>> {
    let core_of_task = Arc::clone(core);
    let closing = async move {
        if let Err(error) = core_of_task.backend().close_by(handle).await {
            tracing::debug!(target: TARGET, %error, "a session on loan was not closed in good order");
        }
    };
    core.runtime().map(|runtime| runtime.spawn(closing))
}

pub(crate) fn log_connect_failed(error: &Error) {
    tracing::warn!(target: TARGET, %error, "no session could be made");
}

pub(crate) fn log_check_failed(error: Option<&Error>) {
    let error = error.map(tracing::field::display);
    tracing::info!(target: TARGET, error, "a session failed its check and is replaced");
}

pub(crate) fn log_reset_failed(error: Option<&Error>) {
    let error = error.map(tracing::field::display);
    tracing::info!(target: TARGET, error, "a session could not be put in order and is replaced");
}
