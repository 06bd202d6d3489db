//! The level below the cursor: FlightInfo, endpoints, tickets.

use jetbridge::{CallOptions, FlightInfo, Kind, Session};

use crate::{start_plain, string};

#[tokio::test]
async fn a_ticket_is_read_chunk_by_chunk() {
    let (_server, session) = start_plain().await;
    let options = CallOptions::new();
    let sql = "SELECT value FROM generate_series(1, 10) /* rows_per_batch=4 */";
    let info = session.flight_info(sql, options.clone()).await.unwrap();
    let endpoints = info.endpoints();
    assert_eq!((endpoints.len(), endpoints[0].locations().len()), (1, 0));
    let ticket = endpoints[0].ticket().unwrap();
    let mut reader = session.do_get(&ticket, options.clone()).await.unwrap();
    assert_eq!(reader.schema().await.unwrap().field(0).name(), "value");
    let mut rows = Vec::new();
    while let Some(chunk) = reader.read_chunk().await.unwrap() {
        rows.push(chunk.batch.unwrap().num_rows());
    }
    assert_eq!(rows, [4, 4, 2]);
    let error = session.do_get(&ticket, options).await;
    let error = match error {
        Ok(reader) => reader.read_all().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.kind(), Kind::NotFound, "{error}");
}

#[tokio::test]
async fn all_endpoints_are_read_in_their_order() {
    let (_server, session) = start_plain().await;
    for parallelism in [1, 4, 16] {
        let config = session.config().clone().endpoint_parallelism(parallelism);
        let session = Session::connect(config).await.unwrap();
        let sql = "SELECT value FROM generate_series(1, 5000) ORDER BY 1 /* endpoints=9 ordered rows_per_batch=50 */";
        let mut cursor = session.query(sql).await.unwrap();
        let rows = cursor.fetch_all().await.unwrap();
        let values: Vec<i64> = rows.iter().map(|row| row.get(0).unwrap()).collect();
        assert_eq!(
            values,
            (1..=5000).collect::<Vec<_>>(),
            "parallelism {parallelism}"
        );
    }
}

#[tokio::test]
async fn endpoints_without_order_lose_and_double_nothing() {
    let (_server, session) = start_plain().await;
    let sql = "SELECT value FROM generate_series(1, 5000) /* endpoints=7 rows_per_batch=11 */";
    let mut cursor = session.query(sql).await.unwrap();
    let rows = cursor.fetch_all().await.unwrap();
    let mut values: Vec<i64> = rows.iter().map(|row| row.get(0).unwrap()).collect();
    values.sort_unstable();
    assert_eq!(values, (1..=5000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_partition_is_read_by_another_session() {
    let (server, session) = start_plain().await;
    let sql = "SELECT value FROM generate_series(1, 100) /* endpoints=4 */";
    let info = session.flight_info(sql, CallOptions::new()).await.unwrap();
    let parts: Vec<Vec<u8>> = info.partitions().iter().map(FlightInfo::to_bytes).collect();
    let other = Session::connect(string(&server)).await.unwrap();
    let mut rows = 0;
    for part in parts {
        let info = FlightInfo::from_bytes(&part).unwrap();
        let batches = other.read(info, CallOptions::new()).await.unwrap();
        rows += jetbridge_conformance::check::rows(batches).await.unwrap();
    }
    assert_eq!(rows, 100);
}

#[tokio::test]
async fn a_location_that_may_not_be_followed_gives_way_to_the_original() {
    let (_server, session) = start_plain().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.2:0").await.unwrap();
    let elsewhere = listener.local_addr().unwrap();
    let sql = format!("SELECT 1 AS one /* locations=grpc+tcp://{elsewhere},grpc+tls://127.0.0.3:9 */");
    let mut cursor = session.query(sql).await.unwrap();
    assert_eq!(cursor.fetch_all().await.unwrap().len(), 1);
    let knocked = tokio::time::timeout(std::time::Duration::from_millis(1), listener.accept()).await;
    assert!(knocked.is_err(), "a host that nobody named was called");
}

#[tokio::test]
async fn a_dead_location_gives_way_to_the_original() {
    let (_server, session) = start_plain().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = listener.local_addr().unwrap();
    drop(listener);
    let sql = format!("SELECT 1 AS one /* locations=grpc+tcp://{dead} */");
    let mut cursor = session.query(sql).await.unwrap();
    assert_eq!(cursor.fetch_all().await.unwrap().len(), 1);
}
