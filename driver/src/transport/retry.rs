//! Which calls may be sent twice, and when.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::error::{Error, Kind, Operation};

/// How often a call is sent again at most.
pub(crate) const MOST_RETRIES: u32 = 2;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Says whether a failed call may be sent again: when the server cannot have seen it, or when seeing it twice changes nothing.
///
/// A statement is never sent twice once the server may have read it: it may have run.
pub(crate) fn may_repeat(operation: &Operation, error: &Error) -> bool {
    if error.is_unsent() {
        // A server that let the time pass once is not waited for again.
        return error.kind() != Kind::Timeout;
    }
    let unavailable = error.grpc_code() == Some(tonic::Code::Unavailable as i32);
    error.kind() == Kind::Connection && unavailable && changes_nothing(operation)
}

fn changes_nothing(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Handshake
            | Operation::Describe
            | Operation::Catalog
            | Operation::SqlInfo
            | Operation::Poll
            | Operation::ListActions
            | Operation::SessionOptions
            | Operation::Cancel
            | Operation::CloseSession
    )
}

/// How many calls of a session may be sent again, so that retries do not keep down a server that struggles.
///
/// Each retry costs one, each answer gives a tenth back. Below half of it, nothing is sent again.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

impl Budget {
    /// In tenths of a retry.
    const FULL: u32 = 100;
    const COST: u32 = 10;

    pub(super) fn new() -> Self {
        Self(AtomicU32::new(Self::FULL))
    }

    /// Takes one retry, where there is one left.
    pub(super) fn spend(&self) -> bool {
        let spent = |left: u32| (left > Self::FULL / 2).then(|| left - Self::COST);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent)
            .is_ok()
    }

    /// Takes note of an answer.
    pub(super) fn answered(&self) {
        let more = |left: u32| (left < Self::FULL).then(|| left + 1);
        // Full already: nothing to add.
        let _full = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

/// How long to wait before the next attempt (numbered from 1): full jitter under a bound that doubles.
pub(crate) fn pause(attempt: u32) -> Duration {
    let bound = FIRST_PAUSE
        .saturating_mul(2_u32.saturating_pow(attempt))
        .min(LONGEST_PAUSE);
    bound.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use tonic::{Code, Status};

    use super::{Budget, LONGEST_PAUSE, may_repeat, pause};
    use crate::error::{Error, Operation};

    #[test]
    fn a_statement_the_server_may_have_read_is_never_sent_again() {
        let lost = Error::from_status(&Status::new(Code::Unavailable, "connection reset"));
        for operation in [
            Operation::Execute,
            Operation::Update,
            Operation::Commit,
            Operation::Ingest,
            Operation::Bind,
            Operation::Begin,
            Operation::Prepare,
            Operation::Savepoint,
            Operation::SetSessionOptions,
            Operation::Action,
            Operation::Exchange,
            Operation::Fetch { endpoint: 0, of: 1 },
        ] {
            assert!(!may_repeat(&operation, &lost), "{operation:?}");
        }
        assert!(may_repeat(&Operation::Catalog, &lost));
    }

    #[test]
    fn an_answer_other_than_unavailable_is_final() {
        let refused = Error::from_status(&Status::new(Code::Internal, "broken"));
        assert!(!may_repeat(&Operation::Catalog, &refused));
    }

    #[test]
    fn a_server_that_only_fails_is_left_in_peace_and_answers_earn_retries_back() {
        let budget = Budget::new();
        let spent = (0..100).filter(|_| budget.spend()).count();
        assert_eq!(spent, 5);
        (0..10).for_each(|_| budget.answered());
        assert!(budget.spend() && !budget.spend());
    }

    #[test]
    fn pauses_stay_under_their_bound() {
        assert!((0..40).all(|attempt| pause(attempt) <= LONGEST_PAUSE));
    }
}
