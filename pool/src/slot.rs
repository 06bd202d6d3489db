//! A session with what the pool knows about it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::Instant;

use crate::backend::Backend;
use crate::shared::Shared;
use crate::statements::Statements;

/// A session of the pool. Dropped, it leaves the pool, wherever that happens.
#[derive(Debug)]
pub(crate) struct Slot<B: Backend> {
    pub(crate) session: B::Session,
    pub(crate) statements: Statements,
    /// When it was last handed back, or made.
    pub(crate) used: Instant,
    /// When the server last gave a sign of life.
    pub(crate) heard: Instant,
    /// How many sessions had been found broken then; one more, and this one is looked at again.
    pub(crate) alarms: u64,
    born: Instant,
    lifetime: Option<Duration>,
    place: Place<B>,
}

impl<B: Backend> Slot<B> {
    pub(crate) fn new(core: &Arc<Shared<B>>, session: B::Session) -> Self {
        let now = Instant::now();
        let config = core.config();
        let place = Place {
            number: core.enlist(core.backend().close_handle(&session)),
            core: Arc::downgrade(core),
        };
        Self {
            session,
            statements: Statements::new(config.get_pool_statement_cache_size()),
            used: now,
            heard: now,
            alarms: core.alarms(),
            born: now,
            lifetime: config.get_pool_max_lifetime().map(shortened),
            place,
        }
    }

    /// Says whether it has reached its maximum lifetime.
    pub(crate) fn is_old(&self) -> bool {
        self.lifetime
            .is_some_and(|lifetime| self.born.elapsed() >= lifetime)
    }

    /// The session alone; its place is given up with the second part.
    pub(crate) fn into_session(self) -> (B::Session, Place<B>) {
        self.statements.clear();
        (self.session, self.place)
    }
}

/// Up to 5 % less, so that sessions born together do not end together.
fn shortened(lifetime: Duration) -> Duration {
    lifetime.mul_f64(1.0 - fastrand::f64() / 20.0)
}

/// The place of a session among those the pool may have.
#[derive(Debug)]
pub(crate) struct Place<B: Backend> {
    number: u64,
    core: Weak<Shared<B>>,
}

impl<B: Backend> Drop for Place<B> {
    fn drop(&mut self) {
        if let Some(core) = self.core.upgrade() {
            core.left(self.number);
        }
    }
}
