//! The other way round: clients that are not ours against the reference server.

use jetbridge_conformance::{require, server};
use jetbridge_reference_server::{ReferenceServer, Running};

/// Runs a script with the server's host and port as arguments; it fails by raising.
async fn run(server: &Running, script: &'static str) -> Result<String, server::NotRun> {
    let (host, port) = (
        server.address().ip().to_string(),
        server.address().port().to_string(),
    );
    let run = tokio::task::spawn_blocking(move || server::run_python("peers", script, &[&host, &port]));
    run.await.expect("the script runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn adbc_is_satisfied_by_the_reference_server() {
    let server = ReferenceServer::builder().serve().await.unwrap();
    require!(run(&server, include_str!("adbc.py")).await);
    assert_eq!(server.counters().open_statements, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn pyarrow_is_satisfied_by_the_reference_server() {
    let server = ReferenceServer::builder()
        .users([("ada", "secret")])
        .serve()
        .await
        .unwrap();
    require!(run(&server, include_str!("pyarrow_flight.py")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn flightsql_dbapi_is_satisfied_by_the_reference_server() {
    let server = ReferenceServer::builder()
        .token("s3cret")
        .require_header("database", "shop")
        .serve()
        .await
        .unwrap();
    require!(run(&server, include_str!("flightsql_dbapi.py")).await);
}
