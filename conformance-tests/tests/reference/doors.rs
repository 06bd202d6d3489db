//! A change runs exactly once and reports its count, whichever way it is given, on a server that works only when it must.

use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch};
use jetbridge::{IngestMode, Kind, ParameterMode, Params, Session};
use jetbridge_reference_server::{Capability, ReferenceServer, Running};

use crate::start;

async fn lazy(without: &[Capability]) -> (Running, Session) {
    let builder = ReferenceServer::builder()
        .lazy(true)
        .without(without.iter().copied());
    let (server, session) = start(builder).await;
    session.update("CREATE TABLE t (a BIGINT)").await.unwrap();
    (server, session)
}

async fn count(session: &Session) -> i64 {
    let mut cursor = session.query("SELECT count(*) FROM t").await.unwrap();
    cursor.fetch_one().await.unwrap().unwrap().get(0).unwrap()
}

fn batch(rows: std::ops::Range<i64>) -> RecordBatch {
    let numbers: Int64Array = rows.collect();
    RecordBatch::try_from_iter([("a", Arc::new(numbers) as _)]).unwrap()
}

const INSERT: &str = "INSERT INTO t VALUES (1), (2)";
const BIND: &str = "INSERT INTO t VALUES (?)";

#[tokio::test]
async fn a_text_runs_once_by_update_execute_and_query() {
    let (server, session) = lazy(&[]).await;
    assert_eq!(session.update(INSERT).await.unwrap(), Some(2));
    assert_eq!(session.execute(INSERT).await.unwrap().rows_affected(), Some(2));
    assert_eq!(session.query(INSERT).await.unwrap().rows_affected(), Some(2));
    let polled = session
        .statement(INSERT)
        .query_with_progress(|_| ())
        .await
        .unwrap();
    assert_eq!(polled.rows_affected(), Some(2));
    assert_eq!(server.counters().executions(INSERT), 4);
    assert_eq!(count(&session).await, 8);
}

#[tokio::test]
async fn a_prepared_statement_runs_once_by_update_execute_and_query() {
    let (server, session) = lazy(&[]).await;
    let statement = session.prepare(INSERT).await.unwrap();
    assert_eq!(statement.update(()).await.unwrap(), Some(2));
    assert_eq!(statement.execute(()).await.unwrap().rows_affected(), Some(2));
    assert_eq!(statement.query(()).await.unwrap().rows_affected(), Some(2));
    assert_eq!(server.counters().executions(INSERT), 3);
    let bound = session.prepare(BIND).await.unwrap();
    assert_eq!(bound.update((1,)).await.unwrap(), Some(1));
    assert_eq!(bound.execute((1,)).await.unwrap().rows_affected(), Some(1));
    assert_eq!(bound.query((1,)).await.unwrap().rows_affected(), Some(1));
    assert_eq!(server.counters().executions(BIND), 3);
    assert_eq!(count(&session).await, 9);
}

#[tokio::test]
async fn parameters_run_once_by_row_by_batch_and_by_stream() {
    let (server, session) = lazy(&[]).await;
    let bind = |params: Params| session.statement(BIND).bind(params);
    assert_eq!(bind((1,).into()).update().await.unwrap(), Some(1));
    assert_eq!(bind((1,).into()).query().await.unwrap().rows_affected(), Some(1));
    assert_eq!(
        bind(Params::rows([(1,), (2,)]))
            .execute()
            .await
            .unwrap()
            .rows_affected(),
        Some(2)
    );
    assert_eq!(bind(batch(0..5).into()).update().await.unwrap(), Some(5));
    let statement = session.prepare(BIND).await.unwrap();
    let batches = futures::stream::iter((0..10).map(|n| Ok(batch(n * 100..(n + 1) * 100))));
    assert_eq!(
        statement
            .update_stream(batch(0..1).schema(), batches)
            .await
            .unwrap(),
        Some(1000)
    );
    assert_eq!(server.counters().executions(BIND), 5);
    assert_eq!(count(&session).await, 1009);
    // Written into the statement, each row is one of its own.
    let client = session
        .statement("INSERT INTO t VALUES (?) -- here")
        .parameters(ParameterMode::Client);
    let rows = Params::rows([(1,), (2,), (3,)]);
    assert_eq!(
        client.bind(rows).execute().await.unwrap().rows_affected(),
        Some(3)
    );
    assert_eq!(count(&session).await, 1012);
}

#[tokio::test]
async fn a_stream_that_breaks_is_the_error_and_nothing_runs_again() {
    let (server, session) = lazy(&[]).await;
    let statement = session.prepare(BIND).await.unwrap();
    let broken = futures::stream::iter([
        Ok(batch(0..3)),
        Err(jetbridge::Error::new(
            Kind::Conversion,
            "the file ends in the middle",
        )),
    ]);
    let error = statement
        .update_stream(batch(0..1).schema(), broken)
        .await
        .unwrap_err();
    assert!(error.message().contains("ends in the middle"), "{error}");
    assert!(server.counters().executions(BIND) <= 1);
}

#[tokio::test]
async fn without_updates_a_change_runs_once_as_a_query_read_to_its_end() {
    let (server, session) = lazy(&[Capability::Updates]).await;
    assert_eq!(session.update(INSERT).await.unwrap(), None);
    assert_eq!(session.query(INSERT).await.unwrap().rows_affected(), None);
    let statement = session.prepare(INSERT).await.unwrap();
    assert_eq!(statement.update(()).await.unwrap(), None);
    drop(statement.query(()).await.unwrap());
    assert_eq!(server.counters().executions(INSERT), 4);
    assert_eq!(count(&session).await, 8);
}

#[tokio::test]
async fn a_change_that_returns_rows_runs_once_and_gives_them() {
    let (server, session) = lazy(&[]).await;
    let sql = "INSERT INTO t VALUES (3), (4) RETURNING a";
    for mut cursor in [
        session.query(sql).await.unwrap(),
        session.execute(sql).await.unwrap(),
        session.prepare(sql).await.unwrap().execute(()).await.unwrap(),
    ] {
        assert_eq!(cursor.fetch_all().await.unwrap().len(), 2);
    }
    assert_eq!(server.counters().executions(sql), 3);
    assert_eq!(count(&session).await, 6);
}

#[tokio::test]
async fn an_ingest_runs_once() {
    let (_server, session) = lazy(&[]).await;
    let ingest = session.ingest("t").mode(IngestMode::Append);
    assert_eq!(
        ingest.run(batch(0..1).schema(), vec![batch(0..7)]).await.unwrap(),
        Some(7)
    );
    assert_eq!(count(&session).await, 7);
}
