//! How fast sessions are connected when the server does not want them.

use std::sync::Arc;
use std::time::Duration;

use jetbridge::{Error, Kind};
use tokio::time::Instant;

/// The bound of the first pause; it doubles with every failure.
const FIRST: Duration = Duration::from_millis(50);

/// The longest pause: a server that is back is found within this time.
const LONGEST: Duration = Duration::from_millis(500);

/// What is known about attempts to connect that failed.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    failures: u32,
    until: Option<Instant>,
    last: Option<Arc<Error>>,
}

impl Outage {
    /// Notes a failure, and gives it in a form that many can be told.
    pub(crate) fn failed(&mut self, error: Error) -> Arc<Error> {
        let error = Arc::new(error);
        self.until = Some(Instant::now() + pause(self.failures));
        self.failures = self.failures.saturating_add(1);
        self.last = Some(Arc::clone(&error));
        error
    }

    /// Notes that a session was made.
    pub(crate) fn over(&mut self) {
        *self = Self::default();
    }

    /// When the next attempt may be made, unless that is now.
    pub(crate) fn until(&self) -> Option<Instant> {
        self.until.filter(|until| *until > Instant::now())
    }

    /// How often it has failed in a row, and why last.
    pub(crate) fn last(&self) -> Option<(u32, &Arc<Error>)> {
        Some((self.failures, self.last.as_ref()?))
    }
}

/// Says whether it helps to try again: the server may be starting. Anything else the caller has to know at once, a wrong password above all.
pub(crate) fn may_pass(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Connection | Kind::Timeout | Kind::Resource | Kind::CommitOutcomeUnknown
    )
}

/// Half of the bound, and a random part of the other half, so that many pools do not come back in one moment.
fn pause(failures: u32) -> Duration {
    let bound = FIRST.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST);
    bound.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// The error of one caller, of those who wait for the same attempt.
pub(crate) fn retold(error: &Arc<Error>) -> Error {
    let mut told = Error::new(error.kind(), error.message()).state(error.sqlstate());
    if let Some(operation) = error.operation() {
        told = told.during(operation.clone());
    }
    if let Some(peer) = error.peer() {
        told = told.on(peer);
    }
    if let Some(hint) = error.get_hint() {
        told = told.hint(hint);
    }
    told.caused_by(Arc::clone(error))
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, pause};

    #[test]
    fn pauses_double_under_a_bound_and_differ() {
        for failures in 0..40 {
            let pauses: Vec<_> = (0..50).map(|_| pause(failures)).collect();
            assert!(pauses.iter().all(|pause| *pause <= LONGEST));
            assert!(pauses.iter().any(|pause| *pause != pauses[0]));
        }
        assert!(pause(0) < pause(9));
    }
}
