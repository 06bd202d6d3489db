//! The blocking facade: the same driver on threads that wait.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use jetbridge::arrow::array::{Int64Array, RecordBatch, RecordBatchReader, StringArray};
use jetbridge::blocking::{Cursor, Session};
use jetbridge::{IngestMode, Kind, TableFilter};
use jetbridge_reference_server::{Builder, ReferenceServer, Running};

use crate::string;

/// A server with threads of its own, as the test's thread is the one that waits.
struct Server {
    server: Option<Running>,
    runtime: tokio::runtime::Runtime,
}

impl Server {
    fn start(builder: Builder) -> (Self, Session) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime
            .block_on(builder.serve())
            .expect("the reference server starts");
        let session = Session::connect(string(&server)).expect("the driver connects");
        (
            Self {
                server: Some(server),
                runtime,
            },
            session,
        )
    }

    fn running(&self) -> &Running {
        self.server.as_ref().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _inside = self.runtime.enter();
        drop(self.server.take());
    }
}

fn start() -> (Server, Session) {
    Server::start(ReferenceServer::builder())
}

fn number(mut cursor: Cursor) -> i64 {
    cursor.fetch_one().unwrap().unwrap().get(0).unwrap()
}

#[test]
fn a_cursor_is_an_iterator_of_rows() {
    let (server, session) = start();
    let sql = "SELECT id, name FROM customers ORDER BY id /* rows_per_batch=7 */";
    let ids: Vec<i64> = session
        .query(sql)
        .unwrap()
        .map(|row| row.unwrap().get("id").unwrap())
        .collect();
    assert_eq!(ids, (1..=500).collect::<Vec<_>>());
    let counters = server.running().counters();
    assert_eq!((counters.get_flight_info, counters.do_get), (1, 1));
    session.close().unwrap();
    assert_eq!(server.running().counters().open_sessions, 0);
}

#[test]
fn rows_chunks_batches_and_structs_are_fetched() {
    #[derive(serde::Deserialize)]
    struct Customer {
        id: i64,
    }
    let (_server, session) = start();
    let mut cursor = session
        .query("SELECT id, name FROM customers ORDER BY id /* rows_per_batch=10 */")
        .unwrap();
    assert_eq!(cursor.columns().len(), 2);
    assert_eq!(cursor.fetch_many(15).unwrap().len(), 15);
    assert_eq!(cursor.next_chunk().unwrap().unwrap().len(), 5);
    assert_eq!(cursor.next_batch().unwrap().unwrap().num_rows(), 10);
    assert_eq!(cursor.fetch_one_as::<Customer>().unwrap().unwrap().id, 31);
    assert_eq!(cursor.fetch_many_as::<Customer>(9).unwrap()[0].id, 32);
    let rest: Vec<Customer> = cursor.fetch_all_as().unwrap();
    assert_eq!((rest.len(), rest[0].id), (460, 41));
    assert!(cursor.fetch_one().unwrap().is_none());
    assert_eq!(
        session.query("SELECT * FROM customers").unwrap().drain().unwrap(),
        500
    );
}

#[test]
fn a_result_is_a_reader_of_batches_for_anything_that_reads_arrow() {
    let (_server, session) = start();
    let sql = "SELECT value FROM generate_series(1, 100) /* rows_per_batch=30 */";
    let mut cursor = session.query(sql).unwrap();
    cursor.fetch_many(10).unwrap();
    let reader: Box<dyn RecordBatchReader + Send> = Box::new(cursor.into_reader());
    assert_eq!(reader.schema().field(0).name(), "value");
    let rows: Vec<usize> = reader.map(|batch| batch.unwrap().num_rows()).collect();
    assert_eq!(rows, [20, 30, 30, 10]);
}

#[test]
fn statements_are_prepared_bound_and_run() {
    let (server, session) = start();
    session.update("CREATE TABLE t (a INTEGER, b TEXT)").unwrap();
    let insert = session.prepare("INSERT INTO t VALUES (?, ?)").unwrap();
    assert!(insert.is_update());
    assert_eq!(insert.update((1_i64, "one")).unwrap(), Some(1));
    assert_eq!(insert.execute((2_i64, "two")).unwrap().rows_affected(), Some(1));
    insert.close().unwrap();
    let query = session.prepare("SELECT count(*) FROM t WHERE a < ?").unwrap();
    assert_eq!(number(query.query((2_i64,)).unwrap()), 1);
    assert_eq!(
        number(
            session
                .statement("SELECT max(a) FROM t WHERE b <> ?")
                .bind(("two",))
                .query()
                .unwrap()
        ),
        1
    );
    drop(query);
    session.close().unwrap();
    assert_eq!(server.running().counters().open_statements, 0);
}

#[test]
fn transactions_are_committed_rolled_back_and_dropped() {
    let (_server, mut session) = start();
    session.update("CREATE TABLE t (a INTEGER)").unwrap();
    let transaction = session.begin().unwrap();
    transaction.update("INSERT INTO t VALUES (1)").unwrap();
    let savepoint = transaction.savepoint("before").unwrap();
    transaction.update("INSERT INTO t VALUES (2)").unwrap();
    savepoint.rollback().unwrap();
    transaction.commit().unwrap();
    let transaction = session.begin().unwrap();
    transaction.update("INSERT INTO t VALUES (3)").unwrap();
    transaction.rollback().unwrap();
    let transaction = session.begin().unwrap();
    transaction.update("INSERT INTO t VALUES (4)").unwrap();
    drop(transaction);
    assert_eq!(number(session.query("SELECT sum(a) FROM t").unwrap()), 1);
    session.set_autocommit(false).unwrap();
    session.update("INSERT INTO t VALUES (5)").unwrap();
    assert!(session.in_transaction().unwrap());
    session.rollback().unwrap();
    assert_eq!(number(session.query("SELECT sum(a) FROM t").unwrap()), 1);
}

#[test]
fn batches_and_readers_are_ingested() {
    let (_server, session) = start();
    let batch = |first: i64| {
        let numbers: Vec<i64> = (first..first + 10).collect();
        let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        RecordBatch::try_from_iter([
            ("a", Arc::new(Int64Array::from(numbers)) as _),
            ("b", Arc::new(StringArray::from(texts)) as _),
        ])
        .unwrap()
    };
    let schema = batch(0).schema();
    let loaded = session
        .ingest("t")
        .run(schema, vec![batch(0), batch(10)])
        .unwrap();
    assert_eq!(loaded, Some(20));
    // From one result into another table, batch by batch.
    let reader = session
        .query("SELECT a, b FROM t ORDER BY a /* rows_per_batch=3 */")
        .unwrap()
        .into_reader();
    let copied = session
        .ingest("copy")
        .mode(IngestMode::Create)
        .run_reader(reader)
        .unwrap();
    assert_eq!(copied, Some(20));
    assert_eq!(number(session.query("SELECT sum(a) FROM copy").unwrap()), 190);
    // As the parameters of a statement.
    let reader = session.query("SELECT a, b FROM t").unwrap().into_reader();
    let insert = session.prepare("INSERT INTO copy VALUES (?, ?)").unwrap();
    assert!(insert.is_on_server());
    assert_eq!(insert.update_reader(reader).unwrap(), Some(20));
    assert_eq!(number(session.query("SELECT sum(a) FROM copy").unwrap()), 380);
}

#[test]
fn the_catalog_is_asked() {
    let (_server, session) = start();
    let tables = session.catalog().tables(&TableFilter::default()).unwrap();
    assert!(tables.iter().any(|table| table.name == "customers"));
    let catalog = session.catalog();
    let command = catalog.as_async().commands().sql_info([]);
    assert!(catalog.query(&command).unwrap().count() > 1);
    session.ping().unwrap();
    let actions = session.block_on(session.as_async().list_actions()).unwrap();
    assert!(!actions.is_empty());
}

#[test]
fn a_query_is_cancelled_from_another_thread() {
    let (_server, session) = start();
    let sql = "SELECT value FROM generate_series(1, 1000000000) /* rows_per_batch=10 */";
    let statement = session.statement(sql);
    let handle = statement.cancel_handle();
    let mut cursor = statement.query().unwrap();
    cursor.fetch_one().unwrap().unwrap();
    let canceller = thread::spawn(move || handle.cancel().map(|_| ()));
    let error = loop {
        match cursor.next_batch() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the result has ended by itself"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), Kind::Cancelled, "{error}");
    canceller.join().unwrap().unwrap();
    assert_eq!(number(session.query("SELECT 1").unwrap()), 1);
}

#[test]
fn a_broken_iterator_gives_its_error_once() {
    let (_server, session) = start();
    let statement = session.statement("SELECT value FROM generate_series(1, 1000) /* rows_per_batch=10 */");
    let mut cursor = statement.query().unwrap();
    cursor.next().unwrap().unwrap();
    statement.cancel_handle().cancel_here();
    let errors = cursor.filter(Result::is_err).count();
    assert_eq!(errors, 1);
}

#[test]
fn a_session_is_used_from_several_threads() {
    let (_server, session) = start();
    thread::scope(|scope| {
        for thread in 0..8_i64 {
            let session = &session;
            scope.spawn(move || {
                for step in 0..10 {
                    let sql = format!("SELECT {}", thread * 100 + step);
                    assert_eq!(number(session.query(sql).unwrap()), thread * 100 + step);
                }
            });
        }
    });
}

#[test]
fn within_a_runtime_of_one_thread_a_blocking_call_is_an_error() {
    let (server, session) = start();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let error = session.query("SELECT 1").unwrap_err();
        assert_eq!(error.kind(), Kind::State);
        assert!(
            error.get_hint().unwrap().contains("std::thread::spawn"),
            "{error}"
        );
        let error = Session::connect(string(server.running())).unwrap_err();
        assert_eq!(error.kind(), Kind::State);
    });
    // It can be dropped there.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async move { drop(session) });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn within_a_runtime_of_several_threads_a_blocking_call_goes_on() {
    let server = ReferenceServer::builder().serve().await.unwrap();
    let session = Session::connect(string(&server)).unwrap();
    assert_eq!(number(session.query("SELECT 7").unwrap()), 7);
    let task = tokio::spawn(async move { number(session.query("SELECT 8").unwrap()) });
    assert_eq!(task.await.unwrap(), 8);
    let string = string(&server);
    let thread = tokio::task::spawn_blocking(move || {
        number(Session::connect(string).unwrap().query("SELECT 9").unwrap())
    });
    assert_eq!(thread.await.unwrap(), 9);
}

#[test]
fn a_pool_lends_blocking_sessions() {
    use jetbridge_pool::blocking::Pool;

    let (server, _session) = start();
    let pool = Pool::connect(format!("{}&pool_max_size=2", string(server.running()))).unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            let pool = pool.clone();
            scope.spawn(move || {
                for _ in 0..5 {
                    let mut session = pool.get().unwrap();
                    let transaction = session.begin().unwrap();
                    assert_eq!(number(transaction.query("SELECT 1").unwrap()), 1);
                    transaction.rollback().unwrap();
                    session.close().unwrap();
                }
            });
        }
    });
    // A session that has just been handed back is put in order first.
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut status = pool.status();
    while status.idle != status.size && Instant::now() < deadline {
        thread::yield_now();
        status = pool.status();
    }
    assert!(status.size <= 2 && status.idle == status.size, "{status:?}");
    pool.close().unwrap();
    assert_eq!(pool.get().unwrap_err().kind(), Kind::State);
}
