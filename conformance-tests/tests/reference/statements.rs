//! Prepared statements: those that a session keeps, what they belong to, and one run of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow::datatypes::{DataType, Field, Schema};
use arrow_flight::sql::{ActionCreatePreparedStatementResult, ProstMessageExt as _};
use bytes::Bytes;
use jetbridge::types::Params;
use jetbridge::{CallOptions, Kind, Session};
use jetbridge_conformance::fault::{Answer, FaultServer, Script, data};
use jetbridge_reference_server::{Builder, ReferenceServer, Running};
use prost::Message as _;

use crate::{start, start_plain, string};

const PREPARE: &str = "CreatePreparedStatement";
const INSERT: &str = "INSERT INTO t VALUES (?)";

/// A session that keeps so many statements.
async fn keeping(most: usize) -> (Running, Session) {
    let server = ReferenceServer::builder().serve().await.unwrap();
    let session = connect(&server, most).await;
    (server, session)
}

async fn connect(server: &Running, most: usize) -> Session {
    let string = format!("{}&statement_cache_size={most}", string(server));
    Session::connect(string).await.unwrap()
}

async fn number(session: &Session, sql: &str, params: impl Into<Params>) -> i64 {
    let mut cursor = session.statement(sql).bind(params).query().await.unwrap();
    let rows = cursor.fetch_all().await.unwrap();
    rows.first().unwrap().get(0).unwrap()
}

async fn insert(session: &Session, value: i64) -> jetbridge::Result<Option<u64>> {
    session.statement(INSERT).bind((value,)).update().await
}

#[tokio::test]
async fn a_statement_that_comes_again_is_prepared_once_and_closed_with_its_session() {
    let (server, session) = keeping(4).await;
    for expected in 0..5 {
        assert_eq!(number(&session, "SELECT ?", (expected,)).await, expected);
    }
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    for value in 0..5 {
        assert_eq!(insert(&session, value).await.unwrap(), Some(1));
    }
    let rows = Params::rows([(5,), (6,)]);
    let cursor = session.statement(INSERT).bind(rows).execute().await.unwrap();
    assert_eq!(cursor.rows_affected(), Some(2));
    drop(cursor);
    assert_eq!(number(&session, "SELECT count(*) FROM t", ()).await, 7);
    let counters = server.counters();
    assert_eq!((counters.action(PREPARE), counters.open_statements), (2, 2));
    assert_eq!(session.handles(), 0, "what it keeps itself does not count");
    session.close().await.unwrap();
    assert_eq!(server.counters().open_statements, 0);
}

#[tokio::test]
async fn nothing_is_kept_unless_it_is_asked_for() {
    let (server, session) = start_plain().await;
    for expected in 0..2 {
        assert_eq!(number(&session, "SELECT ?", (expected,)).await, expected);
    }
    session.settle().await;
    let counters = server.counters();
    assert_eq!((counters.action(PREPARE), counters.open_statements), (2, 0));
}

#[tokio::test]
async fn two_results_of_a_statement_have_a_handle_each() {
    let (server, session) = keeping(4).await;
    let sql = "SELECT value + ? FROM generate_series(1, 3) /* rows_per_batch=1 */";
    let mut first = session.statement(sql).bind((10,)).query().await.unwrap();
    let mut second = session.statement(sql).bind((20,)).query().await.unwrap();
    for expected in 1..=3_i64 {
        for (cursor, base) in [(&mut first, 10), (&mut second, 20)] {
            let row = cursor.fetch_one().await.unwrap().unwrap();
            assert_eq!(row.get::<i64>(0).unwrap(), base + expected);
        }
    }
    assert_eq!(server.counters().action(PREPARE), 2);
    drop((first, second));
    assert_eq!(number(&session, sql, (30,)).await, 31);
    assert_eq!(server.counters().action(PREPARE), 2);
}

#[tokio::test]
async fn the_statement_used_longest_ago_makes_room_and_is_closed() {
    let (server, session) = keeping(2).await;
    for sql in [
        "SELECT 1 + ?",
        "SELECT 2 + ?",
        "SELECT 1 + ?",
        "SELECT 3 + ?",
        "SELECT 1 + ?",
    ] {
        number(&session, sql, (0,)).await;
    }
    session.settle().await;
    let counters = server.counters();
    assert_eq!((counters.action(PREPARE), counters.open_statements), (3, 2));
}

#[tokio::test]
async fn what_is_kept_of_a_transaction_is_closed_with_it() {
    let (server, session) = keeping(4).await;
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    insert(&session, 1).await.unwrap();
    session.set_autocommit(false).await.unwrap();
    for value in [2, 3, 4] {
        insert(&session, value).await.unwrap();
    }
    assert_eq!(server.counters().action(PREPARE), 2, "one outside, one within");
    session.rollback().await.unwrap();
    session.settle().await;
    assert_eq!(server.counters().open_statements, 1);
    insert(&session, 5).await.unwrap();
    session.commit().await.unwrap();
    session.set_autocommit(true).await.unwrap();
    assert_eq!(number(&session, "SELECT sum(a) FROM t", ()).await, 6);
    session.close().await.unwrap();
    let counters = server.counters();
    assert_eq!((counters.open_statements, counters.open_transactions), (0, 0));
}

#[tokio::test]
async fn a_prepared_statement_runs_in_the_transaction_that_is_open() {
    let (server, mut session) = start_plain().await;
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    let statement = session.prepare(INSERT).await.unwrap();
    let transaction = session.begin().await.unwrap();
    statement.update((1,)).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(number(&session, "SELECT count(*) FROM t", ()).await, 0);
    // And outlives the one it was last prepared in.
    assert_eq!(statement.update((2,)).await.unwrap(), Some(1));
    assert_eq!(number(&session, "SELECT sum(a) FROM t", ()).await, 2);
    statement.close().await.unwrap();
    session.settle().await;
    assert_eq!(server.counters().open_statements, 0);
}

#[tokio::test]
async fn a_statement_that_failed_is_not_kept() {
    let (server, session) = keeping(4).await;
    session.update("CREATE TABLE t (a INTEGER UNIQUE)").await.unwrap();
    insert(&session, 1).await.unwrap();
    insert(&session, 1).await.unwrap_err();
    session.settle().await;
    assert_eq!(server.counters().open_statements, 0);
    insert(&session, 2).await.unwrap();
    assert_eq!(server.counters().action(PREPARE), 2);
}

#[tokio::test]
async fn a_statement_whose_table_was_made_anew_takes_the_values_of_the_new_one() {
    // Prepared first, it wants a number, and later a text.
    let prepares = AtomicUsize::new(0);
    let script = Script::new().action(move |_, name| {
        if name != PREPARE {
            return None;
        }
        let wanted = match prepares.fetch_add(1, Ordering::SeqCst) {
            0 => DataType::Int64,
            _ => DataType::Utf8,
        };
        let answer = ActionCreatePreparedStatementResult {
            prepared_statement_handle: "statement".into(),
            dataset_schema: Bytes::new(),
            parameter_schema: data::encoded(&Schema::new(vec![Field::new("a", wanted, true)])),
        };
        Some(Answer::send([answer.as_any().encode_to_vec().into()]))
    });
    let server = FaultServer::start(script, 0).await.unwrap();
    let string = format!(
        "flightsql://{}?transport=tcp&statement_cache_size=4",
        server.address()
    );
    let session = Session::connect(string).await.unwrap();
    insert(&session, 1).await.unwrap();
    let text = || session.statement(INSERT).bind(("one",));
    text().update().await.unwrap();
    text().update().await.unwrap();
    assert_eq!(server.seen().count(PREPARE), 2);
    assert_eq!(server.seen().count("DoPut"), 3);
    // What was prepared just now is right about what it wants.
    let error = session
        .statement("INSERT INTO u VALUES (?)")
        .bind((vec![1_i64],))
        .update()
        .await;
    assert_eq!(error.unwrap_err().kind(), Kind::Conversion);
    assert_eq!(server.seen().count(PREPARE), 3);
}

#[tokio::test]
async fn after_a_restart_of_the_server_a_query_is_prepared_again_and_no_change_runs_twice() {
    let folder = tempfile::tempdir().unwrap();
    let builder = ReferenceServer::builder().database(folder.path().join("kept.sqlite"));
    let server = builder.clone().serve().await.unwrap();
    let session = connect(&server, 4).await;
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    let count = "SELECT count(*) FROM t WHERE a < ?";
    insert(&session, 1).await.unwrap();
    assert_eq!(number(&session, count, (100,)).await, 1);
    let server = restarted(server, builder).await;
    let error = insert(&session, 2).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound, "{error}");
    assert!(
        error.to_string().contains("next run prepares it again"),
        "{error}"
    );
    assert_eq!(number(&session, count, (100,)).await, 1);
    insert(&session, 3).await.unwrap();
    let counters = server.counters();
    assert_eq!((counters.executions(INSERT), counters.action(PREPARE)), (1, 2));
}

#[tokio::test]
async fn a_change_takes_no_handle_that_has_lain_for_long() {
    let (server, session) = keeping(4).await;
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    insert(&session, 1).await.unwrap();
    assert_eq!(number(&session, "SELECT ? + 1", (1,)).await, 2);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    insert(&session, 2).await.unwrap();
    insert(&session, 3).await.unwrap();
    assert_eq!(number(&session, "SELECT ? + 1", (2,)).await, 3);
    assert_eq!(server.counters().action(PREPARE), 3, "the query's is still good");
}

async fn restarted(server: Running, builder: Builder) -> Running {
    let address = server.address();
    server.shutdown().await.unwrap();
    builder.listen(address).serve().await.unwrap()
}

#[tokio::test]
async fn a_run_has_headers_and_a_deadline_of_its_own() {
    let builder = ReferenceServer::builder()
        .token("secret")
        .require_header("x-tenant", "7");
    let server = builder.serve().await.unwrap();
    let session = Session::connect(format!("{}&token=secret", string(&server)))
        .await
        .unwrap();
    let statement = session
        .statement("SELECT value + ? FROM generate_series(1, 3) /* slow=60s rows_per_batch=1 */")
        .header("x-tenant", "7")
        .prepare()
        .await
        .unwrap();
    let without = statement.bind((1,)).options(CallOptions::new());
    let refused = without.query().await.unwrap_err();
    assert!(refused.message().contains("x-tenant"), "{refused}");
    let run = statement.bind((1,)).timeout(Duration::from_millis(200));
    let late = match run.query().await {
        Ok(mut cursor) => cursor.fetch_all().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(late.kind(), Kind::Timeout, "{late}");
}

#[tokio::test]
async fn a_run_is_cancelled_from_another_task_and_the_statement_runs_again() {
    let (server, session) = start(ReferenceServer::builder()).await;
    let sql = "SELECT value FROM generate_series(1, ?) /* rows_per_batch=10 */";
    let statement = session.prepare(sql).await.unwrap();
    let run = statement.bind((1_000_000_000,));
    let mut cursor = run.query().await.unwrap();
    cursor.fetch_one().await.unwrap().unwrap();
    let handle = run.cancel_handle();
    let (cancelled, drained) = tokio::join!(handle.cancel(), cursor.drain());
    cancelled.unwrap();
    assert_eq!(drained.unwrap_err().kind(), Kind::Cancelled);
    assert_eq!(
        run.query().await.unwrap_err().kind(),
        Kind::Cancelled,
        "it stays so"
    );
    assert_eq!(run.update().await.unwrap_err().kind(), Kind::Cancelled);
    drop(cursor);
    let mut none = statement.bind((0,)).query().await.unwrap();
    assert_eq!(none.fetch_all().await.unwrap().len(), 0);
    assert_eq!(server.counters().action(PREPARE), 1);
}
