//! Every deadline, of a session and of one statement: its error says which it was.

use std::time::{Duration, Instant};

use jetbridge::{CallOptions, Error, Kind, Session};
use tokio::net::TcpListener;

use crate::{start_plain, string};

const BRIEF: Duration = Duration::from_millis(300);
/// Generous: the machine may be busy. Every wait below would be a minute without its deadline.
const BOUND: Duration = Duration::from_secs(20);

fn expired(started: Instant, error: &Error, option: &str) {
    assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
    assert_eq!(error.kind(), Kind::Timeout, "{error}");
    assert!(
        error.to_string().contains(option),
        "{option:?} is not in: {error}"
    );
    assert!(error.to_string().contains("300ms"), "{error}");
}

#[tokio::test]
async fn a_statement_has_deadlines_of_its_own() {
    let (_server, session) = start_plain().await;
    let run = async |sql: &str, options: CallOptions| -> Error {
        let statement = session.statement(sql).options(options);
        match statement.query().await {
            Ok(mut cursor) => cursor.fetch_all().await.unwrap_err(),
            Err(error) => error,
        }
    };
    let new = CallOptions::new;
    let started = Instant::now();
    expired(
        started,
        &run("SELECT 1 /* delay=60s */", new().query_timeout(BRIEF)).await,
        "query_timeout",
    );
    let started = Instant::now();
    expired(
        started,
        &run("SELECT 1 /* slow=60s */", new().idle_timeout(BRIEF)).await,
        "idle_timeout",
    );
    let started = Instant::now();
    expired(
        started,
        &run("SELECT 1 /* delay=60s */", new().total_timeout(BRIEF)).await,
        "total_timeout",
    );
    let started = Instant::now();
    expired(
        started,
        &run("SELECT 1 /* slow=60s */", new().total_timeout(BRIEF)).await,
        "total_timeout",
    );
    let started = Instant::now();
    expired(
        started,
        &run("SELECT 1 /* delay=60s */", new().timeout(BRIEF)).await,
        "query_timeout",
    );
    assert!(!session.is_broken());
    assert_eq!(
        session
            .query("SELECT 1")
            .await
            .unwrap()
            .fetch_all()
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn the_session_sets_them_for_all_its_statements() {
    let (server, _session) = start_plain().await;
    for (option, sql) in [
        ("query_timeout", "SELECT 1 /* delay=60s */"),
        ("idle_timeout", "SELECT 1 /* slow=60s */"),
        ("total_timeout", "SELECT 1 /* slow=60s */"),
        ("total_timeout", "SELECT 1 /* delay=60s */"),
    ] {
        let session = Session::connect(format!("{}&{option}=300ms", string(&server)))
            .await
            .unwrap();
        let started = Instant::now();
        let error = match session.query(sql).await {
            Ok(mut cursor) => cursor.fetch_all().await.unwrap_err(),
            Err(error) => error,
        };
        expired(started, &error, option);
    }
}

#[tokio::test]
async fn the_whole_of_a_result_counts_for_total_timeout() {
    let (_server, session) = start_plain().await;
    let sql = "SELECT value FROM generate_series(1, 100000000) /* rows_per_batch=10 */";
    let statement = session
        .statement(sql)
        .options(CallOptions::new().total_timeout(BRIEF));
    let started = Instant::now();
    let error = match statement.query().await {
        Err(error) => error,
        Ok(mut cursor) => loop {
            // Each batch comes at once: no other deadline can pass.
            if let Err(error) = cursor.fetch_many(1000).await {
                break error;
            }
        },
    };
    expired(started, &error, "total_timeout");
}

#[tokio::test]
async fn a_reader_who_takes_its_time_is_no_silent_server() {
    let (_server, session) = start_plain().await;
    let idle = Duration::from_secs(3);
    let sql = "SELECT value FROM generate_series(1, 100) /* rows_per_batch=10 */";
    let statement = session
        .statement(sql)
        .options(CallOptions::new().idle_timeout(idle));
    let mut cursor = statement.query().await.unwrap();
    assert_eq!(cursor.fetch_many(50).await.unwrap().len(), 50);
    tokio::time::sleep(idle + Duration::from_secs(1)).await;
    assert_eq!(cursor.fetch_all().await.unwrap().len(), 50);
}

#[tokio::test]
async fn a_session_that_cannot_be_closed_is_given_up_after_close_timeout() {
    // A server in between that stops passing anything on.
    let (server, _session) = start_plain().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let front = listener.local_addr().unwrap();
    let upstream = server.address();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        while let Ok((mut here, _)) = listener.accept().await {
            let mut stopped = stopped.clone();
            tokio::spawn(async move {
                let mut there = tokio::net::TcpStream::connect(upstream).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut here, &mut there) => {}
                    () = async { stopped.wait_for(|stopped| *stopped).await.map(drop).unwrap() } => std::future::pending().await,
                }
            });
        }
    });
    let string = format!("flightsql://{front}?transport=tcp&close_timeout=300ms&autocommit=false");
    let session = Session::connect(string).await.unwrap();
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    stop.send(true).unwrap();
    let started = Instant::now();
    let error = session.close().await.unwrap_err();
    expired(started, &error, "close_timeout");
}

#[tokio::test]
async fn a_server_that_trickles_is_not_silent() {
    let (_server, session) = start_plain().await;
    // Sixteen batches, one every half second: longer in all than the deadline between two of them.
    let sql = "SELECT value FROM generate_series(1, 16) /* slow=8s rows_per_batch=1 */";
    let statement = session
        .statement(sql)
        .options(CallOptions::new().idle_timeout(Duration::from_secs(6)));
    let rows = statement.query().await.unwrap().fetch_all().await.unwrap();
    assert_eq!(rows.len(), 16);
}
