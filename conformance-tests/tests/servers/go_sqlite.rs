//! arrow-go's example server on SQLite.

use jetbridge::{IngestMode, Kind, Params, Session, TableFilter, Value};
use jetbridge_conformance::{hostile, require, server};

use crate::{connect, connect_with, literals, rows};

#[tokio::test]
async fn plain_queries_and_parameters_work() {
    let server = require!(server::go_sqlite().await);
    let session = connect(&server).await;
    assert_eq!(rows(&session, "SELECT * FROM intTable").await.unwrap().len(), 4);
    let statement = session
        .prepare("SELECT keyName, value FROM intTable WHERE value > ?")
        .await
        .unwrap();
    for (bound, expected) in [(-5_i64, 3), (0, 1), (100, 0)] {
        let mut cursor = statement.query((bound,)).await.unwrap();
        assert_eq!(
            cursor.fetch_all().await.unwrap().len(),
            expected,
            "value > {bound}"
        );
    }
    statement.close().await.unwrap();
    let catalog = session.catalog();
    let tables = catalog.tables(&TableFilter::default()).await.unwrap();
    assert!(tables.len() >= 2, "{tables:?}");
    let columns = catalog
        .columns(&TableFilter::default(), Some("keyName"))
        .await
        .unwrap();
    assert_eq!(columns.len(), 1, "{columns:?}");
    let keys = catalog.imported_keys("intTable").await.unwrap();
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert_eq!(keys[0].pk_table, "foreignTable");
    // It lists tables in a catalog, and their keys in none.
    let table = tables.iter().find(|table| table.name == "intTable").unwrap();
    assert_eq!(catalog.primary_keys(table).await.unwrap().len(), 1);
    assert_eq!(catalog.imported_keys(table).await.unwrap(), keys);
}

#[tokio::test]
async fn updates_are_counted_and_transactions_end() {
    let server = require!(server::go_sqlite().await);
    let mut session = connect(&server).await;
    session.execute("CREATE TABLE counted (a INTEGER)").await.unwrap();
    let inserted = session
        .execute("INSERT INTO counted VALUES (1), (2), (3)")
        .await
        .unwrap();
    assert_eq!(inserted.rows_affected(), Some(3));
    let transaction = session.begin().await.unwrap();
    assert_eq!(transaction.update("DELETE FROM counted").await.unwrap(), Some(3));
    transaction.rollback().await.unwrap();
    assert_eq!(rows(&session, "SELECT * FROM counted").await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_session_closed_with_ddl_under_way_does_not_wedge_the_server() {
    let server = require!(server::go_sqlite().await);
    for round in 0..5 {
        let session = connect(&server).await;
        session.set_autocommit(false).await.unwrap();
        session
            .execute(format!("CREATE TABLE open_{round} (a INTEGER)"))
            .await
            .unwrap();
        session.close().await.unwrap();
        let mut next: Session = connect(&server).await;
        next.begin().await.unwrap().rollback().await.unwrap();
    }
}

#[tokio::test]
async fn an_error_comes_with_the_servers_words() {
    let server = require!(server::go_sqlite().await);
    let session = connect(&server).await;
    let error = session.query("SELECT * FROM nowhere").await.unwrap_err();
    assert!(error.message().contains("no such table: nowhere"), "{error}");
    assert_ne!(error.kind(), Kind::Protocol);
}

#[tokio::test]
async fn rows_are_loaded_and_parameters_written() {
    let server = require!(server::go_sqlite().await);
    let session = connect(&server).await;
    let batch = literals::batch();
    let rows_in = u64::try_from(batch.num_rows()).unwrap();
    let ingest = session.ingest("loaded").mode(IngestMode::Create);
    assert_eq!(
        ingest.run(batch.schema(), vec![batch.clone()]).await.unwrap(),
        Some(rows_in)
    );
    // The server cannot read columns of type TIMESTAMP.
    let readable = batch.project(&[0, 1, 4]).unwrap();
    literals::same_rows(&session, "SELECT n, t, x FROM loaded ORDER BY n", &readable).await;
    let session = connect_with(&server, "parameters=client").await;
    hostile::come_back(&session, 20, false).await.unwrap();
    let named = Params::named([("low", Value::from(0_i64)), ("high", Value::from(2_i64))]);
    let mut cursor = session
        .statement("SELECT n FROM loaded WHERE n BETWEEN :low AND :high")
        .bind(named)
        .query()
        .await
        .unwrap();
    assert_eq!(cursor.fetch_all().await.unwrap().len(), 3);
}
