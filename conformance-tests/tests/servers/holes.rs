//! A network that takes everything and gives nothing back, at every step: each call returns by its deadline.

use std::future::Future;
use std::time::{Duration, Instant};

use jetbridge::{Connector, Error, Kind, Session};
use jetbridge_conformance::server::{Direction, Proxy, Toxic};
use jetbridge_conformance::{require, server};
use jetbridge_reference_server::ReferenceServer;

const BLACK_HOLE: Toxic = Toxic::Timeout {
    after: Duration::ZERO,
};
const SHORT: &str = "&connect_timeout=1s&query_timeout=1s&idle_timeout=1s&update_timeout=1s&metadata_timeout=1s&close_timeout=1s";

async fn open(proxy: &Proxy) {
    proxy.add(BLACK_HOLE, Direction::Downstream).await;
}

async fn timed<T>(what: &str, bound: Duration, call: impl Future<Output = Result<T, Error>>) {
    let started = Instant::now();
    let Ok(outcome) = tokio::time::timeout(bound, call).await else {
        panic!("{what} hangs");
    };
    let Err(error) = outcome else {
        panic!("{what} succeeds through a black hole");
    };
    let kinds = [Kind::Timeout, Kind::Connection, Kind::CommitOutcomeUnknown];
    assert!(kinds.contains(&error.kind()), "{what}: {error}");
    let elapsed = started.elapsed();
    assert!(elapsed < bound, "{what} took {elapsed:?}");
}

/// All seven steps at once, each in a session and behind a proxy of its own.
async fn seven_steps(options: &str, bound: Duration) {
    let toxiproxy = require!(server::toxiproxy().await);
    let server = ReferenceServer::builder()
        .users([("ada", "x")])
        .serve()
        .await
        .unwrap();
    let mut proxies = Vec::new();
    for _ in 0..7 {
        proxies.push(toxiproxy.proxy(server.address()).await);
    }
    let string = |n: usize, more: &str| {
        format!(
            "flightsql://ada:x@{}?transport=tcp{options}{more}",
            proxies[n].address()
        )
    };
    let connect = async {
        open(&proxies[0]).await;
        let connect = async {
            Session::connect(string(0, "&handshake=never"))
                .await?
                .ping()
                .await
        };
        Box::pin(timed("connect", bound, connect)).await;
    };
    let handshake = async {
        // The connection is there, from an earlier session: the login of the next one gets no answer.
        let connector = Connector::new(string(1, "")).unwrap();
        let _first = connector.connect().await.unwrap();
        open(&proxies[1]).await;
        timed("handshake", bound, connector.connect()).await;
    };
    let flight_info = async {
        let session = Session::connect(string(2, "")).await.unwrap();
        open(&proxies[2]).await;
        timed("GetFlightInfo", bound, Box::pin(session.query("SELECT 1"))).await;
    };
    let fetch = async {
        let session = Session::connect(string(3, "&window_size=64KiB")).await.unwrap();
        let sql = "SELECT value FROM generate_series(1, 10000000)";
        let mut cursor = session.query(sql).await.unwrap();
        cursor.fetch_one().await.unwrap().unwrap();
        open(&proxies[3]).await;
        timed("DoGet", bound, async { cursor.drain().await }).await;
    };
    let update = async {
        let session = Session::connect(string(4, "")).await.unwrap();
        open(&proxies[4]).await;
        timed(
            "DoPut",
            bound,
            Box::pin(session.update("CREATE TABLE t (a INTEGER)")),
        )
        .await;
    };
    let commit = async {
        let mut session = Session::connect(string(5, "")).await.unwrap();
        let transaction = session.begin().await.unwrap();
        open(&proxies[5]).await;
        timed("commit", bound, transaction.commit()).await;
    };
    let close = async {
        let mut session = Session::connect(string(6, "")).await.unwrap();
        // A transaction is open, and left open.
        std::mem::forget(session.begin().await.unwrap());
        open(&proxies[6]).await;
        timed("close", bound, session.close()).await;
    };
    tokio::join!(connect, handshake, flight_info, fetch, update, commit, close);
}

#[tokio::test]
async fn a_deadline_of_a_second_is_kept_at_every_step() {
    Box::pin(seven_steps(SHORT, Duration::from_secs(15))).await;
}

#[tokio::test]
async fn without_any_option_every_step_returns_within_the_minute() {
    // 35 seconds on an idle machine: 20 until the keepalive asks, 10 until it gives up.
    Box::pin(seven_steps("", Duration::from_secs(55))).await;
}
