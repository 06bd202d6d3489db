//! Values sent as parameters and read again, unchanged.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, TimeUnit};
use proptest::prelude::*;

use super::bound;
use super::parameters::{item, schema, sent};
use crate::types::{Date, Decimal, Duration, Interval, Params, Time, Timestamp, Uuid, Value};

fn entries(key: DataType, value: DataType) -> DataType {
    let fields = Fields::from(vec![
        Field::new("key", key, false),
        Field::new("value", value, true),
    ]);
    DataType::Map(
        Arc::new(Field::new("entries", DataType::Struct(fields), false)),
        false,
    )
}

fn dictionary(values: DataType) -> DataType {
    DataType::Dictionary(Box::new(DataType::Int16), Box::new(values))
}

fn runs(values: DataType) -> DataType {
    let ends = Arc::new(Field::new("run_ends", DataType::Int32, false));
    DataType::RunEndEncoded(ends, Arc::new(Field::new("values", values, true)))
}

/// Values, each with all types that hold it.
pub(crate) fn families() -> Vec<(Value, Vec<DataType>)> {
    let text = Value::from("a text that is longer than twelve bytes");
    let bytes = Value::from(vec![1_u8, 2, 3]);
    let list = Value::List(vec![Value::from(1_i32), Value::Null, Value::from(3_i32)]);
    let map = Value::Map(vec![
        (Value::from("k"), Value::from(1_i64)),
        (Value::from("l"), Value::Null),
    ]);
    let at = Timestamp::from_ticks(1_709_210_096, TimeUnit::Second, Some("UTC".into()));
    let noon = Value::from(Time::from_hms_nano(12, 0, 1, 0).unwrap());
    let hour = Value::from(Duration::new(-3_600, 0).unwrap());
    vec![
        (
            text,
            vec![
                DataType::Utf8,
                DataType::LargeUtf8,
                DataType::Utf8View,
                dictionary(DataType::Utf8),
                runs(DataType::Utf8),
            ],
        ),
        (
            bytes,
            vec![
                DataType::Binary,
                DataType::LargeBinary,
                DataType::BinaryView,
                DataType::FixedSizeBinary(3),
            ],
        ),
        (
            Value::from(7_i32),
            vec![
                DataType::Int32,
                dictionary(DataType::Int32),
                runs(DataType::Int32),
            ],
        ),
        (Value::from(1.5_f32), vec![DataType::Float16, DataType::Float32]),
        (
            Value::from(Decimal::new(-12_345, 3)),
            vec![
                DataType::Decimal32(9, 3),
                DataType::Decimal64(18, 5),
                DataType::Decimal128(38, 3),
                DataType::Decimal256(76, 40),
                dictionary(DataType::Decimal128(20, 4)),
            ],
        ),
        (
            Value::from(Date::from_days(-1)),
            vec![DataType::Date32, DataType::Date64],
        ),
        (
            noon,
            vec![
                DataType::Time32(TimeUnit::Second),
                DataType::Time32(TimeUnit::Millisecond),
                DataType::Time64(TimeUnit::Microsecond),
                DataType::Time64(TimeUnit::Nanosecond),
            ],
        ),
        (
            Value::from(at),
            [
                TimeUnit::Second,
                TimeUnit::Millisecond,
                TimeUnit::Microsecond,
                TimeUnit::Nanosecond,
            ]
            .map(|unit| DataType::Timestamp(unit, Some("UTC".into())))
            .into(),
        ),
        (
            hour,
            [
                TimeUnit::Second,
                TimeUnit::Millisecond,
                TimeUnit::Microsecond,
                TimeUnit::Nanosecond,
            ]
            .map(DataType::Duration)
            .into(),
        ),
        (
            Value::from(Interval::new(5, 0, 0)),
            vec![
                DataType::Interval(IntervalUnit::YearMonth),
                DataType::Interval(IntervalUnit::MonthDayNano),
            ],
        ),
        (
            Value::from(Interval::new(0, -2, 5_000_000)),
            vec![
                DataType::Interval(IntervalUnit::DayTime),
                DataType::Interval(IntervalUnit::MonthDayNano),
            ],
        ),
        (
            list,
            vec![
                DataType::List(item(DataType::Int32)),
                DataType::LargeList(item(DataType::Int32)),
                DataType::ListView(item(DataType::Int32)),
                DataType::LargeListView(item(DataType::Int32)),
                DataType::FixedSizeList(item(DataType::Int32), 3),
            ],
        ),
        (
            map,
            vec![
                entries(DataType::Utf8, DataType::Int64),
                entries(DataType::Utf8View, DataType::Int64),
            ],
        ),
    ]
}

#[test]
fn a_value_returns_unchanged_from_every_type_of_its_family() {
    for (value, data_types) in families() {
        for data_type in data_types {
            assert_eq!(sent(&value, data_type.clone()).unwrap(), value, "{data_type}");
            let null = sent(&Value::Null, data_type.clone()).unwrap();
            assert!(null.is_null(), "{data_type}");
            let rows = Params::rows([(Value::Null,), (value.clone(),), (Value::Null,), (value.clone(),)]);
            let batch = rows.to_batch(Some(&schema(data_type.clone()))).unwrap();
            let read = Params::from(batch).to_rows().unwrap();
            assert_eq!(read, rows.to_rows().unwrap(), "{data_type}");
        }
    }
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        any::<i128>().prop_map(Value::from),
        any::<[u8; 16]>().prop_map(|bytes| Value::from(Uuid(bytes))),
        (any::<i32>(), any::<i32>(), any::<i64>())
            .prop_map(|(months, days, nanoseconds)| Value::from(Interval::new(months, days, nanoseconds))),
        (any::<i32>(), 0_u32..1_000_000_000).prop_map(|(seconds, nanosecond)| Value::from(
            Duration::new(i64::from(seconds), nanosecond).unwrap()
        )),
        (
            any::<i32>(),
            0_u32..1_000_000_000,
            prop_oneof![Just("UTC"), Just("+01:00")]
        )
            .prop_map(|(seconds, nanosecond, zone)| {
                Value::from(Timestamp::new(i64::from(seconds), nanosecond, Some(zone.into())).unwrap())
            }),
    ]
}

/// Any value, also within lists, structs and maps.
pub(crate) fn nested() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            // Elements of a list have one type, so a list repeats one of them.
            (inner.clone(), 0_usize..3).prop_map(|(value, count)| Value::List(vec![value; count])),
            proptest::collection::vec(inner.clone(), 1..3).prop_map(|values| {
                Value::Struct(("abc".chars().map(String::from)).zip(values).collect())
            }),
            (".{0,4}", inner).prop_map(|(key, value)| Value::Map(vec![(Value::from(key), value)])),
        ]
    })
}

proptest! {
    #[test]
    fn every_nested_value_survives_the_way_to_arrow_and_back(value in nested()) {
        let row = bound(&Params::from((value.clone(),)), None).unwrap();
        prop_assert_eq!(row.value(0).unwrap(), value);
    }

    #[test]
    fn a_float_sent_as_a_decimal_is_the_shortest_that_stands_for_it(cents in -1_000_000_i64..1_000_000) {
        let decimal = Decimal::new(i128::from(cents), 2);
        let float: f64 = decimal.to_string().parse().unwrap();
        prop_assert_eq!(sent(&Value::from(float), DataType::Decimal128(20, 4)).unwrap(), Value::from(decimal));
        prop_assert!((decimal.to_f64() - float).abs() < f64::MIN_POSITIVE);
    }

    #[test]
    fn an_integer_fits_exactly_the_types_that_hold_it(number in any::<i64>()) {
        let value = Value::from(number);
        prop_assert_eq!(sent(&value, DataType::Int8).is_ok(), i8::try_from(number).is_ok());
        prop_assert_eq!(sent(&value, DataType::UInt32).is_ok(), u32::try_from(number).is_ok());
        prop_assert_eq!(sent(&value, DataType::UInt64).is_ok(), u64::try_from(number).is_ok());
        let decimal = sent(&value, DataType::Decimal256(76, 20)).unwrap();
        prop_assert_eq!(decimal, Value::from(Decimal::from(number)));
    }
}
