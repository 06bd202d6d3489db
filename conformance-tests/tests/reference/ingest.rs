//! Bulk ingest.

use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};
use jetbridge::{Error, IngestMode, Kind, Session};

use crate::start_plain;

fn batch(rows: i64) -> RecordBatch {
    let numbers: Int64Array = (0..rows).collect();
    let texts: StringArray = (0..rows).map(|n| (n % 2 == 0).then(|| n.to_string())).collect();
    RecordBatch::try_from_iter_with_nullable([
        ("n", Arc::new(numbers) as _, false),
        ("t", Arc::new(texts) as _, true),
    ])
    .unwrap()
}

async fn count(session: &Session) -> i64 {
    let mut cursor = session.query("SELECT count(*) FROM loaded").await.unwrap();
    cursor.fetch_one().await.unwrap().unwrap().get(0).unwrap()
}

#[tokio::test]
async fn every_mode_does_what_it_says() {
    let (_server, session) = start_plain().await;
    let schema = batch(1).schema();
    let load = |mode| {
        session
            .ingest("loaded")
            .mode(mode)
            .run(Arc::clone(&schema), vec![batch(10), batch(5)])
    };
    assert_eq!(load(IngestMode::Append).await.unwrap_err().kind(), Kind::NotFound);
    assert_eq!(load(IngestMode::Create).await.unwrap(), Some(15));
    assert_eq!(
        load(IngestMode::Create).await.unwrap_err().kind(),
        Kind::AlreadyExists
    );
    assert_eq!(load(IngestMode::Append).await.unwrap(), Some(15));
    assert_eq!(count(&session).await, 30);
    assert_eq!(load(IngestMode::Replace).await.unwrap(), Some(15));
    assert_eq!(load(IngestMode::CreateAppend).await.unwrap(), Some(15));
    assert_eq!(count(&session).await, 30);
}

#[tokio::test]
async fn an_ingest_belongs_to_the_transaction() {
    let (_server, mut session) = start_plain().await;
    session
        .update("CREATE TABLE loaded (n BIGINT, t TEXT)")
        .await
        .unwrap();
    let transaction = session.begin().await.unwrap();
    let ingest = transaction.ingest("loaded").mode(IngestMode::Append);
    assert_eq!(
        ingest.run(batch(1).schema(), vec![batch(4)]).await.unwrap(),
        Some(4)
    );
    transaction.rollback().await.unwrap();
    assert_eq!(count(&session).await, 0);
}

#[tokio::test]
async fn an_error_of_the_stream_is_the_error_of_the_ingest() {
    let (_server, session) = start_plain().await;
    let broken = futures::stream::iter([
        Ok(batch(3)),
        Err(Error::new(Kind::Conversion, "the file ends in the middle")),
    ]);
    let error = session
        .ingest("loaded")
        .run_stream(batch(1).schema(), broken)
        .await
        .unwrap_err();
    assert!(error.message().contains("ends in the middle"), "{error}");
}
