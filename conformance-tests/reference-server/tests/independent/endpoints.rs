use std::collections::HashSet;

use arrow_flight::{Action, FlightEndpoint, RenewFlightEndpointRequest};
use prost::Message;
use tonic::Code;

use crate::client::{act_plainly, integers, query, read, rows, start, status};

#[tokio::test]
async fn a_result_is_split_and_each_part_has_its_own_ticket() {
    let (_server, mut client) = start().await;
    let sql = "SELECT value FROM generate_series(1, 10) ORDER BY value /* endpoints=3 */";
    let info = client.execute(sql.into(), None).await.unwrap();
    assert!(info.ordered);
    assert_eq!((info.endpoint.len(), info.total_records), (3, 10));
    let tickets: HashSet<_> = info
        .endpoint
        .iter()
        .map(|endpoint| endpoint.ticket.clone().unwrap().ticket)
        .collect();
    assert_eq!(tickets.len(), 3);
    assert_eq!(
        integers(&read(&mut client, info).await.unwrap()),
        (1..=10).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_ticket_serves_once() {
    let (_server, mut client) = start().await;
    let info = client.execute("SELECT 1".into(), None).await.unwrap();
    assert!(info.endpoint[0].expiration_time.is_none());
    assert_eq!(rows(&read(&mut client, info.clone()).await.unwrap()), 1);
    let error = status(read(&mut client, info).await);
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.message().contains("once"), "{error}");
}

#[tokio::test]
async fn a_ticket_with_an_expiration_time_is_read_again_and_renewed() {
    let (_server, mut client) = start().await;
    let info = client
        .execute("SELECT 1 /* expire=60s */".into(), None)
        .await
        .unwrap();
    let before = info.endpoint[0].expiration_time.unwrap();
    for _ in 0..3 {
        assert_eq!(rows(&read(&mut client, info.clone()).await.unwrap()), 1);
    }
    let request = RenewFlightEndpointRequest::new(info.endpoint[0].clone());
    let renewed = act_plainly(&mut client, "RenewFlightEndpoint", &request)
        .await
        .unwrap();
    let renewed = FlightEndpoint::decode(renewed).unwrap();
    assert!(renewed.expiration_time.unwrap().seconds > before.seconds);
    let stream = client.do_get(renewed.ticket.unwrap()).await.unwrap();
    let batches: Vec<_> = futures::TryStreamExt::try_collect(stream).await.unwrap();
    assert_eq!(rows(&batches), 1);
}

#[tokio::test]
async fn an_endpoint_without_expiration_time_is_not_renewed() {
    let (_server, mut client) = start().await;
    let info = client.execute("SELECT 1".into(), None).await.unwrap();
    let request = RenewFlightEndpointRequest::new(info.endpoint[0].clone());
    let error = status(act_plainly(&mut client, "RenewFlightEndpoint", &request).await);
    assert_eq!(error.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn hints_shape_batches_locations_promises_and_deaths() {
    let (_server, mut client) = start().await;
    let sql = "SELECT value FROM generate_series(1, 10) /* rows_per_batch=4 locations=grpc://a:1,reuse total_records=99 */";
    let info = client.execute(sql.into(), None).await.unwrap();
    assert_eq!(info.total_records, 99);
    let locations: Vec<&str> = info.endpoint[0]
        .location
        .iter()
        .map(|location| location.uri.as_str())
        .collect();
    assert_eq!(locations, ["grpc://a:1", "arrow-flight-reuse-connection://?"]);
    let sizes: Vec<usize> = read(&mut client, info)
        .await
        .unwrap()
        .iter()
        .map(arrow::array::RecordBatch::num_rows)
        .collect();
    assert_eq!(sizes, [4, 4, 2]);
    let dying = "SELECT value FROM generate_series(1, 100) /* rows_per_batch=10 die_after=3 */";
    assert_eq!(status(query(&mut client, dying).await).code(), Code::Internal);
    let unreadable = status(query(&mut client, "SELECT 1 /* endpoints=many */").await);
    assert_eq!(unreadable.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn nonsense_is_refused_without_harm() {
    let (_server, mut client) = start().await;
    let ticket = arrow_flight::Ticket::new(&b"\xff\xff"[..]);
    assert_eq!(status(client.do_get(ticket).await).code(), Code::InvalidArgument);
    assert_eq!(
        status(client.do_action(Action::new("NoSuch", "")).await).code(),
        Code::Unimplemented
    );
    let broken = client
        .do_action(Action::new("BeginTransaction", &b"\xff"[..]))
        .await;
    if let Ok(mut stream) = broken {
        // A body that is not needed need not be read.
        stream.message().await.unwrap();
    }
    assert_eq!(rows(&query(&mut client, "SELECT 1").await.unwrap()), 1);
}
