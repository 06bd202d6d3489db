use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Schema, TimeUnit};
use jetbridge_reference_server::ReferenceServer;
use tonic::Code;

use crate::client::{flight, integers, number, query, rows, start, start_with, status, update};

#[tokio::test]
async fn the_sample_is_there() {
    let (_server, mut client) = start().await;
    assert_eq!(number(&mut client, "SELECT count(*) FROM customers").await, 500);
    assert!(number(&mut client, "SELECT count(*) FROM order_items").await > 2500);
}

#[tokio::test]
async fn updates_are_counted_truly() {
    let (_server, mut client) = start().await;
    assert_eq!(update(&mut client, "CREATE TABLE t (a INTEGER)").await, 0);
    assert_eq!(update(&mut client, "INSERT INTO t VALUES (1), (2), (3)").await, 3);
    assert_eq!(
        update(&mut client, "CREATE TABLE other (a INTEGER)").await,
        0,
        "not the count of the insert before"
    );
    assert_eq!(update(&mut client, "UPDATE t SET a = a + 1 WHERE a > 1").await, 2);
    assert_eq!(update(&mut client, "DELETE FROM t WHERE a > 100").await, 0);
}

#[tokio::test]
async fn a_change_asked_for_by_get_flight_info_happens_once() {
    let (server, mut client) = start().await;
    update(&mut client, "CREATE TABLE t (a INTEGER)").await;
    let sql = "INSERT INTO t VALUES (1)";
    assert_eq!(rows(&query(&mut client, sql).await.unwrap()), 0);
    assert_eq!(number(&mut client, "SELECT count(*) FROM t").await, 1);
    assert_eq!(server.counters().executions(sql), 1);
    let returned = query(&mut client, "INSERT INTO t VALUES (7) RETURNING a")
        .await
        .unwrap();
    assert_eq!(integers(&returned), [7]);
    assert_eq!(number(&mut client, "SELECT count(*) FROM t").await, 2);
}

#[tokio::test]
async fn a_lazy_server_runs_nothing_before_do_get() {
    let (server, mut client) = start_with(ReferenceServer::builder().lazy(true)).await;
    update(&mut client, "CREATE TABLE t (a INTEGER)").await;
    let sql = "INSERT INTO t VALUES (1)";
    let info = client.execute(sql.into(), None).await.unwrap();
    assert_eq!(server.counters().executions(sql), 0);
    assert_eq!(number(&mut client, "SELECT count(*) FROM t").await, 0);
    crate::client::read(&mut client, info).await.unwrap();
    assert_eq!(server.counters().executions(sql), 1);
    assert_eq!(number(&mut client, "SELECT count(*) FROM t").await, 1);
}

#[tokio::test]
async fn the_announced_schema_is_the_streams_schema() {
    let (_server, mut client) = start().await;
    for sql in [
        "SELECT * FROM customers",
        "SELECT count(*), 1 + 1, 'x', NULL FROM orders",
        "SELECT id, name || '!' AS loud FROM products WHERE id < 0",
        "SELECT 1 AS mixed UNION ALL SELECT 'two'",
    ] {
        let info = client.execute(sql.into(), None).await.unwrap();
        let announced: Schema = info.clone().try_into().unwrap();
        let ticket = info.endpoint[0].ticket.clone().unwrap();
        let mut stream = client.do_get(ticket).await.unwrap();
        let mut batches = 0;
        while let Some(batch) = futures::TryStreamExt::try_next(&mut stream).await.unwrap() {
            assert_eq!(*batch.schema(), announced, "{sql}");
            batches += 1;
        }
        assert_eq!(
            stream.schema().map(|schema| schema.as_ref()),
            Some(&announced),
            "{sql}: {batches} batches"
        );
    }
}

#[tokio::test]
async fn declared_types_reach_the_client() {
    let (_server, mut client) = start().await;
    update(
        &mut client,
        "CREATE TABLE t (a SMALLINT, b DECIMAL(10, 2), c DATE, d TIMESTAMP WITH TIME ZONE, e BOOLEAN)",
    )
    .await;
    update(
        &mut client,
        "INSERT INTO t VALUES (7, 12.5, '2024-02-29', '2024-02-29 12:00:00+02:00', 1)",
    )
    .await;
    let batches = query(&mut client, "SELECT * FROM t").await.unwrap();
    let types: Vec<DataType> = batches[0]
        .schema()
        .fields()
        .iter()
        .map(|field| field.data_type().clone())
        .collect();
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(
        types,
        [
            DataType::Int16,
            DataType::Decimal128(10, 2),
            DataType::Date32,
            utc,
            DataType::Boolean
        ]
    );
    assert_eq!(batches[0].num_rows(), 1);
}

#[tokio::test]
async fn mixed_values_lose_nothing() {
    let (_server, mut client) = start().await;
    let numbers = query(&mut client, "SELECT 1 AS x UNION ALL SELECT 2.5")
        .await
        .unwrap();
    assert_eq!(
        numbers[0].column(0).as_primitive::<Float64Type>().values(),
        &[1.0, 2.5]
    );
    let texts = query(
        &mut client,
        "SELECT 1 AS x UNION ALL SELECT 'two' UNION ALL SELECT NULL",
    )
    .await
    .unwrap();
    let texts: Vec<Option<&str>> = texts[0].column(0).as_string::<i32>().iter().collect();
    assert_eq!(texts, [Some("1"), Some("two"), None]);
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_an_error_that_names_column_and_row() {
    let (_server, mut client) = start().await;
    update(&mut client, "CREATE TABLE t (id INTEGER, price INTEGER)").await;
    update(&mut client, "INSERT INTO t VALUES (1, 5), (2, 'cheap')").await;
    let error = status(query(&mut client, "SELECT id, price FROM t ORDER BY id").await);
    assert_eq!(error.code(), Code::OutOfRange);
    assert!(
        error.message().contains("price") && error.message().contains("row 2"),
        "{error}"
    );
}

#[tokio::test]
async fn errors_keep_the_words_of_sqlite() {
    let (_server, mut client) = start().await;
    let error = status(query(&mut client, "SELECT * FROM missing").await);
    assert_eq!(error.code(), Code::InvalidArgument);
    assert!(error.message().contains("no such table: missing"), "{error}");
    let again = client
        .execute_update("INSERT INTO customers SELECT * FROM customers".into(), None)
        .await;
    let error = status(again);
    assert_eq!(error.code(), Code::AlreadyExists);
    assert!(error.message().contains("UNIQUE constraint failed"), "{error}");
}

#[tokio::test]
async fn a_large_result_streams_completely() {
    let (server, mut client) = start().await;
    let batches = query(&mut client, "SELECT value FROM generate_series(1, 1000000)")
        .await
        .unwrap();
    assert_eq!(rows(&batches), 1_000_000);
    assert!(batches.iter().all(|batch: &RecordBatch| batch.num_rows() <= 8192));
    assert_eq!(server.counters().open_tickets, 0);
}

#[tokio::test]
async fn get_schema_runs_nothing() {
    let (server, mut client) = start().await;
    update(&mut client, "CREATE TABLE t (a INTEGER)").await;
    let sql = "INSERT INTO t VALUES (1) RETURNING a";
    let mut flight = flight(&server).await;
    let answer = flight
        .get_schema(crate::client::descriptor(sql))
        .await
        .unwrap()
        .into_inner();
    let schema: Schema = answer.try_into().unwrap();
    assert_eq!(schema.field(0).name(), "a");
    assert_eq!(number(&mut client, "SELECT count(*) FROM t").await, 0);
}
