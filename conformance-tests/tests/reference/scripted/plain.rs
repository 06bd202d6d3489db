//! Scenarios whose server remembers nothing.

use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::sql::{Any, CommandStatementIngest, DoPutUpdateResult};
use arrow_flight::{
    FlightData, FlightDescriptor, FlightEndpoint, FlightInfo, Location, PollInfo, PutResult, Ticket,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use prost::Message as _;
use tonic::{Status, Streaming};

/// `location:reuse_connection` and `app_metadata_flight_info_endpoint`.
pub(super) fn info(command: &[u8]) -> Result<FlightInfo, Status> {
    let endpoint = match command {
        b"reuse" => FlightEndpoint {
            ticket: Some(Ticket::new("1")),
            location: vec![Location {
                uri: "arrow-flight-reuse-connection://?".to_owned(),
            }],
            ..FlightEndpoint::default()
        },
        // The endpoint has no ticket.
        b"foobar" => FlightEndpoint {
            app_metadata: "foobar".into(),
            ..FlightEndpoint::default()
        },
        _ => return Err(super::unimplemented()),
    };
    Ok(FlightInfo {
        app_metadata: endpoint.app_metadata.clone(),
        endpoint: vec![endpoint],
        total_records: -1,
        total_bytes: -1,
        ..FlightInfo::default()
    })
}

/// `poll_flight_info`.
pub(super) fn poll(command: &[u8]) -> Result<PollInfo, Status> {
    let info = Some(FlightInfo {
        total_records: -1,
        total_bytes: -1,
        ..FlightInfo::default()
    });
    match command {
        b"heavy query" => Ok(PollInfo {
            info,
            flight_descriptor: Some(FlightDescriptor::new_cmd("poll")),
            progress: Some(0.1),
            expiration_time: Some(std::time::SystemTime::now().into()),
        }),
        b"poll" => Ok(PollInfo {
            info,
            flight_descriptor: None,
            progress: Some(1.0),
            expiration_time: None,
        }),
        _ => Err(super::unimplemented()),
    }
}

/// `flight_sql:ingestion`: every field of the command is looked at, and the rows are counted.
pub(super) async fn ingest(mut sent: Streaming<FlightData>) -> Result<PutResult, Status> {
    let wrong = |what: &str| Status::invalid_argument(format!("not the ingest of the scenario: {what}"));
    let first = sent.message().await?.ok_or_else(|| wrong("empty"))?;
    let command = first.flight_descriptor.clone().unwrap_or_default().cmd;
    let command = Any::decode(command).map_err(|error| wrong(&error.to_string()))?;
    let command: Option<CommandStatementIngest> =
        command.unpack().map_err(|error| wrong(&error.to_string()))?;
    let command = command.ok_or_else(|| wrong("another command"))?;
    let table = command.table_definition_options.unwrap_or_default();
    let options = [("key1", "val1"), ("key2", "val2")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    // CREATE where it is missing, REPLACE where it exists.
    let right = (table.if_not_exist, table.if_exists) == (1, 3)
        && command.table == "test_table"
        && command.schema.as_deref() == Some("test_schema")
        && command.catalog.as_deref() == Some("test_catalog")
        && command.temporary
        && command.transaction_id.as_deref() == Some(b"123")
        && command.options == options.into();
    if !right {
        return Err(wrong("a field differs"));
    }
    let messages = stream::iter([Ok(first)]).chain(sent).map_err(FlightError::from);
    let batches: Vec<_> = FlightRecordBatchStream::new_from_flight_data(messages)
        .try_collect()
        .await
        .map_err(Status::from)?;
    let rows: usize = batches.iter().map(|batch| batch.num_rows()).sum();
    let result = DoPutUpdateResult {
        record_count: i64::try_from(rows).unwrap_or(-1),
    };
    Ok(PutResult {
        app_metadata: result.encode_to_vec().into(),
    })
}
