//! The end of a pool.

use std::time::{Duration, Instant};

use jetbridge::{Kind, SessionOptionValue};

use super::{number, pool, until};

#[tokio::test]
async fn a_pool_closes_within_its_limit_and_leaves_nothing_on_the_server() {
    let (server, pool) = pool("pool_max_size=4").await;
    let mut slow = pool.get().await.unwrap();
    let options = [("color".to_owned(), SessionOptionValue::from("red"))];
    slow.set_options(options).await.unwrap();
    let transaction = slow.begin().await.unwrap();
    let statement = transaction.prepare("SELECT 1").await.unwrap();
    let quick = pool.get().await.unwrap();
    let begun = Instant::now();
    let (closed, ()) = tokio::join!(pool.close_within(Duration::from_millis(500)), async {
        number(&quick, "SELECT 1").await.unwrap();
        drop(quick);
    });
    let error = closed.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(
        error.message().starts_with("1 sessions were still on loan"),
        "{error}"
    );
    assert!(begun.elapsed() < Duration::from_secs(10));
    let counters = server.counters();
    assert_eq!((counters.open_sessions, counters.open_transactions), (0, 0));
    assert_eq!(statement.query(()).await.unwrap_err().kind(), Kind::State);
    assert_eq!(pool.get().await.unwrap_err().kind(), Kind::State);
}

#[tokio::test]
async fn a_thousand_loans_that_were_dropped_in_any_way_leave_no_statement_open() {
    let (server, pool) = pool("pool_max_size=4").await;
    for round in 0..1000 {
        let session = pool.get().await.unwrap();
        let statement = session.prepare("SELECT 1").await.unwrap();
        let cursor = statement.query(()).await.unwrap();
        if round % 2 == 0 {
            drop((cursor, statement, session));
        } else {
            let user = tokio::spawn(async move {
                let _held = (cursor, statement, session);
                std::panic::resume_unwind(Box::new("the user's own mistake"));
            });
            assert!(user.await.is_err());
        }
    }
    pool.close().await.unwrap();
    until("something is left", async || {
        let counters = server.counters();
        (
            counters.open_statements,
            counters.open_streams,
            counters.open_sessions,
        ) == (0, 0, 0)
    })
    .await;
}

#[tokio::test]
async fn dropping_the_last_handle_closes_sessions_on_the_server() {
    let (server, pool) = pool("pool_max_size=4&catalog=main").await;
    let held = (pool.get().await.unwrap(), pool.get().await.unwrap());
    assert_eq!(server.counters().open_sessions, 2);
    drop(pool);
    drop(held);
    until("sessions are left", async || server.counters().open_sessions == 0).await;
}

#[tokio::test]
async fn taking_a_session_sends_nothing() {
    let (server, pool) = pool("pool_max_size=4&pool_recycle=fast").await;
    drop(pool.get().await.unwrap());
    let before = server.counters();
    for _ in 0..1000 {
        pool.get().await.unwrap();
    }
    let held = (pool.get().await.unwrap(), pool.get().await.unwrap());
    assert_eq!(
        server.counters(),
        before,
        "not even for a second session, without a handshake"
    );
    drop(held);
}
