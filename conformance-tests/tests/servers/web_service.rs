//! The pool's example, as a process.

use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use jetbridge_conformance::server::Program;
use jetbridge_conformance::server::start_on_own_port;
use jetbridge_reference_server::ReferenceServer;

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = hyper::Request::get(path)
        .header("host", "service")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_example_streams_rows_counts_and_ends_in_good_order() {
    let server = ReferenceServer::builder()
        .users([("ada", "c4nary")])
        .serve()
        .await
        .unwrap();
    let string = format!(
        "flightsql://ada:c4nary@{}?transport=tcp&catalog=main",
        server.address()
    );
    let program = Program::new("web_service", env!("CARGO_BIN_EXE_web_service"))
        .env("DATABASE_URL", string)
        .env("LISTEN", "127.0.0.1:0")
        .env("RUST_LOG", "trace,h2=off,hyper=off");
    let (service, port) = start_on_own_port(program, "listening on http://127.0.0.1:").await;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    assert_eq!(get(address, "/health").await, (200, "ok".to_owned()));
    let (status, all) = get(address, "/customers").await;
    let all: serde_json::Value = serde_json::from_str(&all).unwrap();
    let all = all.as_array().unwrap();
    assert!(status == 200 && all.len() > 5, "{all:?}");
    let (_, german) = get(address, "/customers?country=DE").await;
    let german: serde_json::Value = serde_json::from_str(&german).unwrap();
    let german = german.as_array().unwrap();
    assert!(!german.is_empty() && german.len() < all.len());
    assert!(
        german
            .iter()
            .all(|customer| customer["country"] == "DE" && customer["name"].is_string())
    );
    let (_, metrics) = get(address, "/metrics").await;
    for name in [
        "jetbridge_pool_acquired",
        "jetbridge_pool_connected",
        "jetbridge_pool_wait_seconds",
        "jetbridge_pool_max_size",
    ] {
        assert!(metrics.contains(name), "{name} is not in\n{metrics}");
    }
    let ended = service.stop().await.unwrap();
    let log = service.log();
    assert!(
        ended.success() && log.contains("the pool is closed"),
        "{ended} {log}"
    );
    assert!(!log.contains("c4nary") && !metrics.contains("c4nary"));
    assert_eq!(server.counters().open_sessions, 0);
}
