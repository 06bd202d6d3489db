//! ROAPI: tables from files, read only.

use std::io::BufRead as _;

use futures::TryStreamExt as _;
use jetbridge::{Kind, Row, TableFilter};
use jetbridge_conformance::{hostile, require, server};

use crate::{connect, connect_with, literals, rows};

/// A row as `sample_csv` writes it.
fn line(row: &Row) -> String {
    let null = || "\\N".to_owned();
    let ratio = row
        .get::<Option<f64>>("ratio")
        .unwrap()
        .map_or_else(null, |ratio| format!("{ratio:?}"));
    let text = row
        .get::<Option<&str>>("text")
        .unwrap()
        .map_or_else(null, str::to_owned);
    let at = row.get::<jetbridge::types::Timestamp>("at").unwrap();
    let at = at.to_ticks(arrow::datatypes::TimeUnit::Microsecond).unwrap();
    let flag = row
        .get::<Option<bool>>("flag")
        .unwrap()
        .map_or_else(null, |flag| flag.to_string());
    let (id, small): (i64, i32) = (row.get("id").unwrap(), row.get("small").unwrap());
    format!("{id},{small},{ratio},{text},{at},{flag}")
}

#[tokio::test]
async fn five_million_rows_are_what_pyarrow_reads_from_the_file() {
    const ROWS: usize = 5_000_000;
    let parquet = require!(server::sample_parquet(ROWS));
    let expected = require!(server::sample_csv(ROWS));
    let roapi = require!(server::roapi("sample", &parquet).await);
    let session = connect(&roapi).await;
    let mut cursor = session.query("select * from sample order by id").await.unwrap();
    let mut lines = std::io::Cursor::new(expected).lines();
    let mut seen = 0;
    loop {
        let chunk = cursor.fetch_many(10_000).await.unwrap();
        for row in &chunk {
            let expected = lines.next().unwrap().unwrap();
            assert_eq!(line(row), expected, "row {seen}");
            seen += 1;
        }
        if chunk.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ROWS);
    assert!(lines.next().is_none());
}

#[tokio::test]
async fn tables_are_listed_and_what_is_missing_is_said() {
    let parquet = require!(server::sample_parquet(1000));
    let roapi = require!(server::roapi("sample", &parquet).await);
    let session = connect(&roapi).await;
    let catalog = session.catalog();
    let tables = catalog.tables(&TableFilter::default()).await.unwrap();
    let names: Vec<String> = tables.into_iter().map(|table| table.name).collect();
    assert!(names.contains(&"sample".to_owned()), "{names:?}");
    // It has no GetTableTypes: the types of the tables there are.
    assert_eq!(catalog.table_types().await.unwrap(), ["table"]);
    let columns = catalog
        .columns(&TableFilter::default(), Some("_d"))
        .await
        .unwrap();
    assert_eq!(columns.len(), 1, "{columns:?}");
    let error = catalog.primary_keys("sample").await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotSupported, "{error}");
    let error = session
        .statement("select * from sample where id = ?")
        .bind((1,))
        .query()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::NotSupported, "{error}");
    let error = session.query("select * from nowhere").await.unwrap_err();
    assert!(error.message().contains("nowhere"), "{error}");
    assert!(
        rows(&session, "select * from sample where id < 0")
            .await
            .unwrap()
            .is_empty()
    );
    let batches: Vec<_> = session
        .query("select id from sample")
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1000);
}

#[tokio::test]
async fn parameters_written_into_the_statement_come_back_as_they_were() {
    let parquet = require!(server::sample_parquet(1000));
    let roapi = require!(server::roapi("sample", &parquet).await);
    let session = connect_with(&roapi, "parameters=client").await;
    hostile::come_back(&session, 40, true).await.unwrap();
    literals::come_back(&session, literals::DATA_FUSION).await;
    let mut cursor = session
        .statement("select count(*) from sample where id >= ? and id < $2 -- ?".replace('?', "$1"))
        .bind((10_i64, 20_i64))
        .query()
        .await
        .unwrap();
    assert_eq!(
        cursor.fetch_one().await.unwrap().unwrap().get::<i64>(0).unwrap(),
        10
    );
}
