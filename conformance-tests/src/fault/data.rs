//! The sound answers: what a scripted server sends where its script says nothing else.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::writer::IpcWriteOptions;
use arrow_flight::encode::{DictionaryHandling, FlightDataEncoderBuilder};
use arrow_flight::sql::SqlInfo;
use arrow_flight::sql::metadata::SqlInfoDataBuilder;
use arrow_flight::sql::{
    ActionBeginTransactionResult, ActionCreatePreparedStatementResult, DoPutUpdateResult, ProstMessageExt,
};
use arrow_flight::utils::batches_to_flight_data;
use arrow_flight::{
    FlightData, FlightDescriptor, FlightEndpoint, FlightInfo, IpcMessage, PutResult, SchemaAsIpc, Ticket,
};
use bytes::Bytes;
use futures::{FutureExt as _, TryStreamExt as _};
use prost::Message as _;
use tonic::Status;

use super::script::{Answer, endpoint};

/// The rows of the whole result, however it is cut into batches and endpoints.
pub const ROWS: [i64; 6] = [1, 2, 3, 4, 5, 6];

/// The schema of the result: `n`, an integer.
pub fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]))
}

/// A batch of the result.
pub fn batch(rows: &[i64]) -> RecordBatch {
    RecordBatch::try_new(schema(), vec![Arc::new(Int64Array::from(rows.to_vec()))]).expect("a batch")
}

/// The schema and these batches as messages.
pub fn messages(batches: &[RecordBatch]) -> Vec<FlightData> {
    let schema = batches.first().map_or_else(schema, RecordBatch::schema);
    batches_to_flight_data(&schema, batches).expect("messages")
}

/// The same with every dictionary as a message of its own, before each batch that has it.
pub fn messages_with(options: IpcWriteOptions, batches: Vec<RecordBatch>) -> Vec<FlightData> {
    let stream = FlightDataEncoderBuilder::new()
        .with_options(options)
        .with_dictionary_handling(DictionaryHandling::Resend)
        .build(futures::stream::iter(batches.into_iter().map(Ok)));
    let messages = stream
        .try_collect()
        .now_or_never()
        .expect("there is nothing to wait for");
    messages.expect("messages")
}

/// The schema and the one batch of these columns, as messages.
pub fn columns(columns: impl IntoIterator<Item = (&'static str, ArrayRef)>) -> Vec<FlightData> {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    messages(&[RecordBatch::try_from_iter_with_nullable(columns).expect("a batch")])
}

/// The sound result: its schema, and three batches of two rows.
pub fn result() -> Vec<FlightData> {
    messages(&[batch(&[1, 2]), batch(&[3, 4]), batch(&[5, 6])])
}

/// A schema as a FlightInfo has it.
pub fn encoded(schema: &Schema) -> Bytes {
    let IpcMessage(bytes) = SchemaAsIpc::new(schema, &IpcWriteOptions::default())
        .try_into()
        .expect("a schema");
    bytes
}

/// The FlightInfo of the sound result, over that many endpoints.
pub fn info(endpoints: usize) -> FlightInfo {
    FlightInfo {
        schema: encoded(&schema()),
        // pyarrow takes no FlightInfo without one.
        flight_descriptor: Some(FlightDescriptor::new_cmd("query")),
        endpoint: (0..endpoints).map(endpoint).collect(),
        total_records: -1,
        total_bytes: -1,
        ordered: true,
        ..FlightInfo::default()
    }
}

/// The answer to an update that changed so many rows.
pub fn updated(record_count: i64) -> PutResult {
    PutResult {
        app_metadata: DoPutUpdateResult { record_count }.encode_to_vec().into(),
    }
}

/// The answer to an action; most are answered with nothing, as their specification has it.
pub fn action(name: &str) -> Answer<Bytes> {
    let message = match name {
        "CreatePreparedStatement" => ActionCreatePreparedStatementResult {
            prepared_statement_handle: "statement".into(),
            dataset_schema: encoded(&schema()),
            parameter_schema: encoded(&schema()),
        }
        .as_any(),
        "BeginTransaction" => ActionBeginTransactionResult {
            transaction_id: "transaction".into(),
        }
        .as_any(),
        "ClosePreparedStatement" | "EndTransaction" | "CloseSession" => return Answer::send([]),
        _ => return Answer::refuse(Status::unimplemented(format!("no action {name}"))),
    };
    Answer::send([message.encode_to_vec().into()])
}

/// Puts another number wherever a message's header has this one: how lengths are made to lie.
pub fn lie(message: &FlightData, honest: i64, claimed: i64) -> FlightData {
    let mut header = message.data_header.to_vec();
    let mut lies = 0;
    let mut at = 0;
    while let Some(word) = header.get_mut(at..at + 8) {
        if *word == honest.to_le_bytes() {
            word.copy_from_slice(&claimed.to_le_bytes());
            lies += 1;
        }
        at += 4;
    }
    assert!(lies > 0, "the header does not hold {honest}");
    FlightData {
        data_header: header.into(),
        ..message.clone()
    }
}

/// The ticket of the sound answer to GetSqlInfo.
pub const SQL_INFO: &str = "sql-info";

/// The FlightInfo of the sound answer to GetSqlInfo.
pub fn sql_info() -> FlightInfo {
    let mut info = info(1);
    info.schema = encoded(&known().schema());
    info.endpoint = vec![FlightEndpoint {
        ticket: Some(Ticket {
            ticket: SQL_INFO.into(),
        }),
        ..FlightEndpoint::default()
    }];
    info
}

/// The rows of the sound answer to GetSqlInfo.
pub fn sql_info_rows() -> Vec<FlightData> {
    messages(&[known()])
}

fn known() -> RecordBatch {
    let mut known = SqlInfoDataBuilder::new();
    known.append(SqlInfo::FlightSqlServerName, "scripted");
    known.append(SqlInfo::FlightSqlServerTransaction, 1_i32);
    let known = known.build().expect("SqlInfo");
    known.record_batch([]).expect("SqlInfo")
}
