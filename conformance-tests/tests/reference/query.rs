//! Queries, updates, rows and batches.

use futures::TryStreamExt as _;
use jetbridge_reference_server::{Capability, ReferenceServer};

use crate::{start, start_plain};

#[tokio::test]
async fn a_query_costs_two_calls() {
    let (server, session) = start_plain().await;
    let mut cursor = session
        .query("SELECT id, name FROM customers ORDER BY id")
        .await
        .unwrap();
    assert_eq!(cursor.fetch_all().await.unwrap().len(), 500);
    let counters = server.counters();
    assert_eq!((counters.get_flight_info, counters.do_get), (1, 1));
    assert_eq!(
        (counters.do_put, counters.handshake, counters.do_action.len()),
        (0, 0, 0)
    );
}

#[tokio::test]
async fn a_statement_without_parameters_is_never_prepared() {
    let (server, session) = start_plain().await;
    session.execute("CREATE TABLE t (a INTEGER)").await.unwrap();
    let inserted = session
        .execute("INSERT INTO t VALUES (1), (2), (3)")
        .await
        .unwrap();
    assert_eq!(inserted.rows_affected(), Some(3));
    assert_eq!(inserted.columns().len(), 0);
    let mut rows = session.execute("SELECT a FROM t ORDER BY a").await.unwrap();
    assert_eq!(rows.fetch_all().await.unwrap().len(), 3);
    let counters = server.counters();
    assert_eq!(counters.action("CreatePreparedStatement"), 0);
    assert_eq!(
        (counters.do_put, counters.get_flight_info, counters.do_get),
        (2, 1, 1)
    );
}

#[tokio::test]
async fn rows_are_fetched_across_batches() {
    let (_server, session) = start_plain().await;
    let sql = "SELECT value FROM generate_series(1, 1000) /* rows_per_batch=7 */";
    let mut cursor = session.query(sql).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 1000 {
        let rows = cursor.fetch_many(13).await.unwrap();
        assert_eq!(rows.len(), 13.min(1000 - seen.len()));
        seen.extend(rows.iter().map(|row| row.get::<i64>("value").unwrap()));
    }
    assert_eq!(seen, (1..=1000).collect::<Vec<_>>());
    assert!(cursor.fetch_one().await.unwrap().is_none());
}

#[tokio::test]
async fn batches_go_on_where_rows_left_off() {
    let (_server, session) = start_plain().await;
    let mut cursor = session
        .query("SELECT value FROM generate_series(1, 100) /* rows_per_batch=30 */")
        .await
        .unwrap();
    cursor.fetch_many(40).await.unwrap();
    let batches: Vec<_> = cursor.try_collect().await.unwrap();
    assert_eq!(
        batches.iter().map(|batch| batch.num_rows()).collect::<Vec<_>>(),
        [20, 30, 10]
    );
}

#[tokio::test]
async fn an_empty_result_has_its_columns() {
    let (_server, session) = start_plain().await;
    let mut cursor = session
        .query("SELECT id, name FROM customers WHERE id < 0")
        .await
        .unwrap();
    let names: Vec<_> = cursor
        .columns()
        .iter()
        .map(|column| column.name().to_owned())
        .collect();
    assert_eq!(names, ["id", "name"]);
    assert!(cursor.fetch_all().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_without_updates_gets_them_as_queries_once() {
    let (server, session) = start(ReferenceServer::builder().without(Capability::Updates)).await;
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    let insert = "INSERT INTO t VALUES (1)";
    assert_eq!(session.update(insert).await.unwrap(), None);
    let mut cursor = session.query("SELECT count(*) AS n FROM t").await.unwrap();
    assert_eq!(
        cursor.fetch_one().await.unwrap().unwrap().get::<i64>(0).unwrap(),
        1
    );
    assert_eq!(server.counters().executions(insert), 1);
}

#[tokio::test]
async fn a_lazy_server_runs_every_statement_once() {
    let (server, session) = start(ReferenceServer::builder().lazy(true)).await;
    session.execute("CREATE TABLE t (a INTEGER)").await.unwrap();
    let insert = "INSERT INTO t VALUES (1), (2)";
    assert_eq!(session.execute(insert).await.unwrap().rows_affected(), Some(2));
    let returning = "INSERT INTO t VALUES (3) RETURNING a";
    let mut cursor = session.execute(returning).await.unwrap();
    assert_eq!(cursor.fetch_all().await.unwrap().len(), 1);
    for sql in [insert, returning] {
        assert_eq!(server.counters().executions(sql), 1, "{sql}");
    }
}

#[tokio::test]
async fn the_schema_is_known_without_running() {
    let (server, session) = start_plain().await;
    let sql = "SELECT id, name FROM customers";
    let schema = session.statement(sql).describe().await.unwrap();
    assert_eq!(schema.fields().len(), 2);
    assert_eq!(server.counters().executions(sql), 0);
}
