//! What a session is like for the next who gets it.

use jetbridge::{Kind, SessionOptionValue};

use super::{number, pool, until};

#[tokio::test]
async fn no_trace_of_the_last_user_is_left() {
    for recycle in ["fast", "verified", "clean", "sql(SELECT 1)"] {
        let (server, pool) = pool(&format!("pool_max_size=1&pool_recycle={recycle}&catalog=main")).await;
        let session = pool.get().await.unwrap();
        session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
        let before = session.options().await.unwrap();
        drop(session);
        for _ in 0..20 {
            let session = pool.get().await.unwrap();
            session.set_autocommit(false).await.unwrap();
            session.update("INSERT INTO t VALUES (1)").await.unwrap();
            let options = [("color".to_owned(), SessionOptionValue::from("red"))];
            session.set_options(options).await.unwrap();
            drop(session);
            let session = pool.get().await.unwrap();
            assert!(session.autocommit().await, "{recycle}");
            assert_eq!(session.options().await.unwrap(), before, "{recycle}");
            assert_eq!(
                number(&session, "SELECT count(*) FROM t").await.unwrap(),
                0,
                "{recycle}"
            );
        }
        pool.close().await.unwrap();
        let counters = server.counters();
        assert_eq!(
            (counters.open_transactions, counters.open_sessions),
            (0, 0),
            "{recycle}"
        );
    }
}

#[tokio::test]
async fn a_clean_pool_lends_no_temporary_table_twice() {
    let (_server, pool) = pool("pool_max_size=1&pool_recycle=clean").await;
    for _ in 0..5 {
        let session = pool.get().await.unwrap();
        let options = [("color".to_owned(), SessionOptionValue::from("red"))];
        session.set_options(options).await.unwrap();
        session
            .update("CREATE TEMP TABLE mine (a INTEGER)")
            .await
            .unwrap();
        assert_eq!(number(&session, "SELECT count(*) FROM mine").await.unwrap(), 0);
        drop(session);
        let session = pool.get().await.unwrap();
        session.query("SELECT count(*) FROM mine").await.unwrap_err();
    }
}

#[tokio::test]
async fn a_statement_of_the_users_own_is_run_at_every_return() {
    let (server, pool) = pool("pool_max_size=1&pool_recycle=sql(SELECT 42)").await;
    for _ in 0..3 {
        number(&pool.get().await.unwrap(), "SELECT 1").await.unwrap();
    }
    pool.get().await.unwrap();
    assert!(server.counters().executions("SELECT 42") >= 3);
}

#[tokio::test]
async fn a_session_whose_own_statement_fails_is_replaced() {
    let (_server, pool) = pool("pool_max_size=1&pool_recycle=sql(SELEC 1)").await;
    for _ in 0..3 {
        number(&pool.get().await.unwrap(), "SELECT 1").await.unwrap();
    }
    assert!(pool.metrics().closed_for(jetbridge_pool::Closed::ResetFailed) >= 2);
}

#[tokio::test]
async fn an_open_transaction_never_blocks_the_next_user() {
    let (server, pool) = pool("pool_max_size=2").await;
    for round in 0..20 {
        let mut session = pool.get().await.unwrap();
        let pool_of_task = pool.clone();
        let task = tokio::spawn(async move {
            let transaction = session.begin().await.unwrap();
            transaction
                .update(format!("CREATE TABLE t{round} (a INTEGER)"))
                .await
                .unwrap();
            match round % 3 {
                // Dropped with the transaction open, after an error, by a panic.
                0 => drop(transaction),
                1 => drop(transaction.update("SELEC 1").await.unwrap_err()),
                _ => std::panic::resume_unwind(Box::new("the user's own mistake")),
            }
            drop(pool_of_task);
        });
        assert_eq!(task.await.is_err(), round % 3 == 2);
        let mut session = pool.get().await.unwrap();
        let transaction = session.begin().await.unwrap();
        transaction
            .update(format!("CREATE TABLE t{round} (a INTEGER)"))
            .await
            .unwrap();
        transaction.rollback().await.unwrap();
    }
    pool.close().await.unwrap();
    assert_eq!(server.counters().open_transactions, 0);
}

#[tokio::test]
async fn a_result_that_was_not_read_is_cancelled_when_its_session_goes_back() {
    let (server, pool) = pool("pool_max_size=1").await;
    let session = pool.get().await.unwrap();
    let sql = "SELECT value FROM generate_series(1, 1000000) /* endpoints=3 expire=60s */";
    let mut cursor = session.query(sql).await.unwrap();
    cursor.fetch_one().await.unwrap();
    drop(cursor);
    drop(session);
    let _next = pool.get().await.unwrap();
    let counters = server.counters();
    assert_eq!(
        (counters.action("CancelFlightInfo"), counters.open_tickets),
        (1, 0)
    );
}

#[tokio::test]
async fn a_result_that_outlives_its_loan_ends_and_its_session_is_not_lent_again() {
    let (server, pool) = pool("pool_max_size=1").await;
    let session = pool.get().await.unwrap();
    let sql = "SELECT value FROM generate_series(1, 1000000) /* endpoints=3 expire=60s */";
    let mut cursor = session.query(sql).await.unwrap();
    cursor.fetch_one().await.unwrap();
    drop(session);
    let next = pool.get().await.unwrap();
    assert_eq!(number(&next, "SELECT 7").await.unwrap(), 7);
    let error = loop {
        if let Err(error) = cursor.fetch_many(10_000).await {
            break error;
        }
    };
    assert_eq!(error.kind(), Kind::Cancelled, "{error}");
    drop(cursor);
    until("tickets are left on the server", async || {
        server.counters().open_tickets == 0
    })
    .await;
    assert_eq!(pool.metrics().closed_for(jetbridge_pool::Closed::StillUsed), 1);
}

#[tokio::test]
async fn a_statement_that_outlives_its_loan_cannot_be_run_beside_the_next_user() {
    let (server, pool) = pool("pool_max_size=1").await;
    let session = pool.get().await.unwrap();
    let statement = session.prepare("SELECT 1").await.unwrap();
    drop(session);
    let next = pool.get().await.unwrap();
    assert_eq!(number(&next, "SELECT 7").await.unwrap(), 7);
    until("the statement can still be run", async || {
        statement.query(()).await.is_err()
    })
    .await;
    drop(statement);
    drop(next);
    pool.close().await.unwrap();
    until("a statement is left on the server", async || {
        server.counters().open_statements == 0
    })
    .await;
}
