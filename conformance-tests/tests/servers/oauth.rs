//! Tokens of an OAuth server that is not ours, in front of the reference server.

use futures::future::join_all;
use jetbridge::{Kind, Session};
use jetbridge_conformance::require;
use jetbridge_conformance::server::{OAUTH_CLIENT, Running, oauth};
use jetbridge_reference_server::ReferenceServer;

async fn one(session: &Session) -> jetbridge::Result<i64> {
    let mut cursor = session.query("SELECT 1 AS one").await?;
    cursor.fetch_one().await?.expect("one row").get("one")
}

/// Connects to a server that takes the first token, with a flow.
async fn by(oauth: &Running, flow: &str) -> jetbridge::Result<i64> {
    let server = ReferenceServer::builder().token("t1").serve().await.unwrap();
    let string = format!(
        "flightsql://{}?transport=tcp&oauth_token_uri=http://{}/token&{OAUTH_CLIENT}&{flow}",
        server.address(),
        oauth.address()
    );
    one(&Session::connect(string).await?).await
}

#[tokio::test]
async fn every_flow_gives_a_token_that_a_server_takes() {
    for flow in [
        "oauth_flow=client_credentials&oauth_scope=read%20write",
        "oauth_flow=token_exchange&oauth_subject_token=subject&oauth_scope=read",
        "oauth_flow=refresh_token&oauth_refresh_token=r0",
    ] {
        let oauth = require!(oauth().await);
        assert_eq!(by(&oauth, flow).await.unwrap(), 1, "{flow}");
    }
    let oauth = require!(oauth().await);
    let device = format!(
        "oauth_flow=device_code&oauth_device_uri=http://{}/device",
        oauth.address()
    );
    assert_eq!(by(&oauth, &device).await.unwrap(), 1);
}

#[tokio::test]
async fn what_the_endpoint_refuses_it_says_why() {
    let oauth = require!(oauth().await);
    for (flow, reason) in [
        ("oauth_flow=client_credentials&oauth_scope=admin", "invalid_scope"),
        (
            "oauth_flow=token_exchange&oauth_subject_token=stranger",
            "invalid_grant",
        ),
        (
            "oauth_flow=refresh_token&oauth_refresh_token=used",
            "invalid_grant",
        ),
    ] {
        let error = by(&oauth, flow).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Authentication, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_token_that_expires_amid_eight_queries_costs_one_request() {
    let oauth = require!(oauth().await);
    let server = ReferenceServer::builder().token("t1").serve().await.unwrap();
    let string = format!(
        "flightsql://{}?transport=tcp&oauth_flow=client_credentials&oauth_token_uri=http://{}/token&{OAUTH_CLIENT}",
        server.address(),
        oauth.address()
    );
    let session = Session::connect(string).await.unwrap();
    one(&session).await.unwrap();
    // A second request would give t3, and the server would take none of the eight queries.
    server.replace_token("t2");
    let rows = join_all((0..8).map(|_| one(&session))).await;
    assert!(rows.iter().all(|row| matches!(row, Ok(1))), "{rows:?}");
}
