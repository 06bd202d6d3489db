//! Bulk ingest.

use std::sync::Arc;

use arrow::array::{AsArray as _, Int64Array, RecordBatch, StringArray};
use jetbridge::{Error, IngestMode, Kind, ParameterMode, Session};
use jetbridge_reference_server::{Builder, Capability, ReferenceServer};

use crate::{start, start_plain};

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

/// Servers without bulk ingest: one that binds parameters, and one that has to be told by literals.
fn without_ingest() -> [(Builder, ParameterMode); 3] {
    let builder = || ReferenceServer::builder().without(Capability::Ingest);
    [
        (builder(), ParameterMode::Server),
        (builder().without(Capability::Parameters), ParameterMode::Client),
        (
            builder().without([Capability::Prepared, Capability::Transactions]),
            ParameterMode::Client,
        ),
    ]
}

#[tokio::test]
async fn without_bulk_ingest_every_mode_does_what_it_says() {
    for (builder, parameters) in without_ingest() {
        let (server, session) = start(builder).await;
        let schema = batch(1).schema();
        let load = |mode| {
            let ingest = session.ingest("loaded").mode(mode).parameters(parameters);
            ingest.run(Arc::clone(&schema), vec![batch(10), batch(700)])
        };
        load(IngestMode::Append).await.unwrap_err();
        assert_eq!(load(IngestMode::Create).await.unwrap(), Some(710));
        let error = load(IngestMode::Create).await.unwrap_err();
        assert!(error.message().contains("already exists"), "{error}");
        assert_eq!(error.rows_written(), Some(0));
        assert_eq!(load(IngestMode::Append).await.unwrap(), Some(710));
        assert_eq!(count(&session).await, 1420);
        assert_eq!(load(IngestMode::Replace).await.unwrap(), Some(710));
        assert_eq!(load(IngestMode::CreateAppend).await.unwrap(), Some(710));
        assert_eq!(count(&session).await, 1420);
        let mut cursor = session
            .query("SELECT n, t FROM loaded WHERE n < 2 ORDER BY n LIMIT 1")
            .await
            .unwrap();
        let row = cursor.fetch_one().await.unwrap().unwrap();
        assert_eq!(
            (row.get::<i64>(0).unwrap(), row.get::<Option<&str>>(1).unwrap()),
            (0, Some("0"))
        );
        session.close().await.unwrap();
        let counters = server.counters();
        assert_eq!((counters.open_transactions, counters.open_statements), (0, 0));
    }
}

#[tokio::test]
async fn without_bulk_ingest_hostile_names_and_values_arrive() {
    for (builder, parameters) in without_ingest() {
        let (_server, session) = start(builder).await;
        let texts: StringArray = [Some("it's"), Some("\\'); DROP TABLE x; --"), None]
            .into_iter()
            .collect();
        let hostile =
            RecordBatch::try_from_iter_with_nullable([("a\"b'; --", Arc::new(texts) as _, true)]).unwrap();
        let table = "t\"; DROP TABLE customers; --";
        let ingest = session.ingest(table).parameters(parameters);
        assert_eq!(
            ingest.run(hostile.schema(), vec![hostile.clone()]).await.unwrap(),
            Some(3)
        );
        let mut cursor = session
            .query("SELECT * FROM \"t\"\"; DROP TABLE customers; --\"")
            .await
            .unwrap();
        let back = cursor.next_batch().await.unwrap().unwrap();
        assert_eq!(back.schema().field(0).name(), "a\"b'; --");
        assert_eq!(
            back.column(0).as_string::<i32>(),
            hostile.column(0).as_string::<i32>()
        );
    }
}

#[tokio::test]
async fn without_bulk_ingest_and_parameters_the_error_names_the_option() {
    let builder = ReferenceServer::builder().without([Capability::Ingest, Capability::Parameters]);
    let (_server, session) = start(builder).await;
    let error = session
        .ingest("loaded")
        .run(batch(1).schema(), vec![batch(1)])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::NotSupported, "{error}");
    assert!(error.to_string().contains("parameters=client"), "{error}");
    assert_eq!(error.rows_written(), Some(0));
}

#[tokio::test]
async fn a_stream_that_breaks_says_how_many_rows_are_there() {
    // With transactions nothing stays; without, what was written before.
    for (without, expected) in [(None, 0), (Some(Capability::Transactions), 7)] {
        let builder = ReferenceServer::builder()
            .without(Capability::Ingest)
            .without(without);
        let (server, session) = start(builder).await;
        session
            .update("CREATE TABLE loaded (n BIGINT, t TEXT)")
            .await
            .unwrap();
        let broken = futures::stream::iter([
            Ok(batch(3)),
            Ok(batch(4)),
            Err(Error::new(Kind::Conversion, "the file ends in the middle")),
        ]);
        let ingest = session.ingest("loaded").mode(IngestMode::Append);
        let error = ingest.run_stream(batch(1).schema(), broken).await.unwrap_err();
        assert!(error.message().contains("ends in the middle"), "{error}");
        assert_eq!(error.rows_written(), Some(expected));
        assert_eq!(count(&session).await, i64::try_from(expected).unwrap());
        session.close().await.unwrap();
        assert_eq!(server.counters().open_statements, 0);
    }
}

#[tokio::test]
async fn progress_is_told_with_and_without_bulk_ingest() {
    for without in [None, Some(Capability::Ingest)] {
        let (_server, session) = start(ReferenceServer::builder().without(without)).await;
        let told = Arc::new(std::sync::Mutex::new(Vec::new()));
        let telling = Arc::clone(&told);
        let batches = futures::stream::iter((0..20).map(|_| Ok(batch(1000))));
        let ingest = session
            .ingest("loaded")
            .on_progress(move |rows| telling.lock().unwrap().push(rows));
        assert_eq!(
            ingest.run_stream(batch(1).schema(), batches).await.unwrap(),
            Some(20_000)
        );
        let told = told.lock().unwrap();
        assert!(
            told.len() == 20 && told.is_sorted() && told.last() == Some(&20_000),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn an_ingest_by_insert_belongs_to_the_open_transaction() {
    let (_server, mut session) = start(ReferenceServer::builder().without(Capability::Ingest)).await;
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
