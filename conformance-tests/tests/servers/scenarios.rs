//! The official Flight scenarios of arrow-go's integration server, through the public API, each in one attempt.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray as _, Int64Array, RecordBatch};
use arrow::datatypes::{Int32Type, UInt32Type};
use futures::TryStreamExt as _;
use jetbridge::{CallOptions, CancelStatus, FlightInfo, IngestMode, Kind, Session, SessionOptionValue};
use jetbridge_conformance::{require, server};

use crate::connect;

async fn info(session: &Session, command: &'static str) -> FlightInfo {
    session
        .flight_info_for_command(command, CallOptions::new())
        .await
        .expect("a FlightInfo")
}

async fn batches(session: &Session, info: FlightInfo) -> Vec<RecordBatch> {
    session
        .read(info, CallOptions::new())
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap()
}

#[tokio::test]
async fn auth_basic_proto() {
    let server = require!(server::go_integration("auth:basic_proto").await);
    let stranger = connect(&server).await;
    let error = stranger.action("", "", CallOptions::new()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.grpc_code()),
        (Kind::Authentication, Some(16))
    );
    let config = stranger.config().clone().user("arrow").password("flight");
    let session = Session::connect(config.handshake(jetbridge::HandshakeMode::Proto))
        .await
        .unwrap();
    assert_eq!(
        session.action("", "", CallOptions::new()).await.unwrap(),
        [&b"arrow"[..]]
    );
}

#[tokio::test]
async fn middleware() {
    let server = require!(server::go_integration("middleware").await);
    let session = Session::connect(format!("{}&header.x-middleware=expected%20value", server.uri()))
        .await
        .unwrap();
    let error = session
        .flight_info_for_command("", CallOptions::new())
        .await
        .unwrap_err();
    assert_eq!(error.metadata().get("x-middleware"), Some("expected value"));
    let info = info(&session, "success").await;
    assert_eq!(info.metadata().get("x-middleware"), Some("expected value"));
}

#[tokio::test]
async fn ordered() {
    let server = require!(server::go_integration("ordered").await);
    let session = connect(&server).await;
    let info = info(&session, "ordered").await;
    assert!(info.ordered() && info.endpoints().len() == 3);
    let read = batches(&session, info).await;
    let numbers: Vec<i32> = read
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int32Type>().values().to_vec())
        .collect();
    assert_eq!(numbers, [1, 2, 3, 10, 20, 30, 100, 200, 300]);
}

#[tokio::test]
async fn expiration_time_do_get() {
    let server = require!(server::go_integration("expiration_time:do_get").await);
    let session = connect(&server).await;
    let info = info(&session, "expiration_time").await;
    let expires: Vec<bool> = info
        .endpoints()
        .iter()
        .map(|endpoint| endpoint.expiration_time().is_some())
        .collect();
    assert_eq!(expires, [false, true, true]);
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
    let server = require!(server::go_integration("expiration_time:list_actions").await);
    let mut names: Vec<String> = connect(&server)
        .await
        .list_actions()
        .await
        .unwrap()
        .into_iter()
        .map(|action| action.name)
        .collect();
    names.sort();
    assert_eq!(names, ["CancelFlightInfo", "RenewFlightEndpoint"]);
}

#[tokio::test]
async fn expiration_time_cancel_flight_info() {
    let server = require!(server::go_integration("expiration_time:cancel_flight_info").await);
    let session = connect(&server).await;
    let info = info(&session, "expiration").await;
    assert_eq!(session.cancel(&info).await.unwrap(), CancelStatus::Cancelled);
    for endpoint in info.endpoints() {
        let read = async {
            session
                .do_get(&endpoint.ticket().unwrap(), CallOptions::new())
                .await?
                .read_all()
                .await
        };
        read.await.unwrap_err();
    }
}

#[tokio::test]
async fn expiration_time_renew_flight_endpoint() {
    let server = require!(server::go_integration("expiration_time:renew_flight_endpoint").await);
    let session = connect(&server).await;
    let info = info(&session, "expiration").await;
    let mut renewed = 0;
    for endpoint in info
        .endpoints()
        .iter()
        .filter(|endpoint| endpoint.expiration_time().is_some())
    {
        let fresh = session.renew(endpoint).await.unwrap();
        assert!(fresh.expiration_time() > endpoint.expiration_time());
        renewed += 1;
    }
    assert_eq!(renewed, 2);
}

#[tokio::test]
async fn location_reuse_connection() {
    let server = require!(server::go_integration("location:reuse_connection").await);
    let session = connect(&server).await;
    let info = info(&session, "reuse").await;
    let locations: Vec<_> = info
        .endpoints()
        .iter()
        .map(|endpoint| endpoint.locations())
        .collect();
    assert_eq!(locations, [["arrow-flight-reuse-connection://?"]]);
}

#[tokio::test]
async fn session_options() {
    let server = require!(server::go_integration("session_options").await);
    let session = connect(&server).await;
    assert_eq!(session.options().await.unwrap(), BTreeMap::new());
    let list = ["a", "b", "sea", "dee", " ", "  ", "geee", "(づ｡◕‿‿◕｡)づ"]
        .map(str::to_owned)
        .to_vec();
    let options: [(&str, SessionOptionValue); 5] = [
        ("foolong", 123_i64.into()),
        ("bardouble", 456.0.into()),
        ("lol_invalid", "this won't get set".into()),
        ("key_with_invalid_value", "lol_invalid".into()),
        ("big_ol_string_list", list.clone().into()),
    ];
    let error = session
        .set_options(options.map(|(name, value)| (name.to_owned(), value)))
        .await
        .unwrap_err();
    for refused in [
        "lol_invalid: no option of that name",
        "key_with_invalid_value: not a possible value",
    ] {
        assert!(error.message().contains(refused), "{error}");
    }
    let kept = [
        ("foolong", 123_i64.into()),
        ("bardouble", 456.0.into()),
        ("big_ol_string_list", list.clone().into()),
    ];
    let kept: BTreeMap<String, SessionOptionValue> =
        kept.map(|(name, value)| (name.to_owned(), value)).into();
    assert_eq!(session.options().await.unwrap(), kept);
    session
        .set_options([("foolong".to_owned(), SessionOptionValue::Unset)])
        .await
        .unwrap();
    let left = session.options().await.unwrap();
    assert!(!left.contains_key("foolong") && left.len() == 2, "{left:?}");
    session.close().await.unwrap();
}

#[tokio::test]
async fn poll_flight_info() {
    let server = require!(server::go_integration("poll_flight_info").await);
    let session = connect(&server).await;
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
    let server = require!(server::go_integration("app_metadata_flight_info_endpoint").await);
    let info = info(&connect(&server).await, "foobar").await;
    assert_eq!(info.app_metadata().as_ref(), b"foobar");
    let endpoints = info.endpoints();
    assert_eq!(endpoints.len(), 1);
    assert_eq!(endpoints[0].app_metadata().as_ref(), b"foobar");
}

#[tokio::test]
async fn flight_sql_ingestion() {
    let server = require!(server::go_integration("flight_sql:ingestion").await);
    let session = connect(&server).await;
    let nulls: Arc<dyn Array> = Arc::new(Int64Array::from(vec![None::<i64>; 3]));
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
