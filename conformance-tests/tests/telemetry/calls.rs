//! What a program can see of a call: spans, the record of a result, headers in and out.

use jetbridge::{CallOptions, Metadata, Session};
use jetbridge_reference_server::ReferenceServer;

use super::Log;

#[tokio::test]
async fn a_call_is_a_span_with_the_attributes_of_opentelemetry() {
    let log = Log::listen();
    let (server, session) = super::start_plain().await;
    session.query("SELECT 1").await.unwrap();
    session.query("SELECT nothing FROM nowhere").await.unwrap_err();
    let text = log.about(&server).join("\n");
    let port = server.address().port();
    for attribute in [
        "otel.kind=\"client\"".to_owned(),
        "db.system.name=\"other_sql\"".to_owned(),
        "db.operation.name=\"Execute\"".to_owned(),
        "db.operation.name=\"Fetch\"".to_owned(),
        "server.address=\"127.0.0.1\"".to_owned(),
        format!("server.port=\"{port}\""),
        "otel.status_code=\"ERROR\"".to_owned(),
        "error.type=".to_owned(),
    ] {
        assert!(text.contains(&attribute), "{attribute} in {text}");
    }
}

#[tokio::test]
async fn a_result_is_logged_when_it_ends_and_loudly_when_it_was_slow() {
    let log = Log::listen();
    let (server, session) = super::start_plain().await;
    let mut cursor = session.query("SELECT 1 UNION ALL SELECT 2").await.unwrap();
    cursor.fetch_all().await.unwrap();
    drop(session.query("SELECT 1").await.unwrap());
    let slow =
        Session::connect(super::config(&server).slow_query_threshold(std::time::Duration::from_nanos(1)));
    slow.await
        .unwrap()
        .query("SELECT 1")
        .await
        .unwrap()
        .fetch_all()
        .await
        .unwrap();
    let lines = log.about(&server);
    let record = |words: &str, more: &str| {
        lines
            .iter()
            .any(|line| line.contains(words) && line.contains(more))
    };
    assert!(
        record("result ended", "endpoints=1 batches=1 rows=2 bytes="),
        "{lines:#?}"
    );
    assert!(
        record("result ended", "outcome=\"complete\" waited="),
        "{lines:#?}"
    );
    assert!(!record("outcome=\"complete\"", " bytes=0 "), "{lines:#?}");
    assert!(record("result ended", "outcome=\"abandoned\""), "{lines:#?}");
    assert!(record("slow result", "WARN"), "{lines:#?}");
}

#[tokio::test]
async fn headers_made_for_every_call_reach_the_server_and_those_of_a_call_win() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let server = ReferenceServer::builder()
        .require_header("traceparent", parent)
        .serve()
        .await
        .unwrap();
    let config = super::config(&server);
    let error = Session::connect(&config)
        .await
        .unwrap()
        .query("SELECT 1")
        .await
        .unwrap_err();
    assert!(error.message().contains("traceparent"), "{error}");
    let traced = config
        .clone()
        .call_headers(move || [("traceparent", parent)].into_iter().collect::<Metadata>());
    Session::connect(traced)
        .await
        .unwrap()
        .query("SELECT 1")
        .await
        .unwrap();
    let wrong = config.call_headers(|| [("traceparent", "00-0-0-00")].into_iter().collect::<Metadata>());
    let session = Session::connect(wrong).await.unwrap();
    let options = CallOptions::new().header("traceparent", parent);
    session.flight_info("SELECT 1", options).await.unwrap();
}
