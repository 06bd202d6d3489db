//! Results as Flight has them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use arrow_flight::sql::SqlInfo;
use arrow_flight::sql::metadata::SqlInfoDataBuilder;
use arrow_flight::{FlightData, FlightDescriptor, FlightEndpoint, FlightInfo, Location, Ticket};
use bytes::Bytes;
use tonic::Status;

use super::{Announces, Likeness, Says};
use crate::fault::data;

/// The FlightInfo of a result, with its locations.
pub(super) fn info(likeness: &Likeness, rows: &RecordBatch, ticket: String, port: u16) -> FlightInfo {
    let schema = match likeness.announces {
        Announces::AsItIs => data::encoded(&rows.schema()),
        Announces::Nothing => Bytes::new(),
        Announces::NoNulls => data::encoded(&without_nulls(&rows.schema())),
    };
    let locations = likeness.locations.iter().map(|location| Location {
        uri: location.replace("{port}", &port.to_string()),
    });
    FlightInfo {
        schema,
        flight_descriptor: Some(FlightDescriptor::new_cmd("query")),
        endpoint: vec![FlightEndpoint {
            ticket: Some(Ticket {
                ticket: ticket.into(),
            }),
            location: locations.collect(),
            ..FlightEndpoint::default()
        }],
        total_records: -1,
        total_bytes: -1,
        ..FlightInfo::default()
    }
}

fn without_nulls(schema: &Schema) -> Schema {
    let fields = schema.fields().iter();
    let strict = fields.map(|field| Arc::new(Field::clone(field).with_nullable(false)));
    Schema::new(strict.collect::<Vec<_>>())
}

/// The messages of a result: two rows a batch, and empty batches between them where the server sends those.
pub(super) fn result(likeness: &Likeness, rows: &RecordBatch) -> Vec<FlightData> {
    let mut batches = Vec::new();
    let mut at = 0;
    while at < rows.num_rows() {
        let length = 2.min(rows.num_rows() - at);
        if likeness.keep_alives {
            batches.push(rows.slice(at, 0));
        }
        batches.push(rows.slice(at, length));
        at += length;
    }
    if batches.is_empty() {
        batches.push(rows.clone());
    }
    data::messages(&batches)
}

/// What the server says of itself in GetSqlInfo.
pub(super) fn sql_info(likeness: &Likeness) -> Result<RecordBatch, Status> {
    match likeness.says {
        Says::InSql(_) => Err(Status::unimplemented(
            "get_flight_info_sql_info has no default implementation",
        )),
        Says::Name(name) => {
            let mut known = SqlInfoDataBuilder::new();
            known.append(SqlInfo::FlightSqlServerName, name);
            let known = known.build().expect("SqlInfo");
            Ok(known.record_batch([]).expect("SqlInfo"))
        }
        Says::Texts(name) => {
            let code = Arc::new(Int32Array::from(vec![0])) as ArrayRef;
            let value = Arc::new(StringArray::from(vec![name])) as ArrayRef;
            Ok(RecordBatch::try_from_iter([("info_name", code), ("value", value)]).expect("a batch"))
        }
    }
}
