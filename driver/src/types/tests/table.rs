//! The table of the guide, walked: what it says of each type is what happens.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, Schema, TimeUnit, UnionFields, UnionMode};

use crate::error::SqlState;
use crate::types::{
    Column, Date, Decimal, Duration, FromArrow, Interval, Params, SqlType, Time, Timestamp, Uuid, Value,
    accepts,
};

const GUIDE: &str = include_str!("../../../../docs/guide/types.md");

fn plain(data_types: impl IntoIterator<Item = DataType>) -> Vec<Field> {
    data_types
        .into_iter()
        .map(|data_type| Field::new("c", data_type, true))
        .collect()
}

fn extension(name: &str, data_types: impl IntoIterator<Item = DataType>) -> Vec<Field> {
    let fields = plain(data_types).into_iter();
    fields
        .map(|field| field.with_metadata([("ARROW:extension:name", name)]))
        .collect()
}

const UNITS: [TimeUnit; 4] = [
    TimeUnit::Second,
    TimeUnit::Millisecond,
    TimeUnit::Microsecond,
    TimeUnit::Nanosecond,
];

fn item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Int64, true))
}

/// The rows of the table: as they are called there, and the types they stand for.
fn rows() -> Vec<(&'static str, Vec<Field>)> {
    use DataType::*;
    let key_and_value = Struct(Fields::from(vec![
        Field::new("key", Utf8, false),
        Field::new("value", Int64, true),
    ]));
    let members = Fields::from(vec![Field::new("a", Int64, true)]);
    vec![
        ("Null", plain([Null])),
        (
            "Boolean, `arrow.bool8`",
            [plain([Boolean]), extension("arrow.bool8", [Int8])].concat(),
        ),
        (
            "Int8 … Int64, UInt8 … UInt64",
            plain([Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64]),
        ),
        ("Float16, Float32", plain([Float16, Float32])),
        ("Float64", plain([Float64])),
        (
            "Decimal32 … Decimal256",
            plain([
                Decimal32(9, 2),
                Decimal64(18, 2),
                Decimal128(38, 2),
                Decimal256(76, 2),
            ]),
        ),
        ("Utf8, LargeUtf8, Utf8View", plain([Utf8, LargeUtf8, Utf8View])),
        (
            "Utf8, LargeUtf8, Utf8View, `arrow.json`",
            extension("arrow.json", [Utf8, LargeUtf8, Utf8View]),
        ),
        (
            "Binary, LargeBinary, BinaryView",
            plain([Binary, LargeBinary, BinaryView]),
        ),
        ("FixedSizeBinary(n)", plain([FixedSizeBinary(3)])),
        (
            "FixedSizeBinary(16), `arrow.uuid`",
            extension("arrow.uuid", [FixedSizeBinary(16)]),
        ),
        ("Date32, Date64", plain([Date32, Date64])),
        (
            "Time32, Time64",
            plain([
                Time32(UNITS[0]),
                Time32(UNITS[1]),
                Time64(UNITS[2]),
                Time64(UNITS[3]),
            ]),
        ),
        ("Timestamp", plain(UNITS.map(|unit| Timestamp(unit, None)))),
        (
            "Timestamp with a zone",
            plain(UNITS.map(|unit| Timestamp(unit, Some("+02:00".into())))),
        ),
        ("Duration", plain(UNITS.map(Duration))),
        (
            "Interval",
            plain([
                Interval(IntervalUnit::YearMonth),
                Interval(IntervalUnit::DayTime),
                Interval(IntervalUnit::MonthDayNano),
            ]),
        ),
        (
            "List, LargeList, ListView, LargeListView, FixedSizeList",
            plain([
                List(item()),
                LargeList(item()),
                ListView(item()),
                LargeListView(item()),
                FixedSizeList(item(), 1),
            ]),
        ),
        ("Struct", plain([Struct(members)])),
        (
            "Map",
            plain([Map(Arc::new(Field::new("entries", key_and_value, false)), false)]),
        ),
        (
            "Union",
            plain([Union(
                UnionFields::try_new(vec![0], vec![Field::new("a", Int64, true)]).unwrap(),
                UnionMode::Dense,
            )]),
        ),
        (
            "Dictionary, RunEndEncoded (of Utf8 here)",
            plain([
                Dictionary(Box::new(Int32), Box::new(Utf8)),
                RunEndEncoded(
                    Arc::new(Field::new("run_ends", Int32, false)),
                    Arc::new(Field::new("values", Utf8, true)),
                ),
            ]),
        ),
    ]
}

type Accepts = fn(&DataType) -> bool;

/// The Rust types of the table, by the names it has for them.
fn readers() -> Vec<(&'static str, Accepts)> {
    fn reader<T: for<'a> FromArrow<'a>>() -> Accepts {
        |data_type| accepts::<T>(data_type)
    }
    vec![
        ("bool", reader::<bool>()),
        ("integers", |data_type| {
            let all = [
                accepts::<i8>(data_type),
                accepts::<i16>(data_type),
                accepts::<i32>(data_type),
                accepts::<i64>(data_type),
                accepts::<i128>(data_type),
                accepts::<isize>(data_type),
                accepts::<u8>(data_type),
                accepts::<u16>(data_type),
                accepts::<u32>(data_type),
                accepts::<u64>(data_type),
                accepts::<u128>(data_type),
                accepts::<usize>(data_type),
            ];
            assert!(all.iter().all(|one| *one == all[0]), "{data_type}: {all:?}");
            all[0]
        }),
        ("f32", reader::<f32>()),
        ("f64", reader::<f64>()),
        ("Decimal", reader::<Decimal>()),
        ("&str", |data_type| accepts::<&str>(data_type)),
        ("String", reader::<String>()),
        ("Box<str>", reader::<Box<str>>()),
        ("Arc<str>", reader::<Arc<str>>()),
        ("Cow<str>", |data_type| {
            accepts::<std::borrow::Cow<'_, str>>(data_type)
        }),
        ("&[u8]", |data_type| accepts::<&[u8]>(data_type)),
        ("Vec<u8>", |data_type| {
            accepts::<Vec<u8>>(data_type) && !accepts::<Vec<i64>>(data_type)
        }),
        ("Box<[u8]>", reader::<Box<[u8]>>()),
        ("Arc<[u8]>", reader::<Arc<[u8]>>()),
        ("Cow<[u8]>", |data_type| {
            accepts::<std::borrow::Cow<'_, [u8]>>(data_type)
        }),
        ("[u8; N]", reader::<[u8; 3]>()),
        ("Uuid", reader::<Uuid>()),
        ("Date", reader::<Date>()),
        ("Time", reader::<Time>()),
        ("Timestamp", reader::<Timestamp>()),
        ("Duration", reader::<Duration>()),
        ("std::time::Duration", reader::<std::time::Duration>()),
        ("Interval", reader::<Interval>()),
        ("Vec<T>", reader::<Vec<i64>>()),
        ("HashMap<K, V>", reader::<HashMap<String, i64>>()),
        ("BTreeMap<K, V>", reader::<BTreeMap<String, i64>>()),
        ("chrono::NaiveDate", reader::<chrono::NaiveDate>()),
        ("chrono::NaiveTime", reader::<chrono::NaiveTime>()),
        ("chrono::NaiveDateTime", reader::<chrono::NaiveDateTime>()),
        ("chrono::DateTime<Utc>", reader::<chrono::DateTime<chrono::Utc>>()),
        (
            "chrono::DateTime<FixedOffset>",
            reader::<chrono::DateTime<chrono::FixedOffset>>(),
        ),
        ("chrono::TimeDelta", reader::<chrono::TimeDelta>()),
        ("time::Date", reader::<time::Date>()),
        ("time::Time", reader::<time::Time>()),
        ("time::PrimitiveDateTime", reader::<time::PrimitiveDateTime>()),
        ("time::OffsetDateTime", reader::<time::OffsetDateTime>()),
        ("time::Duration", reader::<time::Duration>()),
        ("uuid::Uuid", reader::<uuid::Uuid>()),
        ("rust_decimal::Decimal", reader::<rust_decimal::Decimal>()),
        ("serde_json::Value", reader::<serde_json::Value>()),
    ]
}

/// The values of the table, by the words it has for them, with samples of which one fits where the type takes such values at all.
fn values() -> Vec<(&'static str, Vec<Value>)> {
    let local = Timestamp::new(0, 0, None).unwrap();
    vec![
        ("truth values", vec![Value::from(true)]),
        ("integers", vec![Value::from(1_i64)]),
        ("floats", vec![Value::from(1.0)]),
        ("decimals", vec![Value::from(Decimal::new(10, 1))]),
        ("text", vec![Value::from("no such value")]),
        (
            "bytes",
            vec![Value::from(vec![1_u8, 2, 3]), Value::from(vec![1_u8; 16])],
        ),
        ("UUIDs", vec![Value::from(Uuid([1; 16]))]),
        ("dates", vec![Value::from(Date::from_days(1))]),
        ("times", vec![Value::from(Time::default())]),
        ("timestamps", vec![Value::from(local)]),
        ("durations", vec![Value::from(Duration::new(1, 0).unwrap())]),
        (
            "intervals",
            vec![
                Value::from(Interval::new(1, 0, 0)),
                Value::from(Interval::new(0, 1, 0)),
            ],
        ),
        ("lists", vec![Value::List(vec![Value::from(1_i64)])]),
        (
            "structs",
            vec![Value::Struct(vec![("a".to_owned(), Value::from(1_i64))])],
        ),
        (
            "maps",
            vec![Value::Map(vec![(Value::from("k"), Value::from(1_i64))])],
        ),
    ]
}

/// Says whether a parameter of a type takes a value: what is refused is refused for its kind, not for what it says.
fn takes(field: &Field, value: &Value) -> bool {
    let schema = Schema::new(vec![field.clone()]);
    match Params::from((value,)).to_batch(Some(&schema)) {
        Ok(_) => true,
        Err(error) => error.sqlstate() != SqlState::TYPE_MISMATCH,
    }
}

/// The names for which all fields of a row say yes; that only some of them do is a row too wide.
fn common<'n>(
    fields: &[Field],
    names: impl IntoIterator<Item = (&'n str, Box<dyn Fn(&Field) -> bool>)>,
) -> BTreeSet<&'n str> {
    let mut common = BTreeSet::new();
    for (name, says) in names {
        let said: Vec<bool> = fields.iter().map(&says).collect();
        assert!(
            said.iter().all(|one| *one == said[0]),
            "{name} is read by some of {fields:?} only: {said:?}"
        );
        if said[0] {
            common.insert(name);
        }
    }
    common
}

fn list(names: &BTreeSet<&str>, order: &[&str], quote: &str) -> String {
    let named = order.iter().filter(|name| names.contains(*name));
    let named: Vec<String> = named.map(|name| format!("{quote}{name}{quote}")).collect();
    named.join(", ")
}

#[test]
fn the_table_of_the_guide_says_what_happens() {
    let lines: Vec<&str> = GUIDE.lines().filter(|line| line.starts_with("| ")).collect();
    let (mut shown, mut expected) = (Vec::new(), Vec::new());
    for (label, fields) in rows() {
        let readers = readers();
        let order: Vec<&str> = readers.iter().map(|(name, _)| *name).collect();
        let read = common(
            &fields,
            readers.into_iter().map(|(name, accepts)| {
                let says: Box<dyn Fn(&Field) -> bool> = Box::new(move |field| {
                    let column = Column::new(Arc::new(field.clone()));
                    accepts(column.read_type())
                });
                (name, says)
            }),
        );
        let values = values();
        let words: Vec<&str> = values.iter().map(|(word, _)| *word).collect();
        let taken = common(
            &fields,
            values.into_iter().map(|(word, samples)| {
                let says: Box<dyn Fn(&Field) -> bool> =
                    Box::new(move |field| samples.iter().any(|value| takes(field, value)));
                (word, says)
            }),
        );
        // `Vec<u8>` is counted where `Vec<i64>` is not read, so that lists are not bytes.
        let all = |names: &BTreeSet<&str>, order: &[&str]| {
            order
                .iter()
                .all(|name| names.contains(name) || *name == "Vec<u8>")
        };
        let read = match label {
            _ if all(&read, &order) => "`Option` of anything that reads the value at hand".to_owned(),
            _ if read.is_empty() => "`Value`, or a struct through serde".to_owned(),
            _ => list(&read, &order, "`"),
        };
        let taken = if all(&taken, &words) {
            "anything: the value goes as what it is".to_owned()
        } else {
            list(&taken, &words, "")
        };
        let mut sql_types = Vec::new();
        for field in &fields {
            let name = SqlType::of(field).name().to_owned();
            if !sql_types.contains(&name) {
                sql_types.push(name);
            }
        }
        let row = format!("| {label} | `{}` | {read} | {taken} |", sql_types.join("`, `"));
        shown.push(lines.iter().any(|line| *line == row));
        expected.push(row);
    }
    assert!(
        shown.iter().all(|shown| *shown),
        "the table in docs/guide/types.md should be:\n{}",
        expected.join("\n")
    );
}
