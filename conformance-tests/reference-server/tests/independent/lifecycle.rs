use std::time::{Duration, Instant};

use futures::TryStreamExt;
use jetbridge_reference_server::ReferenceServer;

use crate::client::{Client, number, start, start_with, update};

const ENDLESS: &str = "SELECT value FROM generate_series(1, 1000000000)";

async fn open_stream(client: &mut Client) -> arrow_flight::decode::FlightRecordBatchStream {
    let info = client.execute(ENDLESS.into(), None).await.unwrap();
    let mut stream = client
        .do_get(info.endpoint[0].ticket.clone().unwrap())
        .await
        .unwrap();
    stream.try_next().await.unwrap().unwrap();
    stream
}

#[tokio::test]
async fn shutting_down_does_not_wait_for_open_streams() {
    let (server, mut client) = start().await;
    let mut stream = open_stream(&mut client).await;
    let began = Instant::now();
    server.shutdown().await.ok();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let rest = async { while let Ok(Some(_)) = stream.try_next().await {} };
    tokio::time::timeout(Duration::from_secs(30), rest)
        .await
        .expect("the stream ends with the server");
}

#[tokio::test]
async fn dropping_the_server_closes_its_connections() {
    let (server, mut client) = start().await;
    assert_eq!(number(&mut client, "SELECT 1").await, 1);
    let address = server.address();
    drop(server);
    let refused = async {
        while client.execute("SELECT 1".into(), None).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), refused)
        .await
        .expect("an open connection outlives its server");
    let gone = async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone)
        .await
        .expect("the port is still open");
}

#[tokio::test]
async fn a_database_file_outlives_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept.sqlite");
    let (server, mut client) = start_with(ReferenceServer::builder().database(&file)).await;
    update(&mut client, "CREATE TABLE t AS SELECT 42 AS a").await;
    server.shutdown().await.ok();
    let (_server, mut client) = start_with(ReferenceServer::builder().database(&file)).await;
    assert_eq!(number(&mut client, "SELECT a FROM t").await, 42);
}

#[tokio::test]
async fn more_results_wait_than_there_are_connections() {
    let (_server, mut client) = start().await;
    let mut infos = Vec::new();
    for n in 0..200 {
        infos.push(client.execute(format!("SELECT {n} AS n"), None).await.unwrap());
    }
    for (n, info) in infos.into_iter().enumerate() {
        let batches = crate::client::read(&mut client, info).await.unwrap();
        assert_eq!(crate::client::integers(&batches), [i64::try_from(n).unwrap()]);
    }
}
