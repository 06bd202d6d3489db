//! What the Java and C++ servers of the official scenarios do otherwise than Go's, which the suite runs against.

mod exchange;
mod scenarios;

use arrow::array::AsArray as _;
use arrow::datatypes::Int32Type;
use futures::TryStreamExt as _;
use jetbridge::{CallOptions, HandshakeMode, Kind, Session, SessionOptionValue};

use crate::scripted::{Script, serve};

async fn uri(script: Script) -> String {
    format!("flightsql://{}?transport=tcp", serve(script).await)
}

#[tokio::test]
async fn a_token_is_bytes_and_a_refusal_may_come_late() {
    let uri = uri(Script::JavaLogin).await;
    let stranger = Session::connect(uri.as_str()).await.unwrap();
    let error = stranger.list_actions().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.grpc_code()),
        (Kind::Authentication, Some(16)),
        "{error}"
    );
    let config = stranger.config().clone().user("arrow").password("flight");
    let session = Session::connect(config.handshake(HandshakeMode::Proto))
        .await
        .unwrap();
    assert!(session.list_actions().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_error_in_trailers_alone_keeps_its_metadata() {
    let uri = uri(Script::TrailersOnly).await;
    let session = Session::connect(format!("{uri}&header.x-middleware=expected%20value"))
        .await
        .unwrap();
    let error = session
        .flight_info_for_command("", CallOptions::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::NotSupported, "{error}");
    assert_eq!(error.metadata().get("x-middleware"), Some("expected value"));
}

#[tokio::test]
async fn a_result_may_have_no_endpoints() {
    let uri = uri(Script::TrailersOnly).await;
    let session = Session::connect(format!("{uri}&header.x-middleware=expected%20value"))
        .await
        .unwrap();
    let info = session
        .flight_info_for_command("success", CallOptions::new())
        .await
        .unwrap();
    assert_eq!(info.metadata().get("x-middleware"), Some("expected value"));
    assert!(info.endpoints().is_empty());
    let batches = session.read(info, CallOptions::new()).await.unwrap();
    assert_eq!(batches.try_collect::<Vec<_>>().await.unwrap(), []);
}

async fn numbers(session: &Session, command: &'static str) -> Vec<i32> {
    let info = session
        .flight_info_for_command(command, CallOptions::new())
        .await
        .unwrap();
    let batches: Vec<_> = session
        .read(info, CallOptions::new())
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    batches
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int32Type>().values().to_vec())
        .collect()
}

#[tokio::test]
async fn endpoints_out_of_order_are_all_read() {
    let uri = uri(Script::Shuffled).await;
    let session = Session::connect(uri.as_str()).await.unwrap();
    let in_order = [1, 2, 3, 10, 20, 30, 100, 200, 300];
    assert_eq!(numbers(&session, "ordered").await, in_order);
    let mut any = numbers(&session, "").await;
    any.sort_unstable();
    assert_eq!(any, in_order);
    // In the order of the FlightInfo where the user says so.
    let session = Session::connect(format!("{uri}&fetch_order=ordered"))
        .await
        .unwrap();
    assert_eq!(numbers(&session, "").await, [1, 2, 3, 100, 200, 300, 10, 20, 30]);
}

async fn keeps_its_session(script: Script) {
    let session = Session::connect(uri(script).await).await.unwrap();
    let error = session.options().await.unwrap_err();
    assert!(error.message().contains("No existing session"), "{error}");
    session
        .set_options([("a".to_owned(), true.into())])
        .await
        .unwrap();
    let options = session.options().await.unwrap();
    assert_eq!(options.get("a"), Some(&SessionOptionValue::from(true)));
}

#[tokio::test]
async fn a_cookie_in_headers_alone_is_kept() {
    keeps_its_session(Script::CookieInHeaders).await;
}

#[tokio::test]
async fn a_cookie_in_trailers_alone_is_kept() {
    keeps_its_session(Script::CookieInTrailers).await;
}
