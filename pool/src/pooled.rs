//! A session on loan.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use deadpool::managed::Object;
use jetbridge::Session;

use crate::manager::Manager;

/// A session on loan from a pool; dropping it hands it back.
///
/// On the way back an open transaction is rolled back, and a session that an error has left in doubt is ended and not kept.
pub struct PooledSession {
    /// There until the drop.
    session: Option<Object<Manager>>,
    taken: Instant,
    /// Held for longer than this, it is complained about.
    threshold: Option<Duration>,
}

impl PooledSession {
    pub(crate) fn watched(mut self, threshold: Option<Duration>) -> Self {
        self.threshold = threshold;
        self
    }
}

impl From<Object<Manager>> for PooledSession {
    fn from(session: Object<Manager>) -> Self {
        Self {
            session: Some(session),
            taken: Instant::now(),
            threshold: None,
        }
    }
}

impl Deref for PooledSession {
    type Target = Session;

    #[track_caller]
    fn deref(&self) -> &Session {
        match &self.session {
            Some(session) => session,
            None => unreachable!("a session is there until it is dropped"),
        }
    }
}

impl DerefMut for PooledSession {
    #[track_caller]
    fn deref_mut(&mut self) -> &mut Session {
        match &mut self.session {
            Some(session) => session,
            None => unreachable!("a session is there until it is dropped"),
        }
    }
}

impl Drop for PooledSession {
    fn drop(&mut self) {
        let Some(mut session) = self.session.take() else {
            return;
        };
        let held = self.taken.elapsed();
        if self.threshold.is_some_and(|threshold| held > threshold) {
            tracing::warn!(target: "jetbridge::pool", ?held, "a session was held for longer than pool_leak_threshold");
        }
        session.release();
        if session.is_broken() {
            if let Some(pool) = Object::pool(&session) {
                pool.manager().connector().forget_channels();
            }
            drop(Object::take(session));
        }
    }
}

impl fmt::Debug for PooledSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PooledSession").field(&**self).finish()
    }
}
