//! Endpoints whose rows lie behind a URL: Arrow IPC over HTTP, without a word about the session.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::ipc::writer::{FileWriter, StreamWriter};
use axum::Router;
use axum::body::Body;
use axum::response::Redirect;
use axum::routing::get;
use jetbridge::{Kind, Session};
use jetbridge_reference_server::{ReferenceServer, Running};
use parquet::arrow::ArrowWriter;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const TOKEN: &str = "canary-token-77aa";

/// Gives one answer to whoever asks, and keeps what it was asked.
async fn store(answer: Vec<u8>) -> (SocketAddr, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::<Mutex<String>>::default();
    let keep = Arc::clone(&asked);
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (keep, answer) = (Arc::clone(&keep), Arc::clone(&answer));
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { return };
                    request.push(byte);
                }
                keep.lock().unwrap().push_str(&String::from_utf8_lossy(&request));
                // The client may have read enough already.
                let _gone = stream.write_all(&answer).await;
                let _gone = stream.shutdown().await;
            });
        }
    });
    (address, asked)
}

fn ok(body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend(body);
    answer
}

fn batches() -> Vec<RecordBatch> {
    (0..4)
        .map(|part| {
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(part * 1000..(part + 1) * 1000));
            let texts: ArrayRef = Arc::new(StringArray::from_iter_values(
                (0..1000).map(|n| format!("text {n}")),
            ));
            RecordBatch::try_from_iter([("n", numbers), ("t", texts)]).unwrap()
        })
        .collect()
}

pub(super) fn stream(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.into_inner().unwrap()
}

fn file_format() -> Vec<u8> {
    let batches = batches();
    let mut writer = FileWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.into_inner().unwrap()
}

fn parquet(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), batches[0].schema(), None).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.into_inner().unwrap()
}

/// A web server, until the test ends.
pub(super) async fn web(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn session(server: &Running, options: &str) -> Session {
    let address = server.address();
    Session::connect(format!(
        "flightsql://ada:secret-pw@{address}?transport=tcp&header.x-key={TOKEN}{options}"
    ))
    .await
    .unwrap()
}

async fn server() -> Running {
    ReferenceServer::builder()
        .users([("ada", "secret-pw")])
        .serve()
        .await
        .unwrap()
}

#[tokio::test]
async fn arrow_streams_and_files_behind_a_url_are_read_and_told_nothing_of_the_session() {
    let server = server().await;
    let session = session(&server, "").await;
    for body in [stream(&batches()), file_format()] {
        let (address, asked) = store(ok(&body)).await;
        let sql = format!("SELECT 0 AS n, '' AS t /* locations=http://{address}/part.arrow?sig=abc */");
        let rows = session.query(sql).await.unwrap().fetch_all().await.unwrap();
        let values: Vec<i64> = rows.iter().map(|row| row.get("n").unwrap()).collect();
        assert_eq!(values, (0..4000).collect::<Vec<_>>());
        let asked = asked.lock().unwrap().to_lowercase();
        assert!(asked.starts_with("get /part.arrow?sig=abc http/1.1"), "{asked}");
        for word in [
            "authorization",
            "cookie",
            "x-key",
            TOKEN,
            "secret-pw",
            "bearer",
            "basic",
        ] {
            assert!(!asked.contains(word), "{word} is in {asked}");
        }
    }
    assert_eq!(server.counters().do_get, 0);
}

#[tokio::test]
async fn an_object_cut_anywhere_is_an_error_or_gives_way_to_the_session_s_own_server() {
    let server = server().await;
    let session = session(&server, "").await;
    let body = stream(&batches());
    for cut in [0, 3, 8, 100, body.len() / 2, body.len() - 9, body.len() - 1] {
        let honest = ok(&body[..cut]);
        let mut lying = ok(&body);
        lying.truncate(lying.len() - (body.len() - cut));
        let mut unannounced = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
        unannounced.extend(&body[..cut]);
        for answer in [honest, lying, unannounced] {
            let (address, _) = store(answer).await;
            let sql = format!("SELECT 0 AS n, '' AS t /* locations=http://{address}/x */");
            match async { session.query(sql).await?.fetch_all().await }.await {
                Ok(rows) => assert_eq!(rows.len(), 1, "after {cut} bytes a part passes for the whole"),
                Err(error) => {
                    assert_eq!(error.kind(), Kind::Connection, "{error}");
                    assert!(error.to_string().contains(&address.to_string()), "{error}");
                }
            }
        }
    }
}

#[tokio::test]
async fn rubbish_redirects_and_refusals_give_way_to_the_session_s_own_server() {
    let server = server().await;
    let session = session(&server, "").await;
    let claims = [&[0xff; 4][..], &0x7fff_ffff_u32.to_le_bytes(), b"x"].concat();
    for answer in [
        ok(b"<html>no such bucket</html>"),
        ok(&claims),
        ok(b"PAR1"),
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_vec(),
        b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n".to_vec(),
        b"no http at all".to_vec(),
    ] {
        let (address, _) = store(answer).await;
        let sql = format!("SELECT 0 AS n, '' AS t /* locations=http://{address}/x?sig=hidden */");
        assert_eq!(
            session.query(sql).await.unwrap().fetch_all().await.unwrap().len(),
            1
        );
        let sql = format!("SELECT 0 AS n /* die_after=0 locations=http://{address}/x?sig=hidden */");
        let error = match session.query(sql).await {
            Ok(mut cursor) => cursor.fetch_all().await.unwrap_err(),
            Err(error) => error,
        };
        assert!(error.to_string().contains(&address.to_string()), "{error}");
        assert!(!format!("{error} {error:?}").contains("hidden"), "{error}");
    }
}

#[tokio::test]
async fn parquet_behind_a_url_is_read_as_a_whole() {
    let server = server().await;
    let session = session(&server, "").await;
    let whole = parquet(&batches());
    let in_chunks = whole.clone();
    let router = Router::new().route("/whole", get(async move || whole)).route(
        "/chunks",
        get(async move || {
            let chunks: Vec<_> = in_chunks.chunks(1000).map(<[u8]>::to_vec).collect();
            Body::from_stream(futures::stream::iter(chunks.into_iter().map(std::io::Result::Ok)))
        }),
    );
    let address = web(router).await;
    for path in ["whole", "chunks"] {
        let sql = format!("SELECT 0 AS n, '' AS t /* locations=http://{address}/{path} */");
        let rows = session.query(sql).await.unwrap().fetch_all().await.unwrap();
        let values: Vec<i64> = rows.iter().map(|row| row.get("n").unwrap()).collect();
        assert_eq!(values, (0..4000).collect::<Vec<_>>(), "{path}");
        assert_eq!(rows[1999].get::<&str>("t").unwrap(), "text 999", "{path}");
    }
    assert_eq!(server.counters().do_get, 0);
}

#[tokio::test]
async fn an_object_that_is_cut_too_large_or_of_another_result_is_never_a_result() {
    let server = server().await;
    let session = session(&server, "&max_message_size=1MiB").await;
    let whole = parquet(&batches());
    let (short, gzip) = (whole[..whole.len() - 9].to_vec(), whole.clone());
    let large = parquet(&vec![batches()[0].clone(); 2000]);
    let other: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let other = RecordBatch::try_from_iter([("n", Arc::clone(&other)), ("t", other)]).unwrap();
    let (other_parquet, other_ipc) = (parquet(std::slice::from_ref(&other)), stream(&[other]));
    let router = Router::new()
        .route("/cut", get(async move || short))
        .route("/gzip", get(async move || ([("content-encoding", "gzip")], gzip)))
        .route("/large", get(async move || large))
        .route("/other", get(async move || other_parquet))
        .route("/other-ipc", get(async move || other_ipc));
    let address = web(router).await;
    for (path, words) in [
        ("cut", &["footer"][..]),
        ("gzip", &["gzip"]),
        ("large", &["the limit is 1048576"]),
        ("other", &["Int64", "Utf8"]),
        ("other-ipc", &["Int64", "Utf8"]),
    ] {
        // It gives way to the session's own server, whose row is the result.
        let sql = format!("SELECT 0 AS n, '' AS t /* locations=http://{address}/{path} */");
        let rows = session.query(sql).await.unwrap().fetch_all().await.unwrap();
        assert_eq!(rows.len(), 1, "{path}");
        // Where that has nothing either, the words are about both.
        let sql = format!("SELECT 0 AS n, '' AS t /* die_after=0 locations=http://{address}/{path} */");
        let error = async { session.query(sql).await?.fetch_all().await }
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(&address.to_string()), "{path}: {error}");
        assert!(words.iter().all(|word| error.contains(word)), "{path}: {error}");
    }
}

#[tokio::test]
async fn an_object_is_brought_into_the_schema_of_the_result_where_no_value_is_lost() {
    let server = server().await;
    let narrow: ArrayRef = Arc::new(arrow::array::Int16Array::from(vec![1, -2]));
    let texts: ArrayRef = Arc::new(arrow::array::LargeStringArray::from(vec!["a", "b"]));
    let narrow = RecordBatch::try_from_iter([("N", narrow), ("t", texts)]).unwrap();
    let object = parquet(&[narrow]);
    let address = web(Router::new().route("/narrow", get(async move || object))).await;
    let sql = format!("SELECT 0 AS n, '' AS t /* locations=http://{address}/narrow */");
    for (check, values) in [("lenient", vec![1, -2]), ("strict", vec![0])] {
        let session = session(&server, &format!("&schema_check={check}")).await;
        let rows = session
            .query(sql.as_str())
            .await
            .unwrap()
            .fetch_all()
            .await
            .unwrap();
        let read: Vec<i64> = rows.iter().map(|row| row.get(0).unwrap()).collect();
        assert_eq!(read, values, "{check}");
    }
}

#[tokio::test]
async fn nobody_a_redirect_leads_to_is_ever_called() {
    let server = server().await;
    let session = session(&server, "&allowed_locations=*").await;
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let target = format!("http://{}/stolen", elsewhere.local_addr().unwrap());
    let router = Router::new().route("/moved", get(async move || Redirect::temporary(&target)));
    let address = web(router).await;
    let sql = format!("SELECT 7 AS n /* locations=http://{address}/moved */");
    let rows = session.query(sql).await.unwrap().fetch_all().await.unwrap();
    assert_eq!(rows[0].get::<i64>("n").unwrap(), 7);
    let called = elsewhere.accept().unwrap_err();
    assert_eq!(called.kind(), std::io::ErrorKind::WouldBlock);
}
