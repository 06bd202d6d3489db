//! Answers to updates, to actions, and to a commit. Whatever comes of it, the server sees each change once.

use arrow_flight::PutResult;
use arrow_flight::sql::{ActionBeginTransactionResult, ProstMessageExt as _};
use jetbridge::Kind::{self, Protocol};
use prost::Message as _;
use tonic::Status;

use crate::fault::case::{Act, Case};
use crate::fault::data::updated;
use crate::fault::script::{Answer, Script, Step};

fn put(name: &'static str, server: &'static str, script: fn() -> Script) -> Case {
    Case::new(name, server, script)
        .count(None)
        .seen(|seen| seen.count("DoPut") == 1)
}

fn rubbish() -> PutResult {
    PutResult {
        app_metadata: vec![0xff; 12].into(),
    }
}

/// A server that answers one action so.
fn action(name: &'static str, answer: fn() -> Answer<bytes::Bytes>) -> Script {
    Script::new().action(move |_, asked| (asked == name).then(answer))
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        put(
            "update-answered-with-nothing",
            "runs an update and answers with nothing",
            || Script::new().put(|_| Answer::send([])),
        ),
        put(
            "update-of-minus-one",
            "says that an update changed −1 rows: it does not know",
            || Script::new().put(|_| Answer::send([updated(-1)])),
        ),
        put(
            "update-answered-twice",
            "answers an update twice, with 3 rows and with 4",
            || Script::new().put(|_| Answer::send([updated(3), updated(4)])),
        )
        .count(Some(7)),
        put(
            "update-answered-without-end",
            "answers an update again and again",
            || Script::new().put(|_| Answer::of([Step::Forever(updated(1))])),
        )
        .fails(Protocol, &["does not stop answering"]),
        put(
            "update-answered-with-rubbish",
            "answers an update with rubbish",
            || Script::new().put(|_| Answer::send([rubbish()])),
        )
        .fails(Protocol, &["DoPutUpdateResult"]),
        put(
            "update-counted-and-then-refused",
            "answers an update with a count, and then with an error",
            || {
                Script::new().put(|_| {
                    Answer::send([updated(3)]).then(Step::End(Status::aborted("deadlock: rolled back")))
                })
            },
        )
        .fails(Kind::Serialization, &["deadlock: rolled back"]),
        put(
            "update-lost",
            "loses an update: UNAVAILABLE after it was read",
            || Script::new().put(|_| Answer::refuse(Status::unavailable("the backend went away"))),
        )
        .fails(Kind::Connection, &["the backend went away"]),
        put("update-never-answered", "never answers an update", || {
            Script::new().put(|_| Answer::of([Step::Hang]))
        })
        .with("&update_timeout=1s")
        .fails(Kind::Timeout, &["update_timeout"]),
        Case::new("commit-lost", "loses the answer to a commit", || {
            action("EndTransaction", || {
                Answer::refuse(Status::unavailable("connection reset"))
            })
        })
        .act(Act::Commit)
        .fails(Kind::CommitOutcomeUnknown, &["committing"])
        .seen(|seen| seen.count("DoPut") == 1),
        Case::new("commit-refused", "refuses a commit for a conflict", || {
            action("EndTransaction", || {
                Answer::refuse(Status::aborted("could not serialize"))
            })
        })
        .act(Act::Commit)
        .fails(Kind::Serialization, &["could not serialize"]),
        Case::new(
            "transaction-without-an-id",
            "begins a transaction without an id",
            || {
                action("BeginTransaction", || {
                    let empty = ActionBeginTransactionResult::default().as_any();
                    Answer::send([empty.encode_to_vec().into()])
                })
            },
        )
        .act(Act::Commit)
        .fails(Protocol, &["without an id"])
        .seen(|seen| seen.count("DoPut") == 0),
        Case::new(
            "prepare-answered-with-nothing",
            "answers a prepare with nothing",
            || action("CreatePreparedStatement", || Answer::send([])),
        )
        .act(Act::Prepared)
        .fails(Protocol, &["CreatePreparedStatement", "nothing"]),
        Case::new(
            "prepare-answered-with-another-message",
            "answers a prepare with the id of a transaction",
            || {
                action("CreatePreparedStatement", || {
                    let other = ActionBeginTransactionResult::default().as_any();
                    Answer::send([other.encode_to_vec().into()])
                })
            },
        )
        .act(Act::Prepared)
        .fails(Protocol, &["in place of ActionCreatePreparedStatementResult"]),
        Case::new(
            "prepare-answered-with-rubbish",
            "answers a prepare with rubbish",
            || {
                action("CreatePreparedStatement", || {
                    Answer::send([vec![0xff; 30].into()])
                })
            },
        )
        .act(Act::Prepared)
        .fails(Protocol, &["broken ActionCreatePreparedStatementResult"]),
        Case::new(
            "an-action-without-end",
            "answers a prepare again and again",
            || {
                action("CreatePreparedStatement", || {
                    Answer::of([Step::Forever(vec![0; 1 << 16].into())])
                })
            },
        )
        .act(Act::Prepared)
        .fails(Protocol, &["does not end"]),
        Case::new("close-refused", "refuses to close a prepared statement", || {
            action("ClosePreparedStatement", || {
                Answer::refuse(Status::internal("what statement?"))
            })
            .put(|_| Answer::send([]))
        })
        .act(Act::Prepared),
        Case::new("close-session-refused", "refuses to close a session", || {
            action("CloseSession", || {
                Answer::refuse(Status::unimplemented("no sessions here"))
            })
        })
        .act(Act::Twice),
    ]
}
