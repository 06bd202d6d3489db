//! The scenarios in which Java's and C++'s servers answer much as Go's does, each once.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, Int64Array, RecordBatch};
use arrow::datatypes::{Int32Type, UInt32Type};
use futures::TryStreamExt as _;
use jetbridge::{CallOptions, CancelStatus, FlightInfo, IngestMode, Session};

use crate::scripted::{Script, serve};

async fn connect(script: Script) -> Session {
    let address = serve(script).await;
    Session::connect(format!("flightsql://{address}?transport=tcp"))
        .await
        .unwrap()
}

async fn info(session: &Session, command: &'static str) -> FlightInfo {
    session
        .flight_info_for_command(command, CallOptions::new())
        .await
        .unwrap()
}

async fn batches(session: &Session, info: FlightInfo) -> Vec<RecordBatch> {
    let stream = session.read(info, CallOptions::new()).await.unwrap();
    stream.try_collect().await.unwrap()
}

async fn expiring() -> Session {
    connect(Script::Expiration(Default::default())).await
}

#[tokio::test]
async fn expiration_time_do_get() {
    let session = expiring().await;
    let info = info(&session, "expiration_time").await;
    let expires = info
        .endpoints()
        .into_iter()
        .map(|endpoint| endpoint.expiration_time().is_some());
    assert_eq!(expires.collect::<Vec<_>>(), [false, true, true]);
    let mut numbers: Vec<u32> = batches(&session, info)
        .await
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<UInt32Type>().values().to_vec())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2]);
}

#[tokio::test]
async fn expiration_time_list_actions() {
    let actions = expiring().await.list_actions().await.unwrap();
    let mut names: Vec<_> = actions.into_iter().map(|action| action.name).collect();
    names.sort();
    assert_eq!(names, ["CancelFlightInfo", "RenewFlightEndpoint"]);
}

#[tokio::test]
async fn expiration_time_cancel_flight_info() {
    let session = expiring().await;
    let info = info(&session, "expiration").await;
    assert_eq!(session.cancel(&info).await.unwrap(), CancelStatus::Cancelled);
    for endpoint in info.endpoints() {
        let ticket = endpoint.ticket().unwrap();
        let read = async {
            session
                .do_get(&ticket, CallOptions::new())
                .await?
                .read_all()
                .await
        };
        read.await.unwrap_err();
    }
}

#[tokio::test]
async fn expiration_time_renew_flight_endpoint() {
    let session = expiring().await;
    let mut renewed = 0;
    for endpoint in info(&session, "expiration").await.endpoints() {
        if endpoint.expiration_time().is_none() {
            continue;
        }
        let fresh = session.renew(&endpoint).await.unwrap();
        assert!(fresh.expiration_time() > endpoint.expiration_time());
        // The ticket is another, and is read.
        let (old, new) = (endpoint.ticket().unwrap(), fresh.ticket().unwrap());
        assert_ne!(old.as_bytes(), new.as_bytes());
        let reader = session.do_get(&new, CallOptions::new()).await.unwrap();
        assert_eq!(reader.read_all().await.unwrap().len(), 1);
        renewed += 1;
    }
    assert_eq!(renewed, 2);
}

#[tokio::test]
async fn location_reuse_connection() {
    let session = connect(Script::Plain).await;
    let info = info(&session, "reuse").await;
    let endpoints = info.endpoints();
    let locations: Vec<_> = endpoints.iter().map(|endpoint| endpoint.locations()).collect();
    assert_eq!(locations, [["arrow-flight-reuse-connection://?"]]);
    let read = batches(&session, info).await;
    assert_eq!(read[0].column(0).as_primitive::<Int32Type>().values(), &[1, 2, 3]);
}

#[tokio::test]
async fn poll_flight_info() {
    let session = connect(Script::Plain).await;
    let first = session
        .poll_command("heavy query", CallOptions::new())
        .await
        .unwrap();
    assert!(!first.is_complete() && first.expiration_time.is_some());
    assert!(
        first
            .progress
            .is_some_and(|progress| (0.0..=1.0).contains(&progress))
    );
    let last = session.poll_again(&first, CallOptions::new()).await.unwrap();
    assert!(last.is_complete() && last.expiration_time.is_none());
    assert!(
        last.progress
            .is_some_and(|progress| (progress - 1.0).abs() < 1e-5)
    );
}

#[tokio::test]
async fn app_metadata_flight_info_endpoint() {
    let info = info(&connect(Script::Plain).await, "foobar").await;
    assert_eq!(info.app_metadata().as_ref(), b"foobar");
    let endpoints = info.endpoints();
    assert_eq!(endpoints.len(), 1);
    assert_eq!(endpoints[0].app_metadata().as_ref(), b"foobar");
}

#[tokio::test]
async fn flight_sql_ingestion() {
    let session = connect(Script::Plain).await;
    let nulls: ArrayRef = Arc::new(Int64Array::from(vec![None::<i64>; 3]));
    let batch = RecordBatch::try_from_iter_with_nullable([("test_field", nulls, true)]).unwrap();
    let ingest = session
        .ingest("test_table")
        .mode(IngestMode::Replace)
        .schema("test_schema")
        .catalog("test_catalog")
        .temporary(true)
        .transaction_id("123")
        .option("key1", "val1")
        .option("key2", "val2");
    assert_eq!(ingest.run(batch.schema(), vec![batch]).await.unwrap(), Some(3));
}
