//! DoExchange: the scenario `do_exchange:echo`, and what a session does when the other side does not keep to it.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use jetbridge::{CallOptions, Error, FlightDescriptor, FlightExchange, Kind, Operation, Session};

use crate::scripted::{Script, serve, serve_watched};

const BRIEF: Duration = Duration::from_millis(300);
/// Generous: the machine may be busy.
const BOUND: Duration = Duration::from_secs(20);

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("x", DataType::Int32, false)]))
}

fn numbers(first: i32, rows: i32) -> RecordBatch {
    let column: ArrayRef = Arc::new(Int32Array::from_iter_values(first..first + rows));
    RecordBatch::try_new(schema(), vec![column]).unwrap()
}

async fn exchange(address: std::net::SocketAddr, options: CallOptions) -> FlightExchange {
    let session = Session::connect(format!("flightsql://{address}?transport=tcp"))
        .await
        .unwrap();
    let echo = FlightDescriptor::Command("echo".into());
    session.do_exchange(echo, schema(), options).await.unwrap()
}

fn is_named(error: &Error, kind: Kind, address: std::net::SocketAddr) {
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(error.operation(), Some(&Operation::Exchange), "{error}");
    assert_eq!(error.peer(), Some(address.to_string().as_str()), "{error}");
}

#[tokio::test]
async fn do_exchange_echo() {
    let (address, mut ends) = serve_watched(Script::Echo).await;
    let mut exchange = exchange(address, CallOptions::new()).await;
    for i in 0..4 {
        let metadata = if i % 2 == 0 { i.to_string() } else { String::new() };
        exchange.send(numbers(i, 10), metadata.clone()).await.unwrap();
        let echo = exchange.read_chunk().await.unwrap().unwrap();
        assert_eq!(echo.batch, Some(numbers(i, 10)));
        assert_eq!(echo.app_metadata, metadata);
    }
    exchange.finish().await.unwrap();
    assert!(exchange.read_chunk().await.unwrap().is_none());
    assert_eq!(*ends.wait_for(Option::is_some).await.unwrap(), Some(true));
    is_named(
        &exchange.send(numbers(0, 1), "").await.unwrap_err(),
        Kind::State,
        address,
    );
}

#[tokio::test]
async fn application_metadata_is_exchanged_alone() {
    let address = serve(Script::Echo).await;
    let mut exchange = exchange(address, CallOptions::new()).await;
    exchange.send(None, "hello").await.unwrap();
    let echo = exchange.read_chunk().await.unwrap().unwrap();
    assert_eq!((echo.batch, echo.app_metadata.as_ref()), (None, &b"hello"[..]));
}

#[tokio::test]
async fn an_exchange_that_is_dropped_is_cut_off_and_not_ended() {
    let (address, mut ends) = serve_watched(Script::Echo).await;
    let mut exchange = exchange(address, CallOptions::new()).await;
    exchange.send(numbers(0, 10), "").await.unwrap();
    exchange.read_chunk().await.unwrap().unwrap();
    drop(exchange);
    let ended = tokio::time::timeout(BOUND, ends.wait_for(Option::is_some)).await;
    assert_eq!(*ended.unwrap().unwrap(), Some(false));
}

#[tokio::test]
async fn a_silent_server_is_waited_for_no_longer_than_the_idle_timeout() {
    let address = serve(Script::Echo).await;
    let options = CallOptions::new().idle_timeout(BRIEF);
    // Before the answer has begun, and after.
    let mut unbegun = exchange(address, options.clone()).await;
    is_named(&unbegun.read_chunk().await.unwrap_err(), Kind::Timeout, address);
    let mut begun = exchange(address, options.idle_timeout(BOUND)).await;
    begun.send(numbers(0, 10), "").await.unwrap();
    begun.read_chunk().await.unwrap().unwrap();
    let waited = tokio::time::timeout(BRIEF, begun.read_chunk()).await;
    waited.unwrap_err();
    // Giving up a wait loses nothing.
    begun.send(numbers(1, 10), "").await.unwrap();
    let echo = begun.read_chunk().await.unwrap().unwrap();
    assert_eq!(echo.batch, Some(numbers(1, 10)));
}

#[tokio::test]
async fn a_server_that_reads_nothing_stops_the_sender() {
    let address = serve(Script::Deaf).await;
    let mut exchange = exchange(address, CallOptions::new().idle_timeout(BRIEF)).await;
    let mut sent = 0;
    let error = loop {
        match exchange.send(numbers(0, 250_000), "").await {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
        assert!(sent < 200, "200 MB were taken by a server that reads nothing");
    };
    is_named(&error, Kind::Timeout, address);
}

#[tokio::test]
async fn a_server_without_exchanges_says_so() {
    let address = serve(Script::Plain).await;
    let mut exchange = exchange(address, CallOptions::new()).await;
    is_named(
        &exchange.read_chunk().await.unwrap_err(),
        Kind::NotSupported,
        address,
    );
    assert!(exchange.read_chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn a_batch_of_another_schema_is_not_sent() {
    let address = serve(Script::Echo).await;
    let mut exchange = exchange(address, CallOptions::new()).await;
    let column: ArrayRef = Arc::new(arrow::array::StringArray::from(vec!["a"]));
    let other = RecordBatch::try_from_iter([("x", column)]).unwrap();
    is_named(
        &exchange.send(other, "").await.unwrap_err(),
        Kind::Conversion,
        address,
    );
    exchange.send(numbers(0, 10), "").await.unwrap();
    assert!(exchange.read_chunk().await.unwrap().is_some());
}
