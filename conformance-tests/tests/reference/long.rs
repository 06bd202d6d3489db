//! Long queries: progress, cancelling, expiry.

use std::time::{Duration, Instant};

use jetbridge::{CallOptions, CancelStatus, Kind, Session};
use jetbridge_reference_server::{Capability, ReferenceServer};

use crate::{start, start_plain};

#[tokio::test]
async fn progress_is_reported_until_the_result_is_there() {
    let (server, session) = start_plain().await;
    let mut seen = Vec::new();
    let statement = session.statement("SELECT value FROM generate_series(1, 100) /* slow=400ms */");
    let mut cursor = statement
        .query_with_progress(|state| seen.extend(state.progress))
        .await
        .unwrap();
    assert_eq!(cursor.fetch_all().await.unwrap().len(), 100);
    assert!(seen.len() >= 2 && seen.is_sorted(), "{seen:?}");
    assert!(server.counters().poll_flight_info >= 2);
}

#[tokio::test]
async fn cancelling_from_another_task_reaches_the_server() {
    let (server, session) = start_plain().await;
    let statement =
        session.statement("SELECT value FROM generate_series(1, 100) /* slow=60s rows_per_batch=1 */");
    let handle = statement.cancel_handle();
    let mut cursor = statement.query().await.unwrap();
    let started = Instant::now();
    let (cancelled, fetched) = tokio::join!(handle.cancel(), cursor.fetch_all());
    assert_eq!(fetched.unwrap_err().kind(), Kind::Cancelled);
    assert!(matches!(
        cancelled.unwrap(),
        CancelStatus::Cancelled | CancelStatus::NotCancellable
    ));
    assert!(started.elapsed() < Duration::from_secs(30));
    drop(cursor);
    session.close().await.unwrap();
    assert_eq!(server.counters().open_streams, 0);
}

#[tokio::test]
async fn a_cursor_dropped_before_its_end_is_cancelled_on_the_server() {
    let (server, session) = start_plain().await;
    let sql = "SELECT value FROM generate_series(1, 1000000) /* endpoints=3 expire=60s */";
    let mut cursor = session.query(sql).await.unwrap();
    cursor.fetch_one().await.unwrap();
    drop(cursor);
    session.close().await.unwrap();
    let counters = server.counters();
    assert_eq!(
        (counters.action("CancelFlightInfo"), counters.open_tickets),
        (1, 0)
    );
}

#[tokio::test]
async fn an_endpoint_that_expires_is_renewed() {
    let (server, session) = start_plain().await;
    let sql = "SELECT value FROM generate_series(1, 10) /* expire=4s */";
    let info = session.flight_info(sql, CallOptions::new()).await.unwrap();
    let endpoint = &info.endpoints()[0];
    let renewed = session.renew(endpoint).await.unwrap();
    assert!(renewed.expiration_time() >= endpoint.expiration_time());
    let mut cursor = session.query(sql).await.unwrap();
    assert_eq!(cursor.fetch_all().await.unwrap().len(), 10);
    assert_eq!(server.counters().action("RenewFlightEndpoint"), 2);
}

#[tokio::test]
async fn endpoints_that_wait_for_a_slow_reader_are_renewed_in_time() {
    let (server, session) = start_plain().await;
    let config = session.config().clone().endpoint_parallelism(1).prefetch_bytes(1);
    let session = Session::connect(config).await.unwrap();
    let sql =
        "SELECT value FROM generate_series(1, 3000) /* endpoints=3 expire=4s ordered rows_per_batch=10 */";
    let mut cursor = session.query(sql).await.unwrap();
    cursor.fetch_one().await.unwrap().unwrap();
    // Longer than the tickets live: what waits is read by tickets that were renewed, or not at all.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(cursor.fetch_all().await.unwrap().len(), 2999);
    assert!(server.counters().action("RenewFlightEndpoint") >= 4);
}

#[tokio::test]
async fn the_newer_action_cancels_first_and_the_older_where_it_is_lacking() {
    let (server, session) = start_plain().await;
    let info = session
        .flight_info(
            "SELECT value FROM generate_series(1, 100) /* expire=60s */",
            CallOptions::new(),
        )
        .await
        .unwrap();
    assert_eq!(session.cancel(&info).await.unwrap(), CancelStatus::Cancelled);
    let counters = server.counters();
    assert_eq!(
        (
            counters.action("CancelFlightInfo"),
            counters.action("CancelQuery")
        ),
        (1, 0)
    );
    let (server, session) = start(ReferenceServer::builder().without(Capability::Cancel)).await;
    let info = session.flight_info("SELECT 1", CallOptions::new()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(
            session.cancel(&info).await.unwrap_err().kind(),
            Kind::NotSupported
        );
    }
    let counters = server.counters();
    assert_eq!(
        (
            counters.action("CancelFlightInfo"),
            counters.action("CancelQuery")
        ),
        (1, 1)
    );
    // The reset of the stream is all that is left, and it ends the query here and there.
    let statement =
        session.statement("SELECT value FROM generate_series(1, 100) /* slow=60s rows_per_batch=1 */");
    let handle = statement.cancel_handle();
    let mut cursor = statement.query().await.unwrap();
    let (cancelled, fetched) = tokio::join!(handle.cancel(), cursor.fetch_all());
    assert_eq!(cancelled.unwrap(), CancelStatus::Unspecified);
    assert_eq!(fetched.unwrap_err().kind(), Kind::Cancelled);
}
