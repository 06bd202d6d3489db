//! Transactions and savepoints.

use jetbridge::{IsolationLevel, Kind, Session, TransactionOptions};
use jetbridge_reference_server::{Capability, ReferenceServer};

use crate::cut::Cut;
use crate::start_plain;

async fn count(session: &Session) -> i64 {
    let mut cursor = session.query("SELECT count(*) AS n FROM t").await.unwrap();
    cursor.fetch_one().await.unwrap().unwrap().get("n").unwrap()
}

async fn insert(session: &Session) {
    assert_eq!(session.update("INSERT INTO t VALUES (1)").await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_commit_lasts_and_a_rollback_does_not() {
    let (server, mut session) = start_plain().await;
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    let transaction = session.begin().await.unwrap();
    insert(&transaction).await;
    transaction.commit().await.unwrap();
    let transaction = session.begin().await.unwrap();
    insert(&transaction).await;
    assert_eq!(count(&transaction).await, 2);
    transaction.rollback().await.unwrap();
    assert_eq!(count(&session).await, 1);
    assert_eq!(server.counters().open_transactions, 0);
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back_before_the_next_statement() {
    let (server, mut session) = start_plain().await;
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    for _ in 0..10 {
        let transaction = session.begin().await.unwrap();
        insert(&transaction).await;
        drop(transaction);
        assert_eq!(count(&session).await, 0);
        assert_eq!(server.counters().open_transactions, 0);
    }
}

#[tokio::test]
async fn a_savepoint_undoes_a_part() {
    let (_server, mut session) = start_plain().await;
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    let transaction = session.begin().await.unwrap();
    insert(&transaction).await;
    let savepoint = transaction.savepoint("one").await.unwrap();
    insert(&transaction).await;
    savepoint.rollback().await.unwrap();
    let savepoint = transaction.savepoint("two").await.unwrap();
    insert(&transaction).await;
    savepoint.release().await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(count(&session).await, 2);
}

#[tokio::test]
async fn without_autocommit_nothing_lasts_before_commit() {
    let (_server, session) = start_plain().await;
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    session.set_autocommit(false).await.unwrap();
    insert(&session).await;
    session.rollback().await.unwrap();
    assert_eq!(count(&session).await, 0);
    insert(&session).await;
    session.commit().await.unwrap();
    session.set_autocommit(true).await.unwrap();
    assert_eq!(count(&session).await, 1);
}

#[tokio::test]
async fn closing_a_session_rolls_back_what_is_open() {
    let (server, session) = start_plain().await;
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    session.set_autocommit(false).await.unwrap();
    insert(&session).await;
    assert_eq!(server.counters().open_transactions, 1);
    session.close().await.unwrap();
    let counters = server.counters();
    assert_eq!((counters.open_transactions, counters.open_sessions), (0, 0));
    let next = Session::connect(crate::string(&server)).await.unwrap();
    assert_eq!(count(&next).await, 0);
}

#[tokio::test]
async fn a_failed_commit_is_never_a_success() {
    let (_server, mut session) = start_plain().await;
    session.update("PRAGMA foreign_keys = ON").await.unwrap();
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    let transaction = session.begin().await.unwrap();
    let sql = "CREATE TABLE child (c INTEGER REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)";
    transaction.update(sql).await.unwrap();
    transaction.update("ROLLBACK").await.unwrap_err();
    transaction.rollback().await.unwrap();
    // A transaction that the server does not know any more cannot be committed.
    session.set_autocommit(false).await.unwrap();
    insert(&session).await;
    session.commit().await.unwrap();
    assert!(!session.in_transaction().await);
    session.commit().await.unwrap();
}

#[tokio::test]
async fn a_second_transaction_in_one_session_is_refused() {
    let (_server, session) = start_plain().await;
    session.set_autocommit(false).await.unwrap();
    session.query("SELECT 1").await.unwrap();
    let mut session = session;
    let error = session.begin().await.unwrap_err();
    assert_eq!((error.kind(), error.sqlstate().as_str()), (Kind::State, "25000"));
}

/// A server whose sessions keep transactions, without the actions for them.
async fn start_without_actions() -> (jetbridge_reference_server::Running, Session) {
    let builder = ReferenceServer::builder().without(Capability::Transactions);
    let (server, session) = crate::start(builder).await;
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    (server, session)
}

#[tokio::test]
async fn without_actions_a_transaction_is_begun_in_sql() {
    let (server, mut session) = start_without_actions().await;
    let transaction = session.begin().await.unwrap();
    insert(&transaction).await;
    transaction.commit().await.unwrap();
    let transaction = session.begin().await.unwrap();
    insert(&transaction).await;
    let savepoint = transaction.savepoint("one").await.unwrap();
    insert(&transaction).await;
    assert_eq!(count(&transaction).await, 3);
    savepoint.rollback().await.unwrap();
    assert_eq!(count(&transaction).await, 2);
    transaction
        .savepoint("two")
        .await
        .unwrap()
        .release()
        .await
        .unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(count(&session).await, 1);
    for _ in 0..3 {
        let transaction = session.begin().await.unwrap();
        insert(&transaction).await;
        drop(transaction);
        assert_eq!(count(&session).await, 1);
    }
    session.set_autocommit(false).await.unwrap();
    insert(&session).await;
    session.rollback().await.unwrap();
    insert(&session).await;
    session.close().await.unwrap();
    let other = Session::connect(crate::string(&server)).await.unwrap();
    assert_eq!(count(&other).await, 1);
    let counters = server.counters();
    assert_eq!(
        (counters.action("BeginTransaction"), counters.executions("COMMIT")),
        (1, 1)
    );
}

#[tokio::test]
async fn a_commit_in_sql_that_is_refused_is_no_success() {
    let (_server, mut session) = start_without_actions().await;
    session
        .update("CREATE TABLE p (id INTEGER PRIMARY KEY)")
        .await
        .unwrap();
    let child = "CREATE TABLE c (p INTEGER REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)";
    session.update(child).await.unwrap();
    let transaction = session.begin().await.unwrap();
    insert(&transaction).await;
    transaction.update("INSERT INTO c VALUES (77)").await.unwrap();
    let error = transaction.commit().await.unwrap_err();
    assert!(error.message().contains("FOREIGN KEY"), "{error}");
    // What could not be committed has been rolled back, and the session goes on.
    assert_eq!(count(&session).await, 0);
    let transaction = session.begin().await.unwrap();
    insert(&transaction).await;
    transaction.commit().await.unwrap();
    assert_eq!(count(&session).await, 1);
}

#[tokio::test]
async fn a_server_that_keeps_no_transactions_gets_no_begin() {
    for lacking in [Capability::Sessions, Capability::SqlInfo] {
        let builder = ReferenceServer::builder().without([Capability::Transactions, lacking]);
        let (server, mut session) = crate::start(builder).await;
        let error = session.begin().await.unwrap_err();
        assert_eq!(error.kind(), Kind::NotSupported, "{error}");
        assert_eq!(server.counters().executions("BEGIN"), 0);
        assert_eq!(server.counters().do_put, 0);
    }
}

#[tokio::test]
async fn a_transaction_can_be_read_only_and_of_a_level_the_server_has() {
    for without in [None, Some(Capability::Transactions)] {
        let (_server, mut session) = crate::start(ReferenceServer::builder().without(without)).await;
        session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
        let options = TransactionOptions::new()
            .isolation(IsolationLevel::Serializable)
            .read_only(true);
        let transaction = session.begin_with(options).await.unwrap();
        assert_eq!(count(&transaction).await, 0);
        let error = transaction.update("INSERT INTO t VALUES (1)").await.unwrap_err();
        assert!(error.message().contains("readonly"), "{error}");
        transaction.rollback().await.unwrap();
        insert(&session).await;
        let options = TransactionOptions::new().isolation(IsolationLevel::ReadUncommitted);
        let error = session.begin_with(options).await.unwrap_err();
        assert_eq!(error.kind(), Kind::NotSupported, "{error}");
        assert!(error.to_string().contains("it has: SERIALIZABLE"), "{error}");
        assert!(!session.in_transaction().await);
    }
}

#[tokio::test]
async fn a_commit_cut_in_transit_has_an_unknown_outcome() {
    for without in [None, Some(Capability::Transactions)] {
        let server = ReferenceServer::builder().without(without).serve().await.unwrap();
        let cut = Cut::before(server.address()).await;
        let mut session = Session::connect(format!("flightsql://{}?transport=tcp", cut.address))
            .await
            .unwrap();
        session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
        let transaction = session.begin().await.unwrap();
        insert(&transaction).await;
        cut.arm();
        let error = transaction.commit().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.sqlstate().as_str()),
            (Kind::CommitOutcomeUnknown, "08007"),
            "{error}"
        );
        assert!(session.is_broken());
        // It was sent once: either it has happened, or it has not.
        let other = Session::connect(crate::string(&server)).await.unwrap();
        assert!(count(&other).await <= 1);
        let counters = server.counters();
        assert!(counters.action("EndTransaction") <= 1 && counters.executions("COMMIT") <= 1);
    }
}
