//! What serde reads from rows, and the errors when it cannot.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, BinaryArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    Float64Array, Int32Array, Int64Array, ListArray, MapBuilder, RecordBatch, StringArray, StringBuilder,
    StructArray, Time64NanosecondArray, TimestampMicrosecondArray, UInt8Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, TimeUnit};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde::Deserialize;

use super::super::RowChunk;
use crate::error::{Error, SqlState};
use crate::types::{Columns, Date, Decimal, FromArrow, Time, Timestamp, Uuid};

fn chunk(columns: impl IntoIterator<Item = (&'static str, ArrayRef)>) -> RowChunk {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    RowChunk::new(Arc::new(Columns::new(batch.schema())), batch, 10).unwrap()
}

fn array(array: impl arrow::array::Array + 'static) -> ArrayRef {
    Arc::new(array)
}

fn customers() -> RowChunk {
    chunk([
        ("id", array(Int64Array::from(vec![1, 2]))),
        ("Name", array(StringArray::from(vec!["Ada", "Grace"]))),
        ("score", array(Float64Array::from(vec![Some(0.5), None]))),
    ])
}

fn read<'de, T: Deserialize<'de>>(chunk: &'de RowChunk) -> Vec<T> {
    chunk.rows_as().collect::<Result<_, Error>>().unwrap()
}

#[track_caller]
fn error<'de, T: Deserialize<'de> + std::fmt::Debug>(chunk: &'de RowChunk) -> Error {
    chunk.rows_as::<T>().find_map(Result::err).unwrap()
}

#[derive(Debug, PartialEq, Deserialize)]
struct Customer<'a> {
    id: u16,
    name: &'a str,
    score: Option<f64>,
}

#[test]
fn a_struct_takes_its_fields_from_the_columns_of_their_names() {
    let expected = [
        Customer {
            id: 1,
            name: "Ada",
            score: Some(0.5),
        },
        Customer {
            id: 2,
            name: "Grace",
            score: None,
        },
    ];
    assert_eq!(read::<Customer<'_>>(&customers()), expected);
    let turned = chunk([
        ("score", array(Float64Array::from(vec![Some(0.5), None]))),
        ("extra", array(Int32Array::from(vec![7, 8]))),
        ("name", array(StringArray::from(vec!["Ada", "Grace"]))),
        ("id", array(Int32Array::from(vec![1, 2]))),
    ]);
    assert_eq!(read::<Customer<'_>>(&turned), expected);
}

#[test]
fn text_and_bytes_are_borrowed_from_the_batch() {
    #[derive(Deserialize)]
    struct Borrowed<'a> {
        text: &'a str,
        bytes: &'a [u8],
        #[serde(borrow)]
        cow: Cow<'a, str>,
    }
    let chunk = chunk([
        ("text", array(StringArray::from(vec!["x"]))),
        ("bytes", array(BinaryArray::from_vec(vec![b"y"]))),
        ("cow", array(StringArray::from(vec!["z"]))),
    ]);
    let rows = read::<Borrowed<'_>>(&chunk);
    let buffer = chunk.batch().column(0).to_data().buffers()[1].as_ptr();
    assert_eq!(rows[0].text.as_ptr(), buffer);
    assert_eq!(rows[0].bytes, b"y");
    assert!(matches!(rows[0].cow, Cow::Borrowed("z")));
}

#[test]
fn several_structs_are_read_from_one_result() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Id {
        id: i64,
    }
    let chunk = customers();
    for _ in 0..2 {
        assert_eq!(read::<Id>(&chunk), [Id { id: 1 }, Id { id: 2 }]);
        assert_eq!(read::<Customer<'_>>(&chunk).len(), 2);
    }
}

#[test]
fn tuples_maps_and_single_values_are_rows_too() {
    assert_eq!(
        read::<(i64, String, Option<f64>)>(&customers()),
        [(1, "Ada".to_owned(), Some(0.5)), (2, "Grace".to_owned(), None)]
    );
    let ids = chunk([("id", array(Int32Array::from(vec![Some(1), None])))]);
    assert_eq!(read::<Option<i32>>(&ids), [Some(1), None]);
    let maps = read::<BTreeMap<String, Option<i32>>>(&ids);
    assert_eq!(maps[0], BTreeMap::from([("id".to_owned(), Some(1))]));
    #[derive(Debug, PartialEq, Deserialize)]
    struct Id(i64);
    let ids = chunk([("id", array(Int32Array::from(vec![1])))]);
    assert_eq!(read::<Id>(&ids), [Id(1)]);
    let row = ids.row(0).unwrap();
    assert_eq!(row.deserialize::<Vec<u8>>().unwrap(), [1]);
}

#[test]
fn fields_may_be_renamed_have_another_name_a_default_or_be_collected() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Renamed {
        #[serde(rename = "Name")]
        title: String,
        #[serde(alias = "id", alias = "number")]
        key: i64,
        #[serde(default)]
        missing: i32,
    }
    let renamed = |title: &str, key| Renamed {
        title: title.to_owned(),
        key,
        missing: 0,
    };
    assert_eq!(
        read::<Renamed>(&customers()),
        [renamed("Ada", 1), renamed("Grace", 2)]
    );

    #[derive(Debug, PartialEq, Deserialize)]
    struct Collected {
        id: i64,
        #[serde(flatten)]
        rest: HashMap<String, Rest>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Rest {
        Number(f64),
        Text(String),
        Nothing,
    }
    let rows = read::<Collected>(&customers());
    assert_eq!(rows[0].rest["score"], Rest::Number(0.5));
    assert_eq!((rows[1].id, &rows[1].rest["score"]), (2, &Rest::Nothing));
    assert_eq!(rows[1].rest["Name"], Rest::Text("Grace".to_owned()));
}

#[test]
fn of_columns_with_one_name_the_first_is_read() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Id {
        id: i64,
    }
    let chunk = chunk([
        ("id", array(Int32Array::from(vec![1]))),
        ("id", array(Int32Array::from(vec![2]))),
    ]);
    assert_eq!(read::<Id>(&chunk), [Id { id: 1 }]);
}

#[test]
fn nested_values_are_structs_lists_maps_and_bytes() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Nested<'a> {
        #[serde(borrow)]
        point: Point<'a>,
        numbers: Vec<Option<i64>>,
        bytes: Vec<u8>,
        names: HashMap<&'a str, String>,
        pair: (i64, &'a str),
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Point<'a> {
        x: i64,
        label: &'a str,
    }
    let point = array(StructArray::from(vec![
        (
            Arc::new(Field::new("x", DataType::Int64, true)),
            array(Int64Array::from(vec![4])),
        ),
        (
            Arc::new(Field::new("label", DataType::Utf8, true)),
            array(StringArray::from(vec!["p"])),
        ),
    ]));
    let mut names = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    names.keys().append_value("k");
    names.values().append_value("v");
    names.append(true).unwrap();
    let chunk = chunk([
        ("point", Arc::clone(&point)),
        (
            "numbers",
            array(
                ListArray::from_iter_primitive::<arrow::datatypes::Int64Type, _, _>([Some([Some(1), None])]),
            ),
        ),
        ("bytes", array(BinaryArray::from_vec(vec![b"ab"]))),
        ("names", array(names.finish())),
        ("pair", point),
    ]);
    assert_eq!(
        read::<Nested<'_>>(&chunk),
        [Nested {
            point: Point { x: 4, label: "p" },
            numbers: vec![Some(1), None],
            bytes: b"ab".to_vec(),
            names: HashMap::from([("k", "v".to_owned())]),
            pair: (4, "p"),
        }]
    );
}

#[test]
fn enums_are_texts_and_structs_with_one_field_set() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Colour {
        Red,
        Green,
    }
    let colours: DictionaryArray<Int32Type> = ["red", "green", "red"].into_iter().collect();
    let chunk1 = chunk([("colour", array(colours))]);
    assert_eq!(read::<Colour>(&chunk1), [Colour::Red, Colour::Green, Colour::Red]);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Contact {
        Phone(i64),
        Mail(String),
    }
    let contact = StructArray::from(vec![
        (
            Arc::new(Field::new("phone", DataType::Int64, true)),
            array(Int64Array::from(vec![Some(110), None])),
        ),
        (
            Arc::new(Field::new("mail", DataType::Utf8, true)),
            array(StringArray::from(vec![None, Some("a@b")])),
        ),
    ]);
    let chunk2 = chunk([("contact", array(contact))]);
    assert_eq!(
        read::<(Contact,)>(&chunk2),
        [(Contact::Phone(110),), (Contact::Mail("a@b".to_owned()),)]
    );
}

#[test]
fn dates_decimals_and_uuids_are_text_for_the_crates_that_read_it() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Typed {
        day: Date,
        at: Timestamp,
        price: Decimal,
        key: Uuid,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Texts {
        day: String,
        at: String,
        price: String,
        key: String,
    }
    let schema = Schema::new(vec![
        Field::new("day", DataType::Date32, true),
        Field::new(
            "at",
            DataType::Timestamp(TimeUnit::Microsecond, Some("+02:00".into())),
            true,
        ),
        Field::new("price", DataType::Decimal128(10, 2), true),
        Field::new("key", DataType::FixedSizeBinary(16), true)
            .with_metadata([("ARROW:extension:name", "arrow.uuid")]),
    ]);
    let at = TimestampMicrosecondArray::from(vec![1_500_000]).with_timezone("+02:00");
    let price = Decimal128Array::from(vec![-5])
        .with_precision_and_scale(10, 2)
        .unwrap();
    let key = FixedSizeBinaryArray::try_from_iter([[0x11; 16]].iter()).unwrap();
    let batch = RecordBatch::try_new(
        Arc::new(schema),
        vec![
            array(Date32Array::from(vec![0])),
            array(at),
            array(price),
            array(key),
        ],
    )
    .unwrap();
    let chunk = RowChunk::new(Arc::new(Columns::new(batch.schema())), batch, 0).unwrap();
    assert_eq!(
        read::<Texts>(&chunk),
        [Texts {
            day: "1970-01-01".to_owned(),
            at: "1970-01-01T02:00:01.500+02:00".to_owned(),
            price: "-0.05".to_owned(),
            key: "11111111-1111-1111-1111-111111111111".to_owned(),
        }]
    );
    assert_eq!(
        read::<Typed>(&chunk),
        [Typed {
            day: Date::from_days(0),
            at: Timestamp::new(1, 500_000_000, Some("+02:00".into())).unwrap(),
            price: Decimal::new(-5, 2),
            key: Uuid([0x11; 16]),
        }]
    );
}

/// Reads the rows of a column by `get` and through serde.
fn reads_alike<T>(column: ArrayRef)
where
    T: for<'a> FromArrow<'a> + for<'de> Deserialize<'de> + PartialEq + std::fmt::Debug,
{
    let chunk = chunk([("c", column)]);
    for row in chunk.rows() {
        let got = row.get::<Option<T>>(0).map_err(|error| error.sqlstate());
        let read = row
            .deserialize::<(Option<T>,)>()
            .map_err(|error| error.sqlstate());
        assert_eq!(read.map(|(value,)| value), got, "{row:?}");
    }
}

proptest! {
    #[test]
    fn our_own_types_are_read_through_serde_as_by_get(
        ticks in vec(option::of(any::<i64>()), 1..6),
        wide in vec(option::of(any::<i128>()), 1..6),
        keys in vec(option::of(any::<[u8; 16]>()), 1..6),
        days in vec(option::of(any::<i32>()), 1..6),
        seconds in vec(option::of(0_i64..90_000), 1..6),
        zone in select(vec![None, Some("UTC"), Some("Z"), Some("-05:30"), Some("Europe/Berlin")]),
        scale in -10_i8..30,
    ) {
        let zoned = |array: ArrayRef, unit| {
            cast(&array, &DataType::Timestamp(unit, zone.map(Into::into))).unwrap()
        };
        for unit in [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond] {
            reads_alike::<Timestamp>(zoned(array(Int64Array::from(ticks.clone())), unit));
        }
        reads_alike::<Date>(array(Date32Array::from(days)));
        reads_alike::<Time>(array(Time64NanosecondArray::from_iter(
            seconds.iter().map(|seconds| seconds.map(|seconds| seconds * 1_000_000_000 + 7)),
        )));
        let decimals = Decimal128Array::from(wide).with_precision_and_scale(38, scale).unwrap();
        reads_alike::<Decimal>(array(decimals));
        reads_alike::<Decimal>(array(Int64Array::from(ticks)));
        let keys = FixedSizeBinaryArray::try_from_sparse_iter_with_size(keys.into_iter(), 16).unwrap();
        reads_alike::<Uuid>(array(keys));
    }
}

#[test]
fn an_error_names_column_row_and_both_types() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is never made")]
    struct Wrong {
        #[serde(rename = "Name")]
        name: i64,
    }
    let wrong = error::<Wrong>(&customers());
    assert_eq!(wrong.sqlstate(), SqlState::TYPE_MISMATCH);
    for words in ["column 1 (\"Name\")", "row 10", "Utf8", "i64"] {
        assert!(wrong.message().contains(words), "{words} is not in: {wrong}");
    }
    let null = error::<(i64, String, f64)>(&customers());
    assert_eq!(null.sqlstate(), SqlState::NULL_WITHOUT_OPTION, "{null}");
    assert!(null.message().contains("column 2 (\"score\"), row 11"), "{null}");
    let range = error::<i8>(&chunk([("n", array(Int64Array::from(vec![300])))]));
    assert_eq!(range.sqlstate(), SqlState::NUMBER_OUT_OF_RANGE, "{range}");
}

#[test]
fn a_missing_column_and_another_count_are_errors() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is never made")]
    struct Missing {
        email: String,
    }
    let missing = error::<Missing>(&customers());
    assert_eq!(missing.sqlstate(), SqlState::COLUMN_NOT_FOUND);
    assert!(missing.message().contains("\"email\""), "{missing}");
    assert!(missing.get_hint().unwrap().contains("id, Name, score"));

    assert_eq!(error::<(i64,)>(&customers()).sqlstate(), SqlState::TYPE_MISMATCH);
    assert_eq!(error::<i64>(&customers()).sqlstate(), SqlState::TYPE_MISMATCH);

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is never made")]
    struct Strict {
        id: i64,
        name: String,
    }
    let unknown = error::<Strict>(&customers());
    assert!(unknown.message().contains("score"), "{unknown}");
    let bytes = chunk([("n", array(BinaryArray::from_vec(vec![b"abc"])))]);
    assert!(error::<([u8; 2],)>(&bytes).message().contains("column 0"));
}

#[test]
fn an_error_does_not_show_the_value() {
    #[derive(Debug, Deserialize)]
    enum Colour {
        Red,
    }
    let _ = Colour::Red;
    let names = chunk([("colour", array(StringArray::from(vec!["private"])))]);
    for error in [
        error::<Colour>(&names),
        error::<char>(&names),
        error::<(Date,)>(&names),
        error::<(Vec<u8>,)>(&names),
    ] {
        assert!(!error.to_string().contains("private"), "{error}");
        assert!(error.message().contains("column 0 (\"colour\")"), "{error}");
    }
    let small = chunk([("n", array(UInt8Array::from(vec![77])))]);
    assert!(
        !error::<std::num::NonZeroI8>(&chunk([("n", array(UInt8Array::from(vec![0])))]))
            .to_string()
            .contains('`')
    );
    assert!(!error::<(Colour,)>(&small).to_string().contains("77"));
}
