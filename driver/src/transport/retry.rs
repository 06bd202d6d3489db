//! Which calls may be sent twice, and when.

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
        return true;
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
            | Operation::Cancel
            | Operation::CloseSession
    )
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

    use super::{LONGEST_PAUSE, may_repeat, pause};
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
    fn pauses_stay_under_their_bound() {
        assert!((0..40).all(|attempt| pause(attempt) <= LONGEST_PAUSE));
    }
}
