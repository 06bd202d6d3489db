//! What the driver does where a server lacks something.

use jetbridge::{Kind, Params, Session, Value};
use jetbridge_reference_server::{Capability, ReferenceServer};

use crate::{start, string};

async fn number(session: &Session, sql: &str) -> i64 {
    let mut cursor = session.query(sql).await.unwrap();
    cursor.fetch_one().await.unwrap().unwrap().get(0).unwrap()
}

#[tokio::test]
async fn a_server_that_cannot_prepare_gets_the_statement_as_it_is() {
    let (server, session) = start(ReferenceServer::builder().without(Capability::Prepared)).await;
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    for _ in 0..3 {
        let statement = session.prepare("INSERT INTO t VALUES (1), (2)").await.unwrap();
        assert!(!statement.is_on_server() && statement.is_update());
        assert_eq!(statement.execute(()).await.unwrap().rows_affected(), Some(2));
        let statement = session.prepare("SELECT count(*) FROM t").await.unwrap();
        assert_eq!(
            statement
                .query(())
                .await
                .unwrap()
                .fetch_all()
                .await
                .unwrap()
                .len(),
            1
        );
    }
    assert_eq!(number(&session, "SELECT count(*) FROM t").await, 6);
    let error = session
        .statement("SELECT ?")
        .bind((1,))
        .query()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::NotSupported, "{error}");
    assert!(error.to_string().contains("parameters=client"), "{error}");
    assert_eq!(server.counters().action("CreatePreparedStatement"), 1);
}

#[tokio::test]
async fn a_command_over_which_the_server_panics_is_not_sent_again() {
    let panicking = [
        Capability::Prepared,
        Capability::Transactions,
        Capability::Poll,
        Capability::Cancel,
    ];
    let (server, mut session) = start(ReferenceServer::builder().panics_over(panicking)).await;
    for _ in 0..3 {
        let statement = session.prepare("SELECT 1").await.unwrap();
        assert_eq!(
            statement
                .query(())
                .await
                .unwrap()
                .fetch_all()
                .await
                .unwrap()
                .len(),
            1
        );
        // Begun in SQL, as the session keeps it.
        session.begin().await.unwrap().rollback().await.unwrap();
        let polled = session.statement("SELECT 1").query_with_progress(|_| ()).await;
        assert_eq!(polled.unwrap().fetch_all().await.unwrap().len(), 1);
        // Dropped before its end, it is to be cancelled.
        drop(
            session
                .query("SELECT value FROM generate_series(1, 100000)")
                .await
                .unwrap(),
        );
    }
    session.close().await.unwrap();
    let counters = server.counters();
    for action in [
        "CreatePreparedStatement",
        "BeginTransaction",
        "CancelFlightInfo",
        "CancelQuery",
    ] {
        assert_eq!(counters.action(action), 1, "{action}");
    }
    assert_eq!(counters.poll_flight_info, 1);
}

#[tokio::test]
async fn names_are_rewritten_where_the_server_knows_none() {
    let (server, session) = start(ReferenceServer::builder().without(Capability::NamedParameters)).await;
    let sql =
        "SELECT :low AS low, count(*) AS n, ':low' AS text FROM customers WHERE id BETWEEN :low AND :high";
    let named = || Params::named([("high", Value::from(12_i64)), ("low", Value::from(10_i64))]);
    for _ in 0..2 {
        let mut cursor = session.statement(sql).bind(named()).query().await.unwrap();
        let row = cursor.fetch_one().await.unwrap().unwrap();
        let read = (
            row.get::<i64>("low").unwrap(),
            row.get::<i64>("n").unwrap(),
            row.get::<&str>("text").unwrap(),
        );
        assert_eq!(read, (10, 3, ":low"));
    }
    // As they are, as `?`, and the second time at once as `?`.
    assert_eq!(server.counters().action("CreatePreparedStatement"), 3);
    let statement = session.prepare(sql).await.unwrap();
    let row = statement
        .query((10_i64, 12_i64))
        .await
        .unwrap()
        .fetch_one()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.get::<i64>("n").unwrap(), 3);
    let error = statement
        .query(Params::named([("low", Value::from(1))]))
        .await
        .unwrap_err();
    assert_eq!(error.sqlstate().as_str(), "07001", "{error}");
    // An error that is not about the names is the one of the statement as it was written.
    let error = session.prepare("SELECT :a FROM nowhere").await.unwrap_err();
    assert!(error.message().contains("no such table"), "{error}");
}

#[tokio::test]
async fn names_go_to_a_server_that_knows_them_in_any_order() {
    let (_server, session) = crate::start_plain().await;
    let named = Params::named([("b", Value::from(1_i64)), ("a", Value::from(10_i64))]);
    for sql in [
        "SELECT :a - :b",
        "SELECT @a - @b",
        "SELECT -:b + :a",
        "SELECT $a - $b",
    ] {
        let mut cursor = session.statement(sql).bind(&named).query().await.unwrap();
        assert_eq!(
            cursor.fetch_one().await.unwrap().unwrap().get::<i64>(0).unwrap(),
            9,
            "{sql}"
        );
    }
}

#[tokio::test]
async fn a_query_the_server_has_lost_is_prepared_again_and_an_update_with_its_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let builder = ReferenceServer::builder().database(folder.path().join("lost.sqlite"));
    let server = builder.clone().serve().await.unwrap();
    let address = server.address();
    let session = Session::connect(string(&server)).await.unwrap();
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    let insert = session.prepare("INSERT INTO t VALUES (?)").await.unwrap();
    let select = session
        .prepare("SELECT count(*) FROM t WHERE a < ?")
        .await
        .unwrap();
    assert_eq!(insert.update((1,)).await.unwrap(), Some(1));
    server.shutdown().await.unwrap();
    let server = builder.listen(address).serve().await.unwrap();
    let error = insert.update((2,)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound, "{error}");
    assert!(
        error.to_string().contains("next run prepares it again"),
        "{error}"
    );
    assert_eq!(insert.update(Params::rows([(2,), (3,)])).await.unwrap(), Some(2));
    let row = select
        .query((100,))
        .await
        .unwrap()
        .fetch_one()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.get::<i64>(0).unwrap(), 3);
    let counters = server.counters();
    assert_eq!(counters.executions("INSERT INTO t VALUES (?)"), 1);
    assert_eq!(counters.action("CreatePreparedStatement"), 2);
}

#[tokio::test]
async fn a_missing_table_is_not_taken_for_a_lost_statement() {
    let (server, session) = crate::start_plain().await;
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    let insert = session.prepare("INSERT INTO t VALUES (?)").await.unwrap();
    session.update("DROP TABLE t").await.unwrap();
    let error = insert.update((1,)).await.unwrap_err();
    assert!(error.message().contains("no such table"), "{error}");
    assert_eq!(server.counters().executions("INSERT INTO t VALUES (?)"), 1);
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    assert_eq!(insert.update((1,)).await.unwrap(), Some(1));
    assert_eq!(number(&session, "SELECT count(*) FROM t").await, 1);
}
