//! Servers that send without an end, and nothing that brings a result further.

use arrow_flight::FlightData;
use jetbridge::{Kind, Session};
use jetbridge_conformance::fault::{Answer, FaultServer, Script, Step};

#[tokio::test]
async fn a_stream_of_empty_messages_is_no_result_that_never_begins() {
    let script = Script::new().get(|_, _| Answer::of([Step::Forever(FlightData::default())]));
    let server = FaultServer::start(script, 0).await.unwrap();
    // Without a deadline of any sort: it is not time that ends it.
    let options = "transport=tcp&query_timeout=none&idle_timeout=none";
    let session = Session::connect(format!("flightsql://{}?{options}", server.address()))
        .await
        .unwrap();
    let error = session.query("SELECT n").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol, "{error}");
    assert!(error.to_string().contains("does not send a schema"), "{error}");
}
