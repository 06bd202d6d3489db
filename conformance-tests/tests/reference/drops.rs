//! Futures dropped after every number of polls: the session stays usable, and nothing is left on the server.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use jetbridge::Session;
use jetbridge_reference_server::{Counters, Running};

use crate::start_plain;

/// Polls a future so many times at most; `None` when it was dropped before its end.
async fn polled<T>(future: impl Future<Output = T>, times: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut left = times;
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// What a server holds open, streams aside: those are closed a moment after their reset.
fn held(counters: &Counters) -> (u64, u64) {
    (counters.open_transactions, counters.open_statements)
}

/// The session answers with its own rows, and the server comes to rest.
async fn settles(server: &Running, session: &Session, nonce: usize, what: &str) {
    let sql = format!("SELECT {nonce} AS nonce");
    let rows = session
        .query(sql)
        .await
        .unwrap_or_else(|error| panic!("after {what}: {error}"));
    let mut rows = rows;
    let row = rows.fetch_one().await.unwrap().unwrap();
    assert_eq!(
        row.get::<i64>("nonce").unwrap(),
        i64::try_from(nonce).unwrap(),
        "after {what}"
    );
    drop(rows);
    let at_rest = async {
        while held(&server.counters()) != (0, 0) || server.counters().open_streams > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    if tokio::time::timeout(Duration::from_secs(30), at_rest)
        .await
        .is_err()
    {
        panic!("after {what} the server still holds {:?}", server.counters());
    }
}

/// Runs something with its future dropped after 0, 1, 2, … polls, until it once comes to its end.
macro_rules! sweep {
    ($what:literal, |$session:ident| $future:expr) => {{
        let (server, mut session) = start_plain().await;
        session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
        let mut times = 0;
        loop {
            let done = {
                let $session = &mut session;
                polled($future, times).await.is_some()
            };
            settles(
                &server,
                &session,
                times,
                &format!("{} dropped after {times} polls", $what),
            )
            .await;
            assert!(!session.is_broken(), "{} dropped after {times} polls", $what);
            if done {
                break;
            }
            times += 1;
            assert!(times < 10_000, "{} does not end", $what);
        }
        assert!(times > 1, "{} was never dropped on its way", $what);
        session.close().await.unwrap();
        assert_eq!(server.counters().open_sessions, 0);
    }};
}

#[tokio::test]
async fn a_query_may_be_dropped_at_any_await() {
    sweep!("a query", |session| async {
        let mut cursor = session
            .query("SELECT value FROM generate_series(1, 100) /* rows_per_batch=50 */")
            .await
            .unwrap();
        cursor.fetch_all().await.unwrap().len()
    });
}

#[tokio::test]
async fn a_result_of_several_endpoints_may_be_dropped_at_any_await() {
    sweep!("a result of several endpoints", |session| async {
        let sql = "SELECT value FROM generate_series(1, 100) /* endpoints=3 rows_per_batch=20 */";
        session.query(sql).await.unwrap().fetch_all().await.unwrap().len()
    });
}

#[tokio::test]
async fn a_transaction_may_be_dropped_at_any_await() {
    sweep!("a transaction that commits", |session| async {
        let transaction = session.begin().await.unwrap();
        transaction.update("INSERT INTO t VALUES (1)").await.unwrap();
        transaction.commit().await.unwrap();
    });
    sweep!("a transaction that is rolled back", |session| async {
        let transaction = session.begin().await.unwrap();
        transaction.rollback().await.unwrap();
    });
}

#[tokio::test]
async fn preparing_binding_and_closing_may_be_dropped_at_any_await() {
    sweep!("a prepared query", |session| async {
        let statement = session.prepare("SELECT ? AS a").await.unwrap();
        let rows = statement
            .query((7_i64,))
            .await
            .unwrap()
            .fetch_all()
            .await
            .unwrap();
        assert_eq!(rows.len(), 1);
        statement.close().await.unwrap();
    });
    sweep!("a prepared update", |session| async {
        let statement = session.prepare("INSERT INTO t VALUES (?)").await.unwrap();
        statement.update((7_i64,)).await.unwrap();
    });
}

#[tokio::test]
async fn an_update_may_be_dropped_at_any_await() {
    sweep!("an update", |session| async {
        session.update("INSERT INTO t VALUES (1)").await.unwrap()
    });
}

#[tokio::test]
async fn a_session_may_be_dropped_while_it_is_closed() {
    let (server, _session) = start_plain().await;
    let mut times = 0;
    loop {
        let mut session = Session::connect(crate::string(&server)).await.unwrap();
        let transaction = session.begin().await.unwrap();
        std::mem::forget(transaction);
        let done = polled(session.close(), times).await.is_some();
        let at_rest = async {
            while held(&server.counters()) != (0, 0) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), at_rest)
            .await
            .unwrap_or_else(|_| panic!("close dropped after {times} polls leaves {:?}", server.counters()));
        if done {
            break;
        }
        times += 1;
    }
    assert!(times > 1);
}
