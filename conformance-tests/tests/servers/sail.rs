//! Sail: Spark SQL; it knows CommandStatementQuery and little else.

use arrow::datatypes::DataType;
use futures::TryStreamExt as _;
use jetbridge::{IngestMode, Kind, Params, TableFilter, Value};
use jetbridge_conformance::{hostile, require, server};

use crate::{connect, connect_with, literals, rows};

#[tokio::test]
async fn a_large_range_has_every_number_once() {
    let sail = require!(server::sail().await);
    let session = connect(&sail).await;
    let mut ids: Vec<i64> = Vec::new();
    let mut cursor = session.query("select * from range(100000)").await.unwrap();
    while let Some(row) = cursor.fetch_one().await.unwrap() {
        ids.push(row.get("id").unwrap());
    }
    ids.sort_unstable();
    assert_eq!(ids, (0..100_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_sail_lacks_is_said_plainly() {
    let sail = require!(server::sail().await);
    let session = connect(&sail).await;
    let statement = session.prepare("select 1").await.unwrap();
    assert!(!statement.is_on_server());
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
    let error = session
        .statement("select ?")
        .bind((1,))
        .query()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::NotSupported, "{error}");
    assert!(error.to_string().contains("parameters=client"), "{error}");
    let error = session.query("select * from nowhere").await.unwrap_err();
    assert!(error.message().contains("nowhere"), "{error}");
    assert_eq!(rows(&session, "select 1").await.unwrap().len(), 1);
    session.close().await.unwrap();
}

#[tokio::test]
async fn statements_that_change_something_run_once_and_are_counted() {
    let sail = require!(server::sail().await);
    let session = connect(&sail).await;
    session.execute("create table sail_once (a int)").await.unwrap();
    let insert = "insert into sail_once values (1), (2)";
    assert_eq!(session.execute(insert).await.unwrap().rows_affected(), Some(2));
    assert_eq!(session.query(insert).await.unwrap().rows_affected(), Some(2));
    let prepared = session.prepare(insert).await.unwrap();
    assert_eq!(prepared.update(()).await.unwrap(), Some(2));
    assert_eq!(rows(&session, "select * from sail_once").await.unwrap().len(), 6);
}

#[tokio::test]
async fn rows_are_loaded_by_insert() {
    let sail = require!(server::sail().await);
    let session = connect_with(&sail, "parameters=client").await;
    let batch = literals::batch();
    let load = |mode| {
        session
            .ingest("sail_loaded")
            .mode(mode)
            .run(batch.schema(), vec![batch.clone()])
    };
    let rows_in = u64::try_from(batch.num_rows()).unwrap();
    assert_eq!(load(IngestMode::Create).await.unwrap(), Some(rows_in));
    assert_eq!(load(IngestMode::Append).await.unwrap(), Some(rows_in));
    assert!(load(IngestMode::Create).await.is_err());
    assert_eq!(load(IngestMode::Replace).await.unwrap(), Some(rows_in));
    let sql = "select n, t, d, at, x from sail_loaded order by n";
    literals::same_rows(&session, sql, &batch).await;
}

#[tokio::test]
async fn a_cluster_of_workers_answers_like_one_machine() {
    let cluster = require!(server::sail_cluster().await);
    let session = connect(&cluster).await;
    let sql = "select id % 7 as part, count(*) as n, sum(id) as total from range(0, 700000, 1, 12) group by 1 order by 1";
    let rows = rows(&session, sql).await.unwrap();
    let parts: Vec<(i64, i64, i64)> = rows
        .iter()
        .map(|row| (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap()))
        .collect();
    let expected = (0..7).map(|part| (part, 100_000, (0..100_000_i64).map(|k| part + 7 * k).sum()));
    assert_eq!(parts, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_server_killed_in_the_middle_of_a_result_gives_an_error() {
    let sail = require!(server::sail().await);
    let session = connect(&sail).await;
    let mut cursor = session
        .query("select id, cast(id as string) as t from range(30000000)")
        .await
        .unwrap();
    cursor.fetch_one().await.unwrap().unwrap();
    sail.process().kill().unwrap();
    let error = cursor.try_for_each(|_| async { Ok(()) }).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Connection, "{error}");
    let text = error.to_string();
    assert!(
        text.contains("fetching endpoint 1 of 1") && text.contains(&sail.address().to_string()),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1);
}

#[tokio::test]
async fn parameters_written_into_the_statement_come_back_as_they_were() {
    let sail = require!(server::sail().await);
    let session = connect_with(&sail, "parameters=client").await;
    hostile::come_back(&session, 40, true).await.unwrap();
    literals::come_back(&session, literals::SPARK).await;
    session
        .execute("create table sail_bound (a int, b string)")
        .await
        .unwrap();
    let rows_of = Params::rows([(1, "it's"), (2, "\\")]);
    session
        .statement("insert into sail_bound values (?, ?)")
        .bind(rows_of)
        .execute()
        .await
        .unwrap();
    let named = Params::named([("a", Value::from(2))]);
    let mut cursor = session
        .statement("select b from sail_bound where a = :a")
        .bind(named)
        .query()
        .await
        .unwrap();
    let read = cursor.fetch_all().await.unwrap();
    assert_eq!((read.len(), read[0].get::<&str>(0).unwrap()), (1, "\\"));
}

#[tokio::test]
async fn the_catalog_is_read_in_sql() {
    let sail = require!(server::sail().await);
    let session = connect(&sail).await;
    for sql in [
        "create table alpha (a int not null, b decimal(10, 2))",
        "create view seen as select 1 as x",
        "create database side",
        "create table side.beta (z timestamp)",
    ] {
        session.execute(sql).await.unwrap();
    }
    assert!(session.capabilities().await.unwrap().is_empty());
    let catalog = session.catalog();
    assert!(catalog.catalogs().await.unwrap().contains(&"sail".to_owned()));
    let schemas = catalog.schemas(Some("sail"), Some("si%")).await.unwrap();
    assert_eq!((schemas.len(), schemas[0].name.as_str()), (1, "side"));
    let all = TableFilter {
        catalog: Some("sail".to_owned()),
        ..TableFilter::default()
    };
    let tables = catalog.tables(&all).await.unwrap();
    let mut names: Vec<_> = tables
        .iter()
        .map(|table| (table.to_string(), table.table_type.as_str()))
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            ("sail.default.alpha".to_owned(), "TABLE"),
            ("sail.default.seen".to_owned(), "VIEW"),
            ("sail.side.beta".to_owned(), "TABLE"),
        ]
    );
    let views = TableFilter {
        table_types: vec!["view".to_owned()],
        ..all.clone()
    };
    assert_eq!(catalog.tables(&views).await.unwrap().len(), 1);
    let columns = catalog.columns(&all, None).await.unwrap();
    let of_alpha: Vec<_> = columns
        .iter()
        .filter(|entry| entry.table == "alpha")
        .map(|entry| {
            (
                entry.ordinal,
                entry.column.name(),
                entry.column.data_type().clone(),
            )
        })
        .collect();
    assert_eq!(
        of_alpha,
        [(1, "a", DataType::Int32), (2, "b", DataType::Decimal128(10, 2))]
    );
    let error = catalog.primary_keys("alpha").await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotSupported, "{error}");
}
