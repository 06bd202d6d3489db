use std::time::Duration;

use arrow_flight::sql::{ActionCancelQueryRequest, ActionCancelQueryResult};
use arrow_flight::{CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus};
use futures::TryStreamExt;
use prost::Message;
use tonic::Code;

use crate::client::{act, act_plainly, descriptor, flight, integers, read, start, status};

const FOREVER: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

#[tokio::test]
async fn a_slow_query_is_polled_until_it_is_complete() {
    let (server, mut client) = start().await;
    let mut flight = flight(&server).await;
    let sql = "SELECT value FROM generate_series(1, 9) /* slow=400ms endpoints=3 ordered */";
    let mut answer = flight
        .poll_flight_info(descriptor(sql))
        .await
        .unwrap()
        .into_inner();
    let (mut polls, mut endpoints) = (1, 0);
    while let Some(next) = answer.flight_descriptor.take() {
        let progress = answer.progress.unwrap();
        assert!((0.0..1.0).contains(&progress), "{progress}");
        assert!(answer.expiration_time.is_some());
        let shown = answer.info.as_ref().unwrap().endpoint.len();
        assert!(shown >= endpoints, "endpoints only appear");
        endpoints = shown;
        answer = flight.poll_flight_info(next).await.unwrap().into_inner();
        polls += 1;
    }
    assert!(polls > 1);
    assert_eq!(answer.progress, Some(1.0));
    assert!(answer.expiration_time.is_none());
    let values = integers(&read(&mut client, answer.info.unwrap()).await.unwrap());
    assert_eq!(values, (1..=9).collect::<Vec<_>>());
    assert_eq!(server.counters().executions(sql), 1);
}

#[tokio::test]
async fn a_polled_query_is_cancelled() {
    let (server, mut client) = start().await;
    let mut flight = flight(&server).await;
    let answer = flight
        .poll_flight_info(descriptor(FOREVER))
        .await
        .unwrap()
        .into_inner();
    let again = answer.flight_descriptor.unwrap();
    let request = CancelFlightInfoRequest::new(answer.info.unwrap());
    let body = act_plainly(&mut client, "CancelFlightInfo", &request)
        .await
        .unwrap();
    let result = CancelFlightInfoResult::decode(body).unwrap();
    assert_eq!(result.status, i32::from(CancelStatus::Cancelled));
    let error = flight.poll_flight_info(again).await.unwrap_err();
    assert!(
        matches!(error.code(), Code::Cancelled | Code::NotFound),
        "{error}"
    );
}

#[tokio::test]
async fn a_stream_being_read_is_cancelled() {
    let (server, mut client) = start().await;
    let sql = "SELECT value FROM generate_series(1, 100) /* rows_per_batch=10 slow=60s */";
    let info = client.execute(sql.into(), None).await.unwrap();
    let mut stream = client
        .do_get(info.endpoint[0].ticket.clone().unwrap())
        .await
        .unwrap();
    let request = ActionCancelQueryRequest {
        info: info.encode_to_vec().into(),
    };
    let result: ActionCancelQueryResult = act(&mut client, "CancelQuery", &request).await.unwrap();
    assert_eq!(result.result, i32::from(CancelStatus::Cancelled));
    let ended = tokio::time::timeout(Duration::from_secs(30), stream.try_next())
        .await
        .unwrap();
    assert_eq!(status(ended).code(), Code::Cancelled);
    drop(stream);
    assert_eq!(server.counters().open_tickets, 0);
}

#[tokio::test]
async fn a_cancelled_ticket_says_so() {
    let (_server, mut client) = start().await;
    let info = client
        .execute("SELECT 1 /* endpoints=2 */".into(), None)
        .await
        .unwrap();
    let request = CancelFlightInfoRequest::new(info.clone());
    act_plainly(&mut client, "CancelFlightInfo", &request)
        .await
        .unwrap();
    let error = status(read(&mut client, info.clone()).await);
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.message().contains("cancelled"), "{error}");
    assert_eq!(
        status(act_plainly(&mut client, "CancelFlightInfo", &request).await).code(),
        Code::NotFound
    );
}

#[tokio::test]
async fn a_client_that_goes_away_stops_the_work() {
    let (server, mut client) = start().await;
    let transaction = client.begin_transaction().await.unwrap();
    let asking = client.execute(FOREVER.into(), Some(transaction.clone()));
    assert!(
        tokio::time::timeout(Duration::from_millis(100), asking)
            .await
            .is_err()
    );
    // The transaction has one connection: it only answers when the endless query was interrupted.
    let next = client.execute_update(
        "UPDATE products SET stock = 0 WHERE id = 1".into(),
        Some(transaction),
    );
    assert_eq!(
        tokio::time::timeout(Duration::from_secs(30), next)
            .await
            .unwrap()
            .unwrap(),
        1
    );
    assert_eq!(server.counters().open_streams, 0);
}

#[tokio::test]
async fn a_dropped_stream_is_no_longer_counted() {
    let (server, mut client) = start().await;
    let sql = "SELECT value FROM generate_series(1, 100000000)";
    let info = client.execute(sql.into(), None).await.unwrap();
    let mut stream = client
        .do_get(info.endpoint[0].ticket.clone().unwrap())
        .await
        .unwrap();
    stream.try_next().await.unwrap().unwrap();
    assert_eq!(server.counters().open_streams, 1);
    drop(stream);
    let gone = async {
        while server.counters().open_streams > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.unwrap();
}
