//! Endpoints whose rows lie behind a URL: Arrow IPC over HTTP, without a word about the session.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::ipc::writer::{FileWriter, StreamWriter};
use jetbridge::{Kind, Session};
use jetbridge_reference_server::{ReferenceServer, Running};
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

fn stream_format() -> Vec<u8> {
    let batches = batches();
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
    for body in [stream_format(), file_format()] {
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
    let body = stream_format();
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
