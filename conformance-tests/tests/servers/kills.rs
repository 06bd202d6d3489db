//! Servers that are killed, stopped and started again in the middle of a result.

use std::net::SocketAddr;
use std::time::Duration;

use jetbridge::{Cursor, Error, Kind, Result, Session};
use jetbridge_conformance::check::runs;
use jetbridge_conformance::require;
use jetbridge_conformance::server::{self, Process, Program};

/// 200 MiB in batches of one, from a server that sends what it encoded once.
const BATCHES: usize = 200;

/// A server as a process of its own.
async fn start(kind: &str, port: u16) -> (Process, SocketAddr) {
    let process = Program::new(format!("results-{kind}"), env!("CARGO_BIN_EXE_results"))
        .arg(kind)
        .arg(port.to_string())
        .says("listening on")
        .start()
        .await
        .unwrap_or_else(|failed| panic!("{failed}"));
    let port = process
        .printed_port("listening on 127.0.0.1:")
        .expect("it says where");
    (process, SocketAddr::from(([127, 0, 0, 1], port)))
}

fn string(address: SocketAddr) -> String {
    // A server that is stopped says nothing; little is read ahead, so that much of the result is still to come.
    format!(
        "{}&prefetch_bytes=512KiB&idle_timeout=2s&query_timeout=2s&close_timeout=1s",
        server::uri_of(address)
    )
}

/// Reads so many batches, then does something to the server, then reads on to the end: which must be an error.
async fn broken(cursor: &mut Cursor, after: usize, spoil: impl FnOnce()) -> Error {
    for _ in 0..after {
        cursor.next_batch().await.unwrap().unwrap();
    }
    spoil();
    loop {
        match cursor.next_batch().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the result passes for whole after {after} batches"),
            Err(error) => return error,
        }
    }
}

fn names_the_endpoint(error: &Error, address: SocketAddr, endpoints: usize) {
    let text = error.to_string();
    assert!(matches!(error.kind(), Kind::Connection | Kind::Timeout), "{text}");
    assert!(text.contains(&address.to_string()), "{text}");
    assert!(
        text.contains(&format!("of {endpoints}")) && text.contains("fetching endpoint"),
        "{text}"
    );
}

/// A server that comes back needs a moment: calls that were refused unread are tried again.
async fn answers_again(session: &Session, sql: &str) -> Result<usize> {
    let mut tries = 0;
    loop {
        let read = async {
            let mut cursor = session.query(sql).await?;
            let mut rows = 0;
            while let Some(batch) = cursor.next_batch().await? {
                rows += batch.num_rows();
            }
            Ok::<_, Error>(rows)
        };
        match read.await {
            Err(error) if tries < 50 => {
                assert!(
                    matches!(error.kind(), Kind::Connection | Kind::Timeout),
                    "{error}"
                );
                tries += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            outcome => return outcome,
        }
    }
}

#[tokio::test]
async fn a_server_killed_at_twenty_points_of_a_result_is_an_error_each_time() {
    for (point, endpoints) in (0..20).zip([1, 4].into_iter().cycle()) {
        let (process, address) = start("encoded", 0).await;
        let session = Session::connect(string(address)).await.unwrap();
        let mut cursor = session
            .query(format!("mib={BATCHES} endpoints={endpoints} ordered"))
            .await
            .unwrap();
        let error = broken(&mut cursor, BATCHES / 20 * point, || {
            process.kill().unwrap();
        })
        .await;
        names_the_endpoint(&error, address, endpoints);
        assert!(session.is_broken(), "{error}");
        let (_process, address) = start("encoded", address.port()).await;
        let rows = answers_again(&session, "mib=2")
            .await
            .unwrap_or_else(|error| panic!("{address}: {error}"));
        assert_eq!(rows, 2 << 17);
    }
}

#[tokio::test]
async fn a_server_stopped_at_twenty_points_of_a_result_is_an_error_each_time() {
    let (process, address) = start("encoded", 0).await;
    let session = Session::connect(string(address)).await.unwrap();
    for (point, endpoints) in (0..20).zip([1, 4].into_iter().cycle()).step_by(runs(3, 1)) {
        let mut cursor = session
            .query(format!("mib={BATCHES} endpoints={endpoints} ordered"))
            .await
            .unwrap();
        let error = broken(&mut cursor, BATCHES / 20 * point, || process.suspend().unwrap()).await;
        names_the_endpoint(&error, address, endpoints);
        process.resume().unwrap();
        assert_eq!(answers_again(&session, "mib=2").await.unwrap(), 2 << 17);
    }
}

#[tokio::test]
async fn the_reference_server_stopped_and_killed_at_twenty_points_of_a_result_is_an_error_each_time() {
    // 200 MB: 20,000 rows of 10 kB, in 400 batches.
    let sql =
        "SELECT value, printf('%.*c', 10000, 'x') FROM generate_series(1, 20000) /* rows_per_batch=50 */";
    for point in (0..20).step_by(runs(5, 1)) {
        let (process, address) = start("reference", 0).await;
        let session = Session::connect(string(address)).await.unwrap();
        let mut cursor = session.query(sql).await.unwrap();
        let error = broken(&mut cursor, 20 * point, || process.suspend().unwrap()).await;
        names_the_endpoint(&error, address, 1);
        process.resume().unwrap();
        assert_eq!(answers_again(&session, "SELECT 1").await.unwrap(), 1);
        let mut cursor = session.query(sql).await.unwrap();
        let error = broken(&mut cursor, 20 * point, || {
            process.kill().unwrap();
        })
        .await;
        names_the_endpoint(&error, address, 1);
        let (_process, _) = start("reference", address.port()).await;
        assert_eq!(answers_again(&session, "SELECT 1").await.unwrap(), 1);
    }
}

#[tokio::test]
async fn sail_stopped_and_killed_at_twenty_points_of_a_result_is_an_error_each_time() {
    // 200 MB, in batches of 8192 rows of eight bytes.
    for point in (0..20).step_by(runs(10, 1)) {
        let sail = require!(server::sail().await);
        let session = Session::connect(format!("{}&idle_timeout=3s&prefetch_bytes=512KiB", sail.uri()))
            .await
            .unwrap();
        let sql = "SELECT id FROM range(25000000)";
        for stopped in [true, false] {
            let mut cursor = session.query(sql).await.unwrap();
            let error = broken(&mut cursor, 150 * point, || {
                if stopped {
                    sail.process().suspend().unwrap();
                } else {
                    sail.process().kill().unwrap();
                }
            })
            .await;
            names_the_endpoint(&error, sail.address(), 1);
            if stopped {
                sail.process().resume().unwrap();
                assert_eq!(answers_again(&session, "SELECT 1").await.unwrap(), 1);
            }
        }
    }
}

#[tokio::test]
async fn a_sleeping_reader_of_a_large_result_holds_no_more_than_prefetch_bytes() {
    let mib = 512 * runs(1, 8);
    for servers in [0, 16] {
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_results"))
            .arg("memory")
            .args([
                format!("mib={mib}"),
                "endpoints=16".into(),
                format!("servers={servers}"),
            ])
            .args(["prefetch=64MiB", "parallelism=4", "sleep=3s"])
            .output()
            .await
            .unwrap();
        // It fails by itself above 64 + 100 MiB, and where the rows are not all there.
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
