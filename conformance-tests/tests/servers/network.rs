//! What a network does to a connection (toxiproxy between the driver and the reference server).

use std::time::{Duration, Instant};

use jetbridge::{Error, Kind, Session};
use jetbridge_conformance::server::{Direction, Toxic};
use jetbridge_conformance::{require, server};
use jetbridge_reference_server::ReferenceServer;

/// The options that make a black hole show after two seconds.
const IMPATIENT: &str = "&keepalive_interval=1s&keepalive_timeout=1s&connect_timeout=2s";

fn is_bounded(started: Instant, error: &Error) {
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}: {error}",
        started.elapsed()
    );
    assert!(
        matches!(error.kind(), Kind::Connection | Kind::Timeout),
        "{error}"
    );
}

#[tokio::test]
async fn a_black_hole_gives_an_error_and_not_a_hang() {
    let toxiproxy = require!(server::toxiproxy().await);
    let server = ReferenceServer::builder().serve().await.unwrap();
    let proxy = toxiproxy.proxy(server.address()).await;
    let string = format!("{}{IMPATIENT}", proxy.uri());
    let session = Session::connect(string.clone()).await.unwrap();
    let sql = "SELECT value FROM generate_series(1, 50000000)";
    let mut cursor = session.query(sql).await.unwrap();
    cursor.fetch_one().await.unwrap().unwrap();
    let hole = proxy
        .add(
            Toxic::Timeout {
                after: Duration::ZERO,
            },
            Direction::Downstream,
        )
        .await;
    let started = Instant::now();
    let error = loop {
        if let Err(error) = cursor.fetch_many(100_000).await {
            break error;
        }
    };
    is_bounded(started, &error);
    let started = Instant::now();
    is_bounded(started, &session.query("SELECT 1").await.unwrap_err());
    let started = Instant::now();
    is_bounded(
        started,
        &session.update("CREATE TABLE t (a INTEGER)").await.unwrap_err(),
    );
    let started = Instant::now();
    if let Ok(fresh) = Session::connect(string).await {
        is_bounded(started, &fresh.query("SELECT 1").await.unwrap_err());
    }
    proxy.remove(&hole).await;
    let mut cursor = session.query("SELECT 1").await.unwrap();
    assert_eq!(
        cursor.fetch_all().await.unwrap().len(),
        1,
        "the same session works once the network is back"
    );
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let deaf = listener.local_addr().unwrap();
    for (scheme, options) in [("tcp", ""), ("tls", "&tls_verify=false")] {
        let started = Instant::now();
        let string = format!("flightsql://{deaf}?transport={scheme}&connect_timeout=500ms{options}");
        let error = match Session::connect(string).await {
            Ok(session) => session.query("SELECT 1").await.unwrap_err(),
            Err(error) => error,
        };
        is_bounded(started, &error);
        assert_eq!(error.sqlstate().as_str(), "HYT01", "{error}");
    }
}

#[tokio::test]
async fn without_any_option_a_deaf_server_is_given_up_after_ten_seconds() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let deaf = listener.local_addr().unwrap();
    // A server that does not speak HTTP/2, and one that does not speak TLS.
    let one = async |options: &str| {
        let started = Instant::now();
        let string = format!("flightsql://{deaf}?{options}");
        let error = match Session::connect(string).await {
            Ok(session) => session.query("SELECT 1").await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(error.sqlstate().as_str(), "HYT01", "{error}");
        let elapsed = started.elapsed();
        // Not before; how long after depends on the machine.
        let bounds = Duration::from_millis(9_500)..Duration::from_secs(40);
        assert!(bounds.contains(&elapsed), "{options}: {elapsed:?}");
    };
    tokio::join!(one("transport=tcp"), one("transport=tls&tls_verify=false"));
}

#[tokio::test]
async fn a_result_cut_anywhere_is_an_error() {
    let toxiproxy = require!(server::toxiproxy().await);
    let server = ReferenceServer::builder().serve().await.unwrap();
    let sql = "SELECT value FROM generate_series(1, 20000) /* rows_per_batch=500 */";
    let mut whole = 0;
    for limit in (2_000..200_000).step_by(9_000) {
        let proxy = toxiproxy.proxy(server.address()).await;
        let session = Session::connect(proxy.uri()).await.unwrap();
        session
            .query("SELECT 1")
            .await
            .unwrap()
            .fetch_all()
            .await
            .unwrap();
        proxy
            .add(Toxic::LimitData { bytes: limit }, Direction::Downstream)
            .await;
        let fetched = async { session.query(sql).await?.fetch_all().await }.await;
        match fetched {
            Ok(rows) => {
                assert_eq!(rows.len(), 20_000, "a short result after {limit} bytes");
                whole += 1;
            }
            Err(error) => assert!(
                error.to_string().contains(&proxy.address().to_string()),
                "{error}"
            ),
        }
    }
    assert!(whole > 0, "the limits were all below the size of the result");
}
