//! A result that is not what was promised: schemas, numbers of rows, messages that carry none.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::writer::IpcWriteOptions;
use arrow_flight::{FlightData, FlightInfo, SchemaAsIpc};
use jetbridge::Kind::Protocol;

use crate::fault::case::{Act, Case};
use crate::fault::data::{self, batch, messages};
use crate::fault::script::{Answer, Script, endpoint};

fn promised(records: i64) -> Script {
    let promise = move |info: &mut FlightInfo| info.total_records = records;
    Script::new().change(move |_, info| promise(info))
}

fn of(name: &str, column: ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([(name, column, true)]).expect("a batch")
}

fn text(rows: &[&str]) -> Vec<FlightData> {
    messages(&[of("n", Arc::new(StringArray::from(rows.to_vec())))])
}

fn narrow(rows: &[i32]) -> Vec<FlightData> {
    messages(&[of("n", Arc::new(Int32Array::from(rows.to_vec())))])
}

fn schema_message(schema: &Schema) -> FlightData {
    SchemaAsIpc::new(schema, &IpcWriteOptions::default()).into()
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "one-row-fewer-than-promised",
            "promises 7 rows in total_records and sends 6",
            || promised(7),
        )
        .with("&row_count_check=error")
        .rows(&[1, 2, 3, 4, 5, 6, 7])
        .fails(Protocol, &["promised 7 rows and sent 6"]),
        Case::new(
            "half-of-the-rows-promised",
            "promises 12 rows and sends 6",
            || promised(12),
        )
        .with("&row_count_check=error")
        .rows(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
        .fails(Protocol, &["promised 12 rows and sent 6"]),
        Case::new(
            "no-row-of-those-promised",
            "promises 6 rows and sends a schema alone",
            || promised(6).sends(|| vec![data::result().remove(0)]),
        )
        .with("&row_count_check=error")
        .fails(Protocol, &["promised 6 rows and sent 0"]),
        Case::new(
            "fewer-than-promised-by-default",
            "promises 7 rows and sends 6; a warning by default",
            || promised(7),
        ),
        Case::new("more-than-promised", "promises 5 rows and sends 6", || {
            promised(5)
        }),
        Case::new(
            "no-schema-in-the-info",
            "leaves the schema out of the FlightInfo",
            || Script::new().change(|_, info| info.schema = Default::default()),
        ),
        Case::new(
            "empty-schema-in-the-info",
            "sends a schema without fields in the FlightInfo",
            || Script::new().change(|_, info| info.schema = data::encoded(&Schema::empty())),
        ),
        Case::new(
            "wrong-schema-in-the-info",
            "sends the schema of another result in the FlightInfo",
            || {
                let other = Schema::new(vec![
                    Field::new("a", DataType::Utf8, true),
                    Field::new("b", DataType::Boolean, false),
                ]);
                Script::new().change(move |_, info| info.schema = data::encoded(&other))
            },
        ),
        Case::new(
            "broken-schema-in-the-info",
            "sends rubbish for a schema in the FlightInfo",
            || Script::new().change(|_, info| info.schema = b"rubbish".as_slice().into()),
        )
        .fails(Protocol, &["broken schema in its FlightInfo"]),
        Case::new(
            "schema-changes-in-the-stream",
            "sends another schema between two batches",
            || {
                Script::new().sends(|| {
                    let mut sent = messages(&[batch(&[1, 2])]);
                    sent.extend(text(&["3", "4"]));
                    sent
                })
            },
        )
        .fails(Protocol, &["schema changed", "Int64", "Utf8"]),
        Case::new(
            "schema-said-twice",
            "sends the same schema again between two batches",
            || {
                Script::new().sends(|| {
                    let mut sent = messages(&[batch(&[1, 2, 3])]);
                    sent.extend(messages(&[batch(&[4, 5, 6])]));
                    sent
                })
            },
        ),
        Case::new(
            "schema-differs-between-endpoints",
            "sends integers at one endpoint and text at another",
            || {
                Script::new().endpoints(|endpoint| match endpoint {
                    0 => messages(&[batch(&[1, 2, 3])]),
                    _ => text(&["4", "5", "6"]),
                })
            },
        )
        .fails(Protocol, &["Int64", "Utf8", "\"n\""]),
        Case::new(
            "width-differs-between-endpoints",
            "sends int64 at one endpoint and int32 at another",
            || {
                Script::new().endpoints(|endpoint| match endpoint {
                    0 => messages(&[batch(&[1, 2, 3])]),
                    _ => narrow(&[4, 5, 6]),
                })
            },
        ),
        Case::new(
            "columns-differ-between-endpoints",
            "sends another number of columns at another endpoint",
            || {
                Script::new().endpoints(|endpoint| match endpoint {
                    0 => messages(&[batch(&[1, 2, 3])]),
                    _ => data::columns([
                        ("n", Arc::new(Int32Array::from(vec![4])) as ArrayRef),
                        ("m", Arc::new(Int32Array::from(vec![4]))),
                    ]),
                })
            },
        )
        .rows(&[1, 2, 3, 4])
        .fails(Protocol, &["another schema"]),
        Case::new(
            "nullability-differs-between-endpoints",
            "calls the column nullable at one endpoint only",
            || {
                Script::new().endpoints(|endpoint| match endpoint {
                    0 => messages(&[batch(&[1, 2, 3])]),
                    _ => {
                        let strict = Schema::new(vec![Field::new("n", DataType::Int64, false)]);
                        let mut sent = messages(&[batch(&[4, 5, 6])]);
                        sent[0] = schema_message(&strict);
                        sent
                    }
                })
            },
        ),
        Case::new(
            "batches-without-rows",
            "sends batches without rows between the others",
            || {
                Script::new().sends(|| {
                    messages(&[
                        batch(&[]),
                        batch(&[1, 2, 3]),
                        batch(&[]),
                        batch(&[]),
                        batch(&[4, 5, 6]),
                        batch(&[]),
                    ])
                })
            },
        ),
        Case::new("schema-alone", "sends a schema and no batch", || {
            Script::new().sends(|| vec![data::result().remove(0)])
        })
        .rows(&[]),
        Case::new(
            "metadata-alone",
            "sends messages that have application metadata alone, before and between",
            || {
                Script::new().sends(|| {
                    let note = || FlightData {
                        app_metadata: "progress".into(),
                        ..FlightData::default()
                    };
                    let mut sent = vec![note()];
                    for message in data::result() {
                        sent.extend([message, note()]);
                    }
                    sent
                })
            },
        ),
        Case::new(
            "nothing-at-all",
            "ends the stream well, without a message",
            || Script::new().sends(Vec::new),
        )
        .rows(&[])
        .fails(Protocol, &["without a schema"]),
        Case::new("no-endpoints", "sends a FlightInfo without endpoints", || {
            Script::new().change(|_, info| info.endpoint.clear())
        })
        .rows(&[]),
        Case::new(
            "an-endpoint-without-a-ticket",
            "sends an endpoint without a ticket",
            || Script::new().change(|_, info| info.endpoint[0].ticket = None),
        )
        .fails(Protocol, &["without a ticket"]),
        Case::new(
            "second-endpoint-fails",
            "fails at the second endpoint of two",
            || {
                Script::new()
                    .info(|_| Answer::send([data::info(2)]))
                    .get(|_, endpoint| match endpoint {
                        0 => Answer::send(messages(&[batch(&[1, 2, 3])])),
                        _ => Answer::refuse(tonic::Status::internal("this shard is gone")),
                    })
            },
        )
        .fails(
            jetbridge::Kind::Server,
            &["this shard is gone", "endpoint 2 of 2"],
        ),
        Case::new(
            "endpoints-in-order",
            "answers the first endpoint after the second, and says the order counts",
            || {
                Script::new()
                    .info(|_| Answer::send([data::info(2)]))
                    .get(|_, endpoint| match endpoint {
                        0 => {
                            let mut sent = messages(&[batch(&[1, 2, 3])]);
                            let last = sent.remove(1);
                            Answer::send(sent).then(crate::fault::script::Step::Often(
                                last,
                                1,
                                std::time::Duration::from_millis(150),
                            ))
                        }
                        _ => Answer::send(messages(&[batch(&[4, 5, 6])])),
                    })
            },
        ),
        Case::new(
            "sql-info-of-another-shape",
            "answers GetSqlInfo with one column of integers",
            || Script::new().sql_info_too(),
        )
        .act(Act::SqlInfo),
        Case::new(
            "five-thousand-endpoints",
            "spreads six rows over 5000 endpoints, nearly all of them empty",
            || {
                let many = |info: &mut FlightInfo| info.endpoint = (0..5000).map(endpoint).collect();
                Script::new()
                    .change(move |_, info| many(info))
                    .get(|_, endpoint| match endpoint {
                        0 => Answer::send(data::result()),
                        _ => Answer::send([data::result().remove(0)]),
                    })
            },
        )
        .seen(|seen| seen.count("DoGet") == 5000),
    ]
}
