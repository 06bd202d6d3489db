//! Servers that compress gRPC messages, played by a proxy that compresses every answer of the reference server where it may.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{BufMut as _, Bytes};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::StreamExt as _;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http2::SendRequest;
use hyper::header::HeaderValue;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use jetbridge::{GrpcCompression, Host, Kind, Session};
use tokio::net::{TcpListener, TcpStream};
use tonic::body::Body;

use crate::{config, start_plain};

/// The proxy, and how many messages it has compressed.
struct Compressing {
    address: SocketAddr,
    messages: Arc<AtomicUsize>,
}

impl Compressing {
    async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let messages = Arc::<AtomicUsize>::default();
        let compressed = Arc::clone(&messages);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(connection(near, server, Arc::clone(&compressed)));
            }
        });
        Self { address, messages }
    }

    fn messages(&self) -> usize {
        self.messages.load(Ordering::Relaxed)
    }
}

async fn connection(near: TcpStream, server: SocketAddr, messages: Arc<AtomicUsize>) {
    let far = TokioIo::new(TcpStream::connect(server).await.unwrap());
    let (sender, far) = hyper::client::conn::http2::handshake(TokioExecutor::new(), far)
        .await
        .unwrap();
    tokio::spawn(far);
    let answer =
        hyper::service::service_fn(move |request| pass(sender.clone(), request, Arc::clone(&messages)));
    // Either side may hang up.
    let _gone = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(near), answer)
        .await;
}

async fn pass(
    mut sender: SendRequest<Incoming>,
    request: Request<Incoming>,
    messages: Arc<AtomicUsize>,
) -> hyper::Result<Response<Body>> {
    let may = request
        .headers()
        .get("grpc-accept-encoding")
        .is_some_and(|names| names.to_str().unwrap().contains("gzip"));
    let (mut head, body) = sender.send_request(request).await?.into_parts();
    if !may {
        return Ok(Response::from_parts(head, Body::new(body)));
    }
    let whole = body.collect().await?;
    let trailers = whole.trailers().cloned().map(Frame::trailers);
    let packed = compressed(&whole.to_bytes(), &messages);
    head.headers
        .insert("grpc-encoding", HeaderValue::from_static("gzip"));
    let frames = futures::stream::iter([Frame::data(packed)])
        .chain(futures::stream::iter(trailers))
        .map(Ok::<_, hyper::Error>);
    Ok(Response::from_parts(head, Body::new(StreamBody::new(frames))))
}

/// The same messages, each of them compressed.
fn compressed(mut bytes: &[u8], messages: &AtomicUsize) -> Bytes {
    let mut all = Vec::new();
    while let Some(([0, length @ ..], rest)) = bytes.split_first_chunk::<5>() {
        let (message, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(message).unwrap();
        let packed = encoder.finish().unwrap();
        all.put_u8(1);
        all.put_u32(u32::try_from(packed.len()).unwrap());
        all.put_slice(&packed);
        messages.fetch_add(1, Ordering::Relaxed);
        bytes = rest;
    }
    assert!(bytes.is_empty(), "the reference server does not compress");
    all.into()
}

#[tokio::test]
async fn every_kind_of_answer_may_come_compressed() {
    let (server, _session) = start_plain().await;
    let proxy = Compressing::before(server.address()).await;
    let config = config(&server)
        .hosts([Host::new("127.0.0.1", proxy.address.port())])
        .grpc_compression(GrpcCompression::Gzip);
    let session = Session::connect(config).await.unwrap();
    session.update("CREATE TABLE zipped (n INTEGER)").await.unwrap();
    let insert = "INSERT INTO zipped SELECT value FROM generate_series(1, 20000)";
    assert_eq!(session.update(insert).await.unwrap(), Some(20_000));
    let mut cursor = session
        .query("SELECT n FROM zipped ORDER BY n /* rows_per_batch=5000 */")
        .await
        .unwrap();
    let mut rows = 0;
    while let Some(row) = cursor.fetch_one().await.unwrap() {
        rows += 1;
        assert_eq!(row.get::<i64>(0).unwrap(), rows);
    }
    assert_eq!(rows, 20_000);
    let statement = session.prepare("SELECT count(*) FROM zipped").await.unwrap();
    assert_eq!(
        statement
            .query(())
            .await
            .unwrap()
            .fetch_all()
            .await
            .unwrap()
            .len(),
        1
    );
    let error = session.query("SELECT nothing FROM nowhere").await.unwrap_err();
    assert!(
        matches!(error.kind(), Kind::InvalidRequest | Kind::NotFound),
        "{error}"
    );
    statement.close().await.unwrap();
    session.close().await.unwrap();
    assert!(proxy.messages() >= 10, "{}", proxy.messages());
}

#[tokio::test]
async fn nothing_comes_compressed_unless_the_option_says_so() {
    let (server, _session) = start_plain().await;
    let proxy = Compressing::before(server.address()).await;
    let session = Session::connect(config(&server).hosts([Host::new("127.0.0.1", proxy.address.port())]))
        .await
        .unwrap();
    let mut cursor = session.query("SELECT 1").await.unwrap();
    assert_eq!(cursor.fetch_all().await.unwrap().len(), 1);
    session.close().await.unwrap();
    assert_eq!(proxy.messages(), 0);
}
