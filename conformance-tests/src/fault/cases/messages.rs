//! Messages that lie: about lengths, types, places, and what came before.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, DictionaryArray, Int64Array, ListArray, NullArray, RecordBatch, StringArray,
    StringViewArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use arrow::ipc::CompressionType;
use arrow::ipc::writer::IpcWriteOptions;
use arrow_flight::{FlightData, SchemaAsIpc};
use jetbridge::Kind::{self, Protocol};

use crate::fault::case::Case;
use crate::fault::data::{self, columns, lie};
use crate::fault::script::Script;

/// A number of rows that stands for nothing else in a header.
const MANY: i64 = 251;
const WORDS: [&str; 6] = ["1", "2", "3", "4", "5", "6"];
/// Too long for a view to hold them itself.
const LONG: [&str; 2] = ["00000000000000000001", "00000000000000000002"];
const BROKEN: &[&str] = &["fetching endpoint 1 of 1"];

fn many() -> Vec<FlightData> {
    columns([("n", Arc::new((1..=MANY).collect::<Int64Array>()) as ArrayRef)])
}

fn words() -> Vec<FlightData> {
    columns([("n", Arc::new(StringArray::from(WORDS.to_vec())) as ArrayRef)])
}

fn of_words(words: &[&'static str]) -> RecordBatch {
    let words: DictionaryArray<Int32Type> = words.iter().copied().collect();
    RecordBatch::try_from_iter([("n", Arc::new(words) as ArrayRef)]).expect("a batch")
}

/// The schema, the dictionary, and the batch.
fn dictionary() -> Vec<FlightData> {
    data::messages_with(IpcWriteOptions::default(), vec![of_words(&WORDS)])
}

/// Changes the body of the last message.
fn damaged(mut messages: Vec<FlightData>, at: usize, bytes: &[u8]) -> Vec<FlightData> {
    let last = messages.last_mut().expect("a batch");
    let mut body = last.data_body.to_vec();
    body[at..at + bytes.len()].copy_from_slice(bytes);
    last.data_body = body.into();
    messages
}

/// Replaces the last message.
fn changed(mut messages: Vec<FlightData>, change: impl Fn(FlightData) -> FlightData) -> Vec<FlightData> {
    let last = messages.pop().expect("a batch");
    messages.push(change(last));
    messages
}

fn compressed() -> Vec<FlightData> {
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME));
    data::messages_with(options.expect("lz4"), vec![data::batch(&[1; 1000])])
}

fn nested(levels: usize) -> Vec<FlightData> {
    let mut array: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    for _ in 0..levels {
        let field = Arc::new(Field::new("item", array.data_type().clone(), true));
        array = Arc::new(ListArray::new(
            field,
            OffsetBuffer::from_lengths([array.len()]),
            array,
            None,
        ));
    }
    columns([("n", array)])
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "header-of-rubbish",
            "sends a message whose header is rubbish",
            || {
                Script::new().sends(|| {
                    changed(data::result(), |message| FlightData {
                        data_header: b"this is no flatbuffer at all".as_slice().into(),
                        ..message
                    })
                })
            },
        )
        .fails(Protocol, BROKEN),
        Case::new("header-cut", "cuts the header of a batch", || {
            Script::new().sends(|| {
                changed(data::result(), |message| FlightData {
                    data_header: message.data_header.slice(..message.data_header.len() / 2),
                    ..message
                })
            })
        })
        .fails(Protocol, BROKEN),
        Case::new("body-cut", "cuts the body of a batch", || {
            Script::new().sends(|| {
                changed(many(), |message| FlightData {
                    data_body: message.data_body.slice(..64),
                    ..message
                })
            })
        })
        .fails(Protocol, &["outside of its message"]),
        Case::new("body-missing", "sends a batch without its body", || {
            Script::new().sends(|| {
                changed(many(), |message| FlightData {
                    data_body: Default::default(),
                    ..message
                })
            })
        })
        .fails(Protocol, BROKEN),
        Case::new(
            "claims-a-trillion-rows",
            "claims a batch of 2⁴⁰ rows in 2 kB",
            || Script::new().sends(|| changed(many(), |message| lie(&message, MANY, 1 << 40))),
        )
        .fails(Protocol, &["1099511627776 rows"]),
        Case::new("claims-fewer-than-no-rows", "claims a batch of −1 rows", || {
            Script::new().sends(|| changed(many(), |message| lie(&message, MANY, -1)))
        })
        .fails(Protocol, &["-1 rows"]),
        Case::new(
            "claims-more-rows-than-sent",
            "claims 1000 rows and sends the values of 251",
            || Script::new().sends(|| changed(many(), |message| lie(&message, MANY, 1000))),
        )
        .fails(Protocol, BROKEN),
        Case::new(
            "claims-rows-without-bytes",
            "claims 2⁴⁰ rows of a column of NULLs, which take no bytes",
            || {
                Script::new().sends(|| {
                    let nulls = columns([("n", Arc::new(NullArray::new(251)) as ArrayRef)]);
                    changed(nulls, |message| lie(&message, MANY, 1 << 40))
                })
            },
        )
        .fails(Protocol, &["rows"]),
        Case::new(
            "claims-a-buffer-of-a-terabyte",
            "claims a buffer of 1 TiB",
            || Script::new().sends(|| changed(many(), |message| lie(&message, MANY * 8, 1 << 40))),
        )
        .fails(Protocol, &["outside of its message"]),
        Case::new(
            "claims-to-unpack-to-a-terabyte",
            "says of a compressed buffer that it unpacks to 1 TiB",
            || Script::new().sends(|| damaged(compressed(), 0, &(1_i64 << 40).to_le_bytes())),
        )
        .fails(Kind::Resource, &["max_message_size"]),
        Case::new(
            "claims-to-unpack-to-less",
            "says of a compressed buffer that it unpacks to eight bytes",
            || Script::new().sends(|| damaged(compressed(), 0, &8_i64.to_le_bytes())),
        )
        .fails(Protocol, BROKEN),
        Case::new(
            "compressed-rubbish",
            "sends rubbish where a compressed buffer should be",
            || Script::new().sends(|| damaged(compressed(), 8, &[0xaa; 16])),
        )
        .fails(Protocol, BROKEN),
        Case::new("invalid-utf8", "sends text that is not UTF-8", || {
            Script::new().sends(|| {
                let messages = words();
                let body = &messages.last().expect("a batch").data_body;
                let at = body
                    .windows(6)
                    .position(|bytes| bytes == b"123456")
                    .expect("the text");
                damaged(messages.clone(), at, &[0xff, 0xfe])
            })
        })
        .fails(Protocol, BROKEN),
        Case::new("offsets-that-fall", "sends text whose offsets fall", || {
            Script::new().sends(|| damaged(words(), 8, &0_i32.to_le_bytes()))
        })
        .fails(Protocol, BROKEN),
        Case::new(
            "offsets-outside",
            "sends text whose offsets lead out of the message",
            || Script::new().sends(|| damaged(words(), 8, &i32::MAX.to_le_bytes())),
        )
        .fails(Protocol, BROKEN),
        Case::new("views-outside", "sends views into a buffer there is not", || {
            Script::new().sends(|| {
                let views = columns([("n", Arc::new(StringViewArray::from(LONG.to_vec())) as ArrayRef)]);
                damaged(views, 8, &99_u32.to_le_bytes())
            })
        })
        .fails(Protocol, BROKEN),
        Case::new(
            "dictionary-never-sent",
            "never sends the dictionary of a column",
            || {
                Script::new().sends(|| {
                    let mut messages = dictionary();
                    messages.remove(1);
                    messages
                })
            },
        )
        .fails(Protocol, BROKEN),
        Case::new(
            "dictionary-key-outside",
            "sends a key the dictionary does not have",
            || Script::new().sends(|| damaged(dictionary(), 0, &99_i32.to_le_bytes())),
        )
        .fails(Protocol, BROKEN),
        Case::new(
            "dictionary-replaced",
            "replaces the dictionary between two batches",
            || {
                Script::new().sends(|| {
                    let halves = vec![of_words(&WORDS[..3]), of_words(&WORDS[3..])];
                    data::messages_with(IpcWriteOptions::default(), halves)
                })
            },
        ),
        Case::new("nested-a-hundred-deep", "nests lists a hundred deep", || {
            Script::new().sends(|| nested(100))
        })
        .rows(&[])
        .fails(Protocol, BROKEN),
        Case::new(
            "batch-before-the-schema",
            "sends a batch before the schema",
            || Script::new().sends(|| data::result().split_off(1)),
        )
        .fails(Protocol, &["before the schema"]),
        Case::new(
            "schema-of-another-width",
            "says int32 in the schema and sends int64 values",
            || {
                Script::new().sends(|| {
                    let narrow = Schema::new(vec![Field::new("n", DataType::Utf8, true)]);
                    let mut messages = data::result();
                    messages[0] = SchemaAsIpc::new(&narrow, &IpcWriteOptions::default()).into();
                    messages
                })
            },
        )
        .fails(Protocol, BROKEN),
        Case::new(
            "message-above-the-limit",
            "sends a batch larger than max_message_size",
            || Script::new().sends(|| data::messages(&[data::batch(&vec![1; 300_000])])),
        )
        .with("&max_message_size=1MiB")
        .rows(&[])
        .fails(Kind::Resource, &["max_message_size"]),
    ]
}
