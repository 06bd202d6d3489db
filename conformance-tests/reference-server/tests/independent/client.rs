//! What the tests say to the server, in few words.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::sql::client::FlightSqlServiceClient;
use arrow_flight::sql::{Any, CommandStatementQuery, ProstMessageExt};
use arrow_flight::{Action, FlightDescriptor, FlightInfo};
use bytes::Bytes;
use futures::TryStreamExt;
use jetbridge_reference_server::{Builder, ReferenceServer, Running};
use prost::Message;
use tonic::transport::Channel;
use tonic::{Code, Status};

/// arrow-flight's client of Flight SQL.
pub(crate) type Client = FlightSqlServiceClient<Channel>;

/// A server with nothing special, and a client connected to it.
pub(crate) async fn start() -> (Running, Client) {
    start_with(ReferenceServer::builder()).await
}

pub(crate) async fn start_with(builder: Builder) -> (Running, Client) {
    let server = builder.serve().await.unwrap();
    let client = FlightSqlServiceClient::new(channel(&server).await);
    (server, client)
}

pub(crate) async fn channel(server: &Running) -> Channel {
    Channel::from_shared(format!("http://{}", server.uri()))
        .unwrap()
        .connect()
        .await
        .unwrap()
}

/// The client below Flight SQL.
pub(crate) async fn flight(server: &Running) -> FlightServiceClient<Channel> {
    FlightServiceClient::new(channel(server).await)
}

/// All batches of all endpoints.
pub(crate) async fn read(client: &mut Client, info: FlightInfo) -> Result<Vec<RecordBatch>, FlightError> {
    let mut batches = Vec::new();
    for endpoint in info.endpoint {
        let stream = client.do_get(endpoint.ticket.unwrap()).await?;
        batches.extend(stream.try_collect::<Vec<_>>().await?);
    }
    Ok(batches)
}

pub(crate) async fn query(client: &mut Client, sql: &str) -> Result<Vec<RecordBatch>, FlightError> {
    query_in(client, sql, None).await
}

pub(crate) async fn query_in(
    client: &mut Client,
    sql: &str,
    transaction: Option<Bytes>,
) -> Result<Vec<RecordBatch>, FlightError> {
    let info = client.execute(sql.into(), transaction).await?;
    read(client, info).await
}

pub(crate) async fn update(client: &mut Client, sql: &str) -> i64 {
    client.execute_update(sql.into(), None).await.unwrap()
}

/// The first column as integers.
pub(crate) fn integers(batches: &[RecordBatch]) -> Vec<i64> {
    batches
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec())
        .collect()
}

/// The single integer of a result.
pub(crate) async fn number(client: &mut Client, sql: &str) -> i64 {
    let batches = query(client, sql).await.unwrap();
    assert_eq!(
        batches.iter().map(RecordBatch::num_rows).sum::<usize>(),
        1,
        "{sql}"
    );
    integers(&batches)[0]
}

pub(crate) fn rows(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

/// The gRPC status behind an error.
pub(crate) fn status<T: std::fmt::Debug>(result: Result<T, FlightError>) -> Status {
    match result.unwrap_err() {
        FlightError::Tonic(status) => *status,
        other => Status::new(Code::Unknown, format!("no status: {other}")),
    }
}

pub(crate) fn descriptor(sql: &str) -> FlightDescriptor {
    let command = CommandStatementQuery {
        query: sql.into(),
        transaction_id: None,
    };
    FlightDescriptor::new_cmd(command.as_any().encode_to_vec())
}

/// Sends an action whose body is packed, and unpacks its single result.
pub(crate) async fn act<R: ProstMessageExt>(
    client: &mut Client,
    name: &str,
    body: &impl ProstMessageExt,
) -> Result<R, FlightError> {
    let mut results = client
        .do_action(Action::new(name, body.as_any().encode_to_vec()))
        .await?;
    let result = results.message().await?.expect("a result");
    let any = Any::decode(result.body).unwrap();
    Ok(any.unpack().unwrap().expect("a result of the right type"))
}

/// Sends an action whose body is packed and which answers nothing.
pub(crate) async fn act_silently(
    client: &mut Client,
    name: &str,
    body: &impl ProstMessageExt,
) -> Result<(), FlightError> {
    let mut results = client
        .do_action(Action::new(name, body.as_any().encode_to_vec()))
        .await?;
    assert!(results.message().await?.is_none(), "{name} answers nothing");
    Ok(())
}

/// Sends an action with the body as it is; the body of its single result.
pub(crate) async fn act_plainly(
    client: &mut Client,
    name: &str,
    body: &impl Message,
) -> Result<Bytes, FlightError> {
    let mut results = client.do_action(Action::new(name, body.encode_to_vec())).await?;
    Ok(results.message().await?.expect("a result").body)
}
