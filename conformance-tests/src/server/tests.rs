//! Every launcher once: it starts, answers a client that is not ours, and is gone afterwards.

use std::time::{Duration, Instant};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use arrow_flight::sql::client::FlightSqlServiceClient;
use futures::TryStreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::transport::Endpoint;

use super::*;
use crate::require;

/// Asks with arrow-flight's own client.
async fn query(server: &Running, sql: &str) -> Vec<RecordBatch> {
    let endpoint = Endpoint::from_shared(format!("http://{}", server.address())).unwrap();
    let mut client = FlightSqlServiceClient::new(endpoint.connect().await.unwrap());
    let info = client.execute(sql.to_owned(), None).await.unwrap();
    let mut batches = Vec::new();
    for endpoint in info.endpoint {
        let stream = client.do_get(endpoint.ticket.unwrap()).await.unwrap();
        batches.extend(stream.try_collect::<Vec<_>>().await.unwrap());
    }
    batches
}

fn rows(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

fn number(batches: &[RecordBatch]) -> i64 {
    let batch = batches.iter().find(|batch| batch.num_rows() > 0).unwrap();
    batch.column(0).as_primitive::<Int64Type>().value(0)
}

#[tokio::test]
async fn sail_answers() {
    let sail = require!(sail().await);
    assert_eq!(rows(&query(&sail, "SELECT * FROM range(100000)").await), 100_000);
    sail.process().stop().await.unwrap();
    assert!(tokio::net::TcpStream::connect(sail.address()).await.is_err());
}

#[tokio::test]
async fn a_sail_cluster_works_with_several_workers() {
    let sail = require!(sail_cluster().await);
    let counted = query(
        &sail,
        "SELECT count(*) FROM range(0, 1000000, 1, 12) GROUP BY id % 2",
    )
    .await;
    assert_eq!(rows(&counted), 2);
    let log = sail.process().log();
    let available = log
        .lines()
        .filter(|line| line.contains("is available at"))
        .count();
    assert_eq!(available, CLUSTER_WORKERS, "{log}");
}

#[tokio::test]
async fn roapi_serves_the_sample() {
    let parquet = require!(sample_parquet(10_000));
    let roapi = require!(roapi("sample", &parquet).await);
    assert_eq!(
        number(&query(&roapi, "SELECT count(*) FROM sample WHERE text IS NULL").await),
        1429
    );
}

#[tokio::test]
async fn go_sqlite_has_its_two_tables() {
    let sqlite = require!(go_sqlite().await);
    assert_eq!(rows(&query(&sqlite, "SELECT * FROM intTable").await), 4);
    assert_eq!(rows(&query(&sqlite, "SELECT * FROM foreignTable").await), 3);
}

#[tokio::test]
async fn every_scenario_has_its_server() {
    for scenario in SCENARIOS {
        let server = require!(go_integration(scenario).await);
        assert!(server.process().listens(server.address().port()), "{scenario}");
    }
}

#[tokio::test]
async fn a_shared_server_is_started_once() {
    static SHARED: Shared = Shared::new();
    let first = require!(SHARED.get(go_sqlite).await);
    let second = require!(SHARED.get(go_sqlite).await);
    assert_eq!(first.address(), second.address());
    assert_eq!(
        first.uri(),
        format!("flightsql://{}?transport=tcp", first.address())
    );
}

#[tokio::test]
async fn the_sample_is_read_by_pyarrow() {
    let csv = require!(sample_csv(1000));
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 1000);
    assert_eq!(lines[0], r"0,-50000,-125.0,\N,1704067200000000,true");
    assert_eq!(lines[1], r"1,-42081,-124.875,row 1,1704067201000003,\N");
    assert_eq!(lines[4], "4,-18324,-124.5,row 4 é 日本,1704067204000012,false");
    assert_eq!(lines[5], r"5,-10405,\N,row 5,1704067205000015,false");
    assert_eq!(lines[8], "8,13352,-124.0,,1704067208000024,false");
}

/// The words for a taken port differ from server to server; the launchers must know them to try another.
#[tokio::test]
async fn every_server_with_a_given_port_says_when_it_is_taken() {
    let sail = require!(tools::python_program("sail"));
    let roapi = require!(tools::python_program("roapi"));
    let toxiproxy = require!(tools::TOXIPROXY.path());
    let table = format!("sample={}", require!(sample_parquet(1000)).display());
    let stranger = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = stranger.local_addr().unwrap();
    let port = taken.port().to_string();
    let free = "127.0.0.1:0";
    let programs = [
        Program::new("sail", sail).args(["flight", "server", "--port", &port]),
        Program::new("roapi", roapi)
            .args(["--addr-flight-sql", &taken.to_string()])
            .args(["--addr-http", free, "--addr-postgres", free, "--table", &table]),
        Program::new("toxiproxy", toxiproxy).args(["-host", "127.0.0.1", "-port", &port]),
    ];
    for program in programs {
        let failed = program.listens_on(taken.port()).start().await.unwrap_err();
        assert!(failed.port_was_taken(), "{failed}");
    }
}

/// A server that sends back what it gets, for one connection after the other.
async fn echo() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
        }
    });
    address
}

/// Sends four bytes and gives what comes back before the connection ends or has brought four.
async fn ping(address: std::net::SocketAddr) -> std::io::Result<Vec<u8>> {
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    stream.write_all(b"ping").await?;
    let mut answer = Vec::new();
    stream.take(4).read_to_end(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn toxiproxy_spoils_and_mends_a_connection() {
    let toxiproxy = require!(toxiproxy().await);
    let proxy = toxiproxy.proxy(echo().await).await;
    assert_eq!(ping(proxy.address()).await.unwrap(), b"ping");

    let latency = Toxic::Latency {
        latency: Duration::from_millis(200),
        jitter: Duration::ZERO,
    };
    let toxic = proxy.add(latency, Direction::Downstream).await;
    let started = Instant::now();
    assert_eq!(ping(proxy.address()).await.unwrap(), b"ping");
    assert!(started.elapsed() >= Duration::from_millis(200));
    proxy.remove(&toxic).await;

    let toxic = proxy
        .add(Toxic::LimitData { bytes: 3 }, Direction::Downstream)
        .await;
    assert_eq!(ping(proxy.address()).await.unwrap(), b"pin");
    proxy.remove(&toxic).await;

    proxy.disable().await;
    assert!(ping(proxy.address()).await.is_err());
    proxy.enable().await;
    assert_eq!(ping(proxy.address()).await.unwrap(), b"ping");
}

#[tokio::test]
async fn toxiproxy_takes_every_toxic() {
    let toxiproxy = require!(toxiproxy().await);
    let proxy = toxiproxy.proxy(echo().await).await;
    let after = Duration::from_millis(1);
    let toxics = [
        Toxic::Latency {
            latency: after,
            jitter: after,
        },
        Toxic::Bandwidth { kilobytes: 64 },
        Toxic::SlowClose { delay: after },
        Toxic::Timeout { after },
        Toxic::ResetPeer { after },
        Toxic::Slicer {
            average: 8,
            variation: 4,
            delay: after,
        },
        Toxic::LimitData { bytes: 100 },
    ];
    for toxic in toxics {
        for direction in [Direction::Upstream, Direction::Downstream] {
            let name = proxy.add(toxic, direction).await;
            proxy.remove(&name).await;
        }
    }
    assert_eq!(ping(proxy.address()).await.unwrap(), b"ping");
}
