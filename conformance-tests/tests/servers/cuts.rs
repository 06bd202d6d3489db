//! Connections cut, sliced and slowed down (toxiproxy): a result is whole and right, or it is an error that says where.

use std::time::Duration;

use jetbridge::{Kind, Result, Row, Session};
use jetbridge_conformance::check::runs;
use jetbridge_conformance::server::{Direction, Proxy, Toxic, Toxiproxy};
use jetbridge_conformance::{require, server};
use jetbridge_reference_server::{ReferenceServer, Running};

/// About a megabyte, in some thirty messages.
const MEGABYTE: &str = "SELECT value FROM generate_series(1, 130000) /* rows_per_batch=4096 */";
const ROWS: usize = 130_000;

async fn through(toxiproxy: &Toxiproxy, server: &Running, toxic: Toxic) -> Proxy {
    let proxy = toxiproxy.proxy(server.address()).await;
    proxy.add(toxic, Direction::Downstream).await;
    proxy
}

async fn read(uri: String, sql: &str) -> Result<Vec<Row>> {
    Session::connect(uri).await?.query(sql).await?.fetch_all().await
}

fn is_whole(rows: &[Row], count: usize) -> bool {
    let values = rows.iter().map(|row| row.get::<i64>(0).ok());
    rows.len() == count && values.eq((1..).map(Some).take(count))
}

/// How many bytes of the server's reach a client that reads it all.
async fn size(server: &Running, sql: &str) -> u64 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let front = listener.local_addr().unwrap();
    let upstream = server.address();
    let relay = tokio::spawn(async move {
        let (mut here, _) = listener.accept().await.unwrap();
        let mut there = tokio::net::TcpStream::connect(upstream).await.unwrap();
        tokio::io::copy_bidirectional(&mut here, &mut there)
            .await
            .unwrap()
            .1
    });
    let rows = read(format!("flightsql://{front}?transport=tcp"), sql)
        .await
        .unwrap();
    assert!(is_whole(&rows, ROWS));
    drop(rows);
    relay.await.unwrap()
}

#[tokio::test]
async fn a_result_cut_at_any_of_two_hundred_offsets_is_an_error_that_says_where() {
    let toxiproxy = require!(server::toxiproxy().await);
    let server = ReferenceServer::builder().serve().await.unwrap();
    let size = size(&server, MEGABYTE).await;
    let both_ends = (0..50).flat_map(|n| [64 * n, size - 64 * n]);
    let between = (1..=100).map(|n| size / 101 * n);
    let (mut whole, mut errors, mut with_rows) = (0, 0, 0);
    for bytes in both_ends.chain(between) {
        let proxy = through(&toxiproxy, &server, Toxic::LimitData { bytes }).await;
        match read(format!("{}&close_timeout=1s", proxy.uri()), MEGABYTE).await {
            Ok(rows) => {
                assert!(
                    is_whole(&rows, ROWS),
                    "{} rows pass for the result after {bytes} bytes",
                    rows.len()
                );
                whole += 1;
            }
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains(&proxy.address().to_string()), "{bytes}: {text}");
                assert!(error.operation().is_some(), "{bytes}: {text}");
                assert!(
                    matches!(error.kind(), Kind::Connection | Kind::Timeout),
                    "{bytes}: {text}"
                );
                if text.contains("rows had been read") {
                    assert!(text.contains("fetching endpoint 1 of 1"), "{bytes}: {text}");
                    with_rows += 1;
                }
                errors += 1;
            }
        }
    }
    assert_eq!(whole + errors, 200);
    assert!(
        errors > 150 && with_rows > 80,
        "{whole} whole, {errors} errors, {with_rows} of them after rows"
    );
}

#[tokio::test]
async fn a_result_in_slices_of_a_few_bytes_is_read_bit_by_bit_as_it_was_sent() {
    let toxiproxy = require!(server::toxiproxy().await);
    let server = ReferenceServer::builder().serve().await.unwrap();
    let slicer = Toxic::Slicer {
        average: 32,
        variation: 31,
        delay: Duration::ZERO,
    };
    let proxy = through(&toxiproxy, &server, slicer).await;
    let rows = 100_000 * runs(1, 100);
    let sql = format!("SELECT value FROM generate_series(1, {rows})");
    let session = Session::connect(proxy.uri()).await.unwrap();
    let mut cursor = session.query(sql).await.unwrap();
    let mut next = 1;
    loop {
        let chunk = cursor.fetch_many(10_000).await.unwrap();
        if chunk.is_empty() {
            break;
        }
        for row in chunk {
            assert_eq!(row.get::<i64>(0).unwrap(), next);
            next += 1;
        }
    }
    assert_eq!(next, i64::try_from(rows).unwrap() + 1);
}

#[tokio::test]
async fn a_slow_network_is_slow_and_nothing_else() {
    let toxiproxy = require!(server::toxiproxy().await);
    let server = ReferenceServer::builder().serve().await.unwrap();
    let late = Toxic::Latency {
        latency: Duration::from_millis(500),
        jitter: Duration::from_millis(300),
    };
    let proxy = through(&toxiproxy, &server, late).await;
    let session = Session::connect(proxy.uri()).await.unwrap();
    let queries = (0..runs(100, 1000)).map(|n| {
        let session = &session;
        async move {
            let rows = session
                .query(format!("SELECT {n} AS n"))
                .await?
                .fetch_all()
                .await?;
            rows.first().map_or(Ok(-1), |row| row.get::<i64>(0))
        }
    });
    for (n, answer) in futures::future::join_all(queries).await.into_iter().enumerate() {
        assert_eq!(answer.unwrap(), i64::try_from(n).unwrap());
    }
    let narrow = through(&toxiproxy, &server, Toxic::Bandwidth { kilobytes: 64 }).await;
    let rows = read(narrow.uri(), "SELECT value FROM generate_series(1, 20000)")
        .await
        .unwrap();
    assert!(is_whole(&rows, 20_000));
}

#[tokio::test]
async fn the_third_location_gives_the_result_when_two_are_gone_and_none_after_a_batch() {
    let toxiproxy = require!(server::toxiproxy().await);
    let server = ReferenceServer::builder().serve().await.unwrap();
    let session = Session::connect(server::uri_of(server.address())).await.unwrap();
    let proxies = [
        toxiproxy.proxy(server.address()).await,
        toxiproxy.proxy(server.address()).await,
        toxiproxy.proxy(server.address()).await,
    ];
    let locations = proxies
        .each_ref()
        .map(|proxy| format!("grpc+tcp://{}", proxy.address()))
        .join(",");
    proxies[0].disable().await;
    proxies[1].disable().await;
    let sql = format!(
        "SELECT value FROM generate_series(1, 200000) /* rows_per_batch=1000 locations={locations} */"
    );
    let rows = session.query(&sql).await.unwrap().fetch_all().await.unwrap();
    assert!(is_whole(&rows, 200_000));
    assert_eq!(server.counters().do_get, 1);
    proxies[2]
        .add(Toxic::LimitData { bytes: 60_000 }, Direction::Downstream)
        .await;
    let error = session.query(&sql).await.unwrap().fetch_all().await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&proxies[2].address().to_string()) && text.contains("rows had been read"),
        "{text}"
    );
    assert_eq!(server.counters().do_get, 2, "a result that broke was begun anew");
}

#[tokio::test]
async fn a_ticket_with_an_expiration_is_read_again_and_any_other_is_not() {
    let toxiproxy = require!(server::toxiproxy().await);
    for (hints, reads) in [("expire=60s", 2), ("", 1)] {
        let server = ReferenceServer::builder().serve().await.unwrap();
        let proxy = toxiproxy.proxy(server.address()).await;
        let session = Session::connect(proxy.uri()).await.unwrap();
        // The schema comes at once, the rows later: in between the connection is cut.
        let sql = format!("SELECT value FROM generate_series(1, 100) /* slow=3s {hints} */");
        let mut cursor = session.query(sql).await.unwrap();
        proxy.disable().await;
        proxy.enable().await;
        let outcome = cursor.fetch_all().await;
        assert_eq!(server.counters().do_get, reads, "{hints}: {outcome:?}");
        match outcome {
            Ok(rows) => assert!(reads == 2 && is_whole(&rows, 100), "{hints}"),
            Err(error) => assert!(reads == 1 && error.kind() == Kind::Connection, "{hints}: {error}"),
        }
    }
}
