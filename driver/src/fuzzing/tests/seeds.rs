//! What the fuzzers start from: one sound input of each sort.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    Int32Array, Int64Array, LargeStringArray, ListArray, NullArray, StringArray, StringViewArray,
    StructArray, TimestampMicrosecondArray, UInt32Array, UnionArray,
};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, UnionFields};
use arrow::ipc::CompressionType;
use arrow::ipc::writer::IpcWriteOptions;
use arrow::record_batch::RecordBatch;
use arrow_flight::encode::{DictionaryHandling, FlightDataEncoderBuilder};
use arrow_flight::{FlightData, IpcMessage, SchemaAsIpc};
use futures::TryStreamExt as _;
use prost::Message as _;

use crate::protocol::fuzzing::{options_seed, prepared_seed};

/// The seeds of a target, each with the name of its file.
pub(super) fn of(target: &str) -> Vec<(&'static str, Vec<u8>)> {
    match target {
        "connection_string" => connection_strings(),
        "flight_info" => vec![("seed-two-endpoints", flight_info()), ("seed-empty", Vec::new())],
        "frames" => vec![
            ("seed-bytewise", on_the_wire(0, &plain(), None)),
            ("seed-in-pieces", on_the_wire(96, &nested(), None)),
            (
                "seed-zstd",
                on_the_wire(u8::MAX, &nested(), Some(CompressionType::ZSTD)),
            ),
        ],
        "rows" => vec![
            ("seed-plain", framed(&plain(), None)),
            ("seed-nested", framed(&nested(), None)),
            ("seed-lz4", framed(&plain(), Some(CompressionType::LZ4_FRAME))),
            ("seed-zstd", framed(&nested(), Some(CompressionType::ZSTD))),
        ],
        #[cfg(feature = "parquet-locations")]
        "parquet" => vec![
            (
                "seed-parquet-plain",
                parquet(|properties| properties.set_dictionary_enabled(false)),
            ),
            (
                "seed-parquet-zstd",
                parquet(|properties| {
                    properties.set_compression(::parquet::basic::Compression::ZSTD(Default::default()))
                }),
            ),
            (
                "seed-parquet-two",
                parquet(|properties| {
                    properties
                        .set_writer_version(::parquet::file::properties::WriterVersion::PARQUET_2_0)
                        .set_compression(::parquet::basic::Compression::SNAPPY)
                        .set_max_row_group_row_count(Some(2))
                }),
            ),
        ],
        "catalog" => vec![
            ("seed-sql-info", framed(&sql_info(), None)),
            ("seed-tables", framed(&tables(), None)),
        ],
        _ => answers(),
    }
}

/// A file of columns of several sorts.
#[cfg(feature = "parquet-locations")]
fn parquet(
    change: impl FnOnce(
        ::parquet::file::properties::WriterPropertiesBuilder,
    ) -> ::parquet::file::properties::WriterPropertiesBuilder,
) -> Vec<u8> {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(i64::MIN), Some(4)]));
    let texts: ArrayRef = Arc::new(StringArray::from(vec![
        Some("a"),
        Some(""),
        None,
        Some("a longer text, no part of a view"),
    ]));
    let days: ArrayRef = Arc::new(Date32Array::from(vec![0, 1, -1, i32::MAX]));
    let truths: ArrayRef = Arc::new(BooleanArray::from(vec![
        Some(true),
        Some(false),
        None,
        Some(true),
    ]));
    let words: DictionaryArray<Int32Type> = ["x", "y", "x", "x"].into_iter().collect();
    let lists = [Some(vec![Some(1), None]), None, Some(vec![]), Some(vec![Some(2)])];
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
    let structs = StructArray::from(vec![(
        Arc::new(Field::new("t", DataType::Utf8, true)),
        Arc::clone(&texts),
    )]);
    let batch = RecordBatch::try_from_iter([
        ("n", numbers),
        ("t", texts),
        ("d", days),
        ("b", truths),
        ("w", Arc::new(words)),
        ("l", Arc::new(lists)),
        ("s", Arc::new(structs)),
    ]);
    let batch = batch.unwrap();
    let properties = change(::parquet::file::properties::WriterProperties::builder()).build();
    let mut writer =
        ::parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn connection_strings() -> Vec<(&'static str, Vec<u8>)> {
    [
        (
            "seed-flightsql",
            "flightsql://me:pw%20d@h1:1,[::1]:2/db?transport=tcp&query_timeout=3s&header.x-y=z",
        ),
        (
            "seed-grpc",
            "grpc+tls://h:1?token=abc&tls_ca=/ca.pem&max_message_size=16MiB",
        ),
        ("seed-unix", "flightsql:///run/s.sock?transport=unix"),
        (
            "seed-jdbc",
            "jdbc:arrow-flight-sql://h:1/?useEncryption=false&user=a&password=b",
        ),
        (
            "seed-odbc",
            "Driver={x};Host=h;Port=1;UID=a;PWD={b;}}c};UseEncryption=0",
        ),
        (
            "seed-options",
            "flightsql://h?allowed_locations=*.b,c:1&location_rewrite=a=b:1&pool_max_size=3&idle_timeout=off",
        ),
    ]
    .map(|(name, text)| (name, text.as_bytes().to_vec()))
    .to_vec()
}

fn flight_info() -> Vec<u8> {
    let endpoint = |locations: &[&str]| arrow_flight::FlightEndpoint {
        ticket: Some(arrow_flight::Ticket { ticket: "t".into() }),
        location: locations
            .iter()
            .map(|uri| arrow_flight::Location {
                uri: (*uri).to_owned(),
            })
            .collect(),
        expiration_time: Some(prost_types::Timestamp {
            seconds: 1_700_000_000,
            nanos: 5,
        }),
        app_metadata: "m".into(),
    };
    arrow_flight::FlightInfo {
        schema: schema(&plain().schema()),
        endpoint: vec![
            endpoint(&[
                "grpc+tls://own.example:1",
                "grpc+tcp://[::1]:2",
                "arrow-flight-reuse-connection://?",
            ]),
            endpoint(&["https://own.example/x?y", "grpc+unix:///s", ""]),
        ],
        total_records: 3,
        total_bytes: -1,
        ordered: true,
        ..Default::default()
    }
    .encode_to_vec()
}

fn answers() -> Vec<(&'static str, Vec<u8>)> {
    let with = |kind: u8, bytes: Vec<u8>| [vec![kind], bytes].concat();
    let endpoint = arrow_flight::FlightEndpoint {
        app_metadata: "m".into(),
        ..Default::default()
    };
    let update = arrow_flight::sql::DoPutUpdateResult { record_count: 3 };
    let cookies =
        &b"a=1; Path=/; Secure\nb=\"2\"; Max-Age=0\nc=3; Domain=h; Expires=Wed, 09 Jun 2038 10:18:14 GMT"[..];
    vec![
        (
            "seed-prepared",
            with(0, prepared_seed(&schema(&plain().schema()))),
        ),
        ("seed-options", with(2, options_seed())),
        ("seed-endpoint", with(4, endpoint.encode_to_vec())),
        ("seed-update", with(7, update.encode_to_vec())),
        ("seed-cookies", cookies.to_vec()),
    ]
}

fn plain() -> RecordBatch {
    let times = TimestampMicrosecondArray::from(vec![0, 1, i64::MAX]).with_timezone("UTC");
    let prices = Decimal128Array::from(vec![Some(12_345), None, Some(-1)]);
    batch(vec![
        ("n", Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]))),
        ("t", Arc::new(StringArray::from(vec![Some("x"), Some("é"), None]))),
        (
            "v",
            Arc::new(StringViewArray::from(vec![
                "short",
                "a text that is too long for its view",
                "",
            ])),
        ),
        (
            "b",
            Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
        ),
        ("y", Arc::new(BinaryArray::from(vec![&b"\0"[..], b"", b"abc"]))),
        ("d", Arc::new(Date32Array::from(vec![0, 19_000, -1]))),
        ("s", Arc::new(times)),
        ("m", Arc::new(prices.with_precision_and_scale(10, 2).unwrap())),
        ("z", Arc::new(NullArray::new(3))),
    ])
}

fn nested() -> RecordBatch {
    let lists = vec![Some(vec![Some(1), None]), None, Some(vec![])];
    let words: DictionaryArray<Int32Type> = ["a", "b", "a"].into_iter().collect();
    let inner: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
    let field = Arc::new(Field::new("i", DataType::Int32, true));
    let fixed = FixedSizeBinaryArray::try_from_iter([[1_u8; 16], [2; 16], [3; 16]].into_iter());
    batch(vec![
        ("d", Arc::new(words)),
        (
            "l",
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists)),
        ),
        ("s", Arc::new(StructArray::from(vec![(field, inner)]))),
        ("f", Arc::new(fixed.unwrap())),
        ("g", Arc::new(LargeStringArray::from(vec!["p", "", "q"]))),
    ])
}

fn sql_info() -> RecordBatch {
    let fields = [
        Field::new("string_value", DataType::Utf8, true),
        Field::new("bool_value", DataType::Boolean, true),
        Field::new("bigint_value", DataType::Int64, true),
        Field::new("int32_bitmask", DataType::Int32, true),
    ];
    let fields: UnionFields = (0..).zip(fields.map(Arc::new)).collect();
    let children: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["a server"])),
        Arc::new(BooleanArray::from(vec![true])),
        Arc::new(Int64Array::from(vec![7])),
        Arc::new(Int32Array::from(vec![3])),
    ];
    let kinds = ScalarBuffer::from(vec![0_i8, 1, 2, 3]);
    let offsets = ScalarBuffer::from(vec![0_i32; 4]);
    let values = UnionArray::try_new(fields, kinds, Some(offsets), children);
    batch(vec![
        ("info_name", Arc::new(UInt32Array::from(vec![0, 3, 9, 8]))),
        ("value", Arc::new(values.unwrap())),
    ])
}

fn tables() -> RecordBatch {
    let of_a_table = schema(&Schema::new(vec![Field::new("id", DataType::Int64, false)]));
    batch(vec![
        ("catalog_name", Arc::new(StringArray::from(vec![None::<&str>]))),
        ("db_schema_name", Arc::new(StringArray::from(vec![Some("main")]))),
        ("table_name", Arc::new(StringArray::from(vec!["t"]))),
        ("table_type", Arc::new(StringArray::from(vec!["table"]))),
        (
            "table_schema",
            Arc::new(BinaryArray::from(vec![of_a_table.as_ref()])),
        ),
    ])
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn schema(schema: &Schema) -> bytes::Bytes {
    let IpcMessage(bytes) = SchemaAsIpc::new(schema, &IpcWriteOptions::default())
        .try_into()
        .unwrap();
    bytes
}

/// The messages of a result.
fn messages(batch: &RecordBatch, compression: Option<CompressionType>) -> Vec<FlightData> {
    let options = IpcWriteOptions::default()
        .try_with_compression(compression)
        .unwrap();
    let stream = FlightDataEncoderBuilder::new()
        .with_options(options)
        .with_dictionary_handling(DictionaryHandling::Resend)
        .build(futures::stream::iter([Ok(batch.clone()), Ok(batch.clone())]));
    futures::executor::block_on(stream.try_collect()).unwrap()
}

/// The messages of a result, each behind the lengths of its header and body.
fn framed(batch: &RecordBatch, compression: Option<CompressionType>) -> Vec<u8> {
    let mut framed = Vec::new();
    for message in messages(batch, compression) {
        for part in [&message.data_header, &message.data_body] {
            framed.extend(u16::try_from(part.len()).unwrap().to_le_bytes());
        }
        framed.extend_from_slice(&message.data_header);
        framed.extend_from_slice(&message.data_body);
    }
    framed
}

/// The messages of a result as gRPC sends them, behind a byte that says how long the pieces are in which they come.
fn on_the_wire(pieces: u8, batch: &RecordBatch, compression: Option<CompressionType>) -> Vec<u8> {
    let mut wire = vec![pieces];
    for message in messages(batch, compression) {
        let message = message.encode_to_vec();
        wire.push(0);
        wire.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        wire.extend(message);
    }
    wire
}
