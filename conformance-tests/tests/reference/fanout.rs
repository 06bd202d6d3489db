//! Several endpoints at once: order, windows that nobody starves by, one that fails ends all.

use std::time::Duration;

use jetbridge::{Connector, Cursor, Session};
use jetbridge_reference_server::{ReferenceServer, Running};

use crate::{start_plain, string};

/// Far longer than anything here takes on a busy machine, far shorter than `idle_timeout`.
const PATIENCE: Duration = Duration::from_secs(60);

async fn values(cursor: &mut Cursor) -> Vec<i64> {
    let rows = cursor.fetch_all().await.expect("the result is whole");
    rows.iter().map(|row| row.get(0).expect("a number")).collect()
}

/// Waits until the server has no stream open.
async fn closed(server: &Running) {
    let all_closed = async {
        while server.counters().open_streams > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all_closed)
        .await
        .expect("a stream stays open on the server");
}

#[tokio::test]
async fn ordered_endpoints_do_not_starve_the_first_of_them() {
    let (server, _session) = start_plain().await;
    // Eight bytes a row: every endpoint holds several windows, and those read ahead fill theirs while the first is read.
    let options = "&prefetch_bytes=256KiB&window_size=64KiB&endpoint_parallelism=4";
    let session = Session::connect(format!("{}{options}", string(&server)))
        .await
        .unwrap();
    let sql = "SELECT value FROM generate_series(1, 400000) ORDER BY 1 /* endpoints=8 ordered rows_per_batch=1000 */";
    let mut cursor = session.query(sql).await.unwrap();
    let values = tokio::time::timeout(PATIENCE, values(&mut cursor))
        .await
        .expect("the first endpoint starves");
    assert_eq!(values, (1..=400_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_reader_who_sleeps_does_not_stop_the_others_on_its_connection() {
    let (server, _session) = start_plain().await;
    let connector = Connector::new(format!("{}&window_size=64KiB", string(&server))).unwrap();
    let (sleeper, other) = (
        connector.connect().await.unwrap(),
        connector.connect().await.unwrap(),
    );
    let mut unread = sleeper
        .query("SELECT value FROM generate_series(1, 1000000)")
        .await
        .unwrap();
    unread.fetch_one().await.unwrap();
    let read = async {
        for _ in 0..20 {
            let mut cursor = other
                .query("SELECT value FROM generate_series(1, 20000)")
                .await
                .unwrap();
            assert_eq!(values(&mut cursor).await.len(), 20_000);
        }
    };
    tokio::time::timeout(PATIENCE, read)
        .await
        .expect("the sleeper holds the window of the whole connection");
    assert_eq!(values(&mut unread).await.len(), 999_999);
}

#[tokio::test]
async fn order_is_kept_where_it_counts_and_no_row_is_lost_where_not() {
    let (_server, session) = start_plain().await;
    let ordered = Session::connect(
        session
            .config()
            .clone()
            .fetch_order(jetbridge::FetchOrder::Ordered),
    )
    .await
    .unwrap();
    for seed in 0..25 {
        // Sizes that differ with the seed have endpoints end in another order each time.
        let (rows, size) = (500 + 37 * seed, 1 + seed * 7 % 60);
        let sql =
            format!("SELECT value FROM generate_series(1, {rows}) /* endpoints=8 rows_per_batch={size} */");
        let all: Vec<i64> = (1..=rows).collect();
        let mut cursor = ordered.query(&sql).await.unwrap();
        assert_eq!(values(&mut cursor).await, all, "{sql}");
        let mut cursor = session.query(&sql).await.unwrap();
        let mut unordered = values(&mut cursor).await;
        unordered.sort_unstable();
        assert_eq!(unordered, all, "{sql}");
    }
}

#[tokio::test]
async fn an_endpoint_that_fails_ends_the_result_and_its_siblings() {
    let (server, session) = start_plain().await;
    let sql = "SELECT value FROM generate_series(1, 200000) /* endpoints=8 rows_per_batch=100 die_after=3 */";
    let mut cursor = session.query(sql).await.unwrap();
    let error = cursor.fetch_all().await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("of 8") && text.contains(&server.address().to_string()),
        "{text}"
    );
    closed(&server).await;
    assert!(cursor.fetch_all().await.is_err() || cursor.fetch_all().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_error_says_how_many_rows_came_before_it() {
    let (_server, session) = start_plain().await;
    let sql = "SELECT value FROM generate_series(1, 1000) /* rows_per_batch=10 die_after=3 */";
    let mut cursor = session.query(sql).await.unwrap();
    let mut read = 0;
    let error = loop {
        match cursor.next_batch().await {
            Ok(Some(batch)) => read += batch.num_rows(),
            Err(error) => break error,
            Ok(None) => panic!("{read} rows pass for a whole result"),
        }
    };
    assert_eq!(read, 30);
    assert!(error.to_string().contains("30 rows had been read"), "{error}");
    assert!(error.to_string().contains("fetching endpoint 1 of 1"), "{error}");
}

/// Long enough that a task takes over from the caller: eight bytes a row, and a mebibyte is read by then.
const LARGE: i64 = 400_000;

#[tokio::test]
async fn a_large_result_of_one_endpoint_comes_whole_and_in_order() {
    let (_server, session) = start_plain().await;
    // The least that may wait beside the batch at hand, and as much as there is by default.
    for options in ["&prefetch_bytes=64KiB&window_size=64KiB", ""] {
        let target = format!("flightsql://{}?transport=tcp{options}", session.peer());
        let session = Session::connect(target).await.unwrap();
        let sql =
            format!("SELECT value FROM generate_series(1, {LARGE}) ORDER BY 1 /* rows_per_batch=1000 */");
        let mut cursor = session.query(sql).await.unwrap();
        let values = tokio::time::timeout(PATIENCE, values(&mut cursor))
            .await
            .expect("it comes to its end");
        assert_eq!(values, (1..=LARGE).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_large_result_that_breaks_off_gives_what_came_before_and_says_so() {
    let (_server, session) = start_plain().await;
    let sql =
        format!("SELECT value FROM generate_series(1, {LARGE}) /* rows_per_batch=1000 die_after=300 */");
    let mut cursor = session.query(sql).await.unwrap();
    let mut read = 0;
    let error = loop {
        match cursor.next_batch().await {
            Ok(Some(batch)) => read += batch.num_rows(),
            Err(error) => break error,
            Ok(None) => panic!("{read} rows pass for a whole result"),
        }
    };
    assert_eq!(read, 300_000);
    assert!(error.to_string().contains("300000 rows had been read"), "{error}");
    assert!(error.to_string().contains("fetching endpoint 1 of 1"), "{error}");
}

#[tokio::test]
async fn a_large_result_dropped_in_its_middle_leaves_no_stream_behind() {
    let (server, session) = start_plain().await;
    let sql = format!("SELECT value FROM generate_series(1, {LARGE}) /* rows_per_batch=1000 */");
    let mut cursor = session.query(sql).await.unwrap();
    for _ in 0..200 {
        assert!(cursor.next_batch().await.unwrap().is_some());
    }
    drop(cursor);
    closed(&server).await;
    let mut cursor = session.query("SELECT 1").await.unwrap();
    assert_eq!(values(&mut cursor).await, [1]);
}

#[tokio::test]
async fn a_result_dropped_anywhere_leaves_no_stream_behind() {
    let server = ReferenceServer::builder().serve().await.unwrap();
    let session = Session::connect(string(&server)).await.unwrap();
    for batches in 0..6 {
        let sql = "SELECT value FROM generate_series(1, 100000) /* endpoints=5 rows_per_batch=100 */";
        let mut cursor = session.query(sql).await.unwrap();
        for _ in 0..batches {
            cursor.fetch_many(100).await.unwrap();
        }
        drop(cursor);
        closed(&server).await;
    }
    session.close().await.unwrap();
    assert_eq!(server.counters().open_tickets, 0);
}

#[tokio::test]
async fn endpoints_that_are_slow_in_turn_are_read_whole_and_in_order() {
    let (_server, session) = start_plain().await;
    let slow = (20..=200).step_by(60).map(|milliseconds| {
        let session = &session;
        async move {
            let sql = format!(
                "SELECT value FROM generate_series(1, 400) ORDER BY 1 /* endpoints=8 ordered slow={milliseconds}ms rows_per_batch=9 */"
            );
            values(&mut session.query(sql).await.unwrap()).await
        }
    });
    for read in futures::future::join_all(slow).await {
        assert_eq!(read, (1..=400).collect::<Vec<_>>());
    }
}
