//! Cells of every layout, values both ways, and what must be refused.

mod columns;
mod layouts;
mod parameters;
mod places;
pub(crate) mod round_trip;
#[cfg(all(
    feature = "with-chrono-0_4",
    feature = "with-rust_decimal-1",
    feature = "with-serde_json-1",
    feature = "with-time-0_3",
    feature = "with-uuid-1"
))]
mod table;
mod text;
mod with;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryViewArray, BooleanArray, Date32Array, Date64Array, Decimal128Array, Decimal256Array,
    DictionaryArray, DurationMillisecondArray, FixedSizeBinaryArray, FixedSizeListArray, Float16Array,
    Float32Array, Float64Array, Int8Array, Int32Array, Int64Array, IntervalMonthDayNanoArray,
    LargeBinaryArray, LargeListArray, LargeStringArray, ListArray, MapBuilder, NullArray, RecordBatch,
    RunArray, StringArray, StringBuilder, StringViewArray, StructArray, Time64NanosecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow::datatypes::{
    DataType, Field, Float16Type, Int32Type, IntervalMonthDayNano, Schema, TimeUnit, i256,
};
use proptest::prelude::*;

use super::{Columns, Date, Decimal, Duration, Interval, Params, Time, Timestamp, ToParam, Uuid, Value};
use crate::cursor::{Row, RowChunk};
use crate::error::{Error, Kind, SqlState};

fn row_of(field: Field, array: ArrayRef, index: usize) -> Row {
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![array]).unwrap();
    let columns = Arc::new(Columns::new(batch.schema()));
    RowChunk::new(columns, batch, 0).unwrap().row(index).unwrap()
}

fn row(array: impl Into<ArrayRef>, index: usize) -> Row {
    let array = array.into();
    row_of(Field::new("c", array.data_type().clone(), true), array, index)
}

fn first(array: impl arrow::array::Array + 'static) -> Row {
    row(Arc::new(array) as ArrayRef, 0)
}

#[test]
fn text_is_read_alike_in_every_layout() {
    let runs =
        RunArray::<Int32Type>::try_new(&Int32Array::from(vec![2]), &StringArray::from(vec!["é日"])).unwrap();
    let layouts: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["é日", "x"])),
        Arc::new(LargeStringArray::from(vec!["é日", "x"])),
        Arc::new(StringViewArray::from(vec![
            "é日",
            "a text too long to lie in its view",
        ])),
        Arc::new(
            ["é日", "x", "é日"]
                .into_iter()
                .collect::<DictionaryArray<Int32Type>>(),
        ),
        Arc::new(runs),
    ];
    for layout in layouts {
        let kind = layout.data_type().clone();
        let row = row(layout, 0);
        assert_eq!(row.get::<&str>("c").unwrap(), "é日", "{kind}");
        assert_eq!(
            row.get::<Option<String>>(0).unwrap().as_deref(),
            Some("é日"),
            "{kind}"
        );
        assert_eq!(row.value(0).unwrap(), Value::from("é日"), "{kind}");
    }
}

#[test]
fn bytes_are_read_alike_in_every_layout() {
    let fixed = FixedSizeBinaryArray::try_from_iter([[1_u8, 0, 255]].into_iter()).unwrap();
    let layouts: Vec<ArrayRef> = vec![
        Arc::new(arrow::array::BinaryArray::from(vec![&[1_u8, 0, 255][..]])),
        Arc::new(LargeBinaryArray::from(vec![&[1_u8, 0, 255][..]])),
        Arc::new(BinaryViewArray::from(vec![&[1_u8, 0, 255][..]])),
        Arc::new(fixed),
    ];
    for layout in layouts {
        let kind = layout.data_type().clone();
        let row = row(layout, 0);
        assert_eq!(row.get::<&[u8]>(0).unwrap(), [1, 0, 255], "{kind}");
        assert_eq!(row.get::<Vec<u8>>(0).unwrap(), [1, 0, 255], "{kind}");
    }
}

#[test]
fn a_number_is_read_when_it_fits_and_refused_when_not() {
    let row = first(Int64Array::from(vec![300]));
    assert_eq!(row.get::<i16>(0).unwrap(), 300);
    assert_eq!(row.get::<u64>(0).unwrap(), 300);
    let error = row.get::<u8>(0).unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::NUMBER_OUT_OF_RANGE);
    for word in ["\"c\"", "Int64", "u8"] {
        assert!(error.message().contains(word), "{word} is not in: {error}");
    }
    assert_eq!(
        first(UInt64Array::from(vec![u64::MAX]))
            .get::<i64>(0)
            .unwrap_err()
            .sqlstate()
            .as_str(),
        "22003"
    );
    assert_eq!(
        first(UInt64Array::from(vec![u64::MAX])).get::<i128>(0).unwrap(),
        i128::from(u64::MAX)
    );
    assert!(first(Int8Array::from(vec![-1])).get::<u8>(0).is_err());
}

#[test]
fn fractions_are_read_from_every_width() {
    let half = <Float16Type as arrow::datatypes::ArrowPrimitiveType>::Native::from_f32(1.5);
    assert!((first(Float16Array::from(vec![half])).get::<f64>(0).unwrap() - 1.5).abs() < f64::EPSILON);
    assert!((first(Float32Array::from(vec![0.5])).get::<f64>(0).unwrap() - 0.5).abs() < f64::EPSILON);
    assert!(
        first(Float64Array::from(vec![f64::NAN]))
            .get::<f64>(0)
            .unwrap()
            .is_nan()
    );
    assert!(first(Float64Array::from(vec![1e300])).get::<f32>(0).is_err());
}

#[test]
fn null_needs_an_option() {
    let row = first(Int32Array::from(vec![None, Some(1)]));
    assert_eq!(row.get::<Option<i32>>(0).unwrap(), None);
    let error = row.get::<i32>(0).unwrap_err();
    assert_eq!(
        (error.kind(), error.sqlstate()),
        (Kind::Conversion, SqlState::NULL_WITHOUT_OPTION)
    );
    assert_eq!(first(NullArray::new(1)).get::<Option<String>>(0).unwrap(), None);
}

#[test]
fn a_wrong_type_is_refused_in_the_first_row_even_where_it_is_null() {
    let row = first(StringArray::from(vec![None::<&str>]));
    assert_eq!(
        row.get::<Option<i32>>(0).unwrap_err().sqlstate(),
        SqlState::TYPE_MISMATCH
    );
    let row = first(BooleanArray::from(vec![true]));
    assert_eq!(
        row.get::<&str>(0).unwrap_err().sqlstate(),
        SqlState::TYPE_MISMATCH
    );
}

#[test]
fn columns_are_found_by_name_and_by_place() {
    let row = first(Int32Array::from(vec![7]));
    assert_eq!(
        (row.get::<i32>("c").unwrap(), row.get::<i32>("C").unwrap()),
        (7, 7)
    );
    for error in [row.get::<i32>("d").unwrap_err(), row.get::<i32>(1).unwrap_err()] {
        assert_eq!(error.sqlstate(), SqlState::COLUMN_NOT_FOUND, "{error}");
    }
}

#[test]
fn decimals_keep_every_digit() {
    let digits = Decimal128Array::from(vec![12_345])
        .with_precision_and_scale(10, 2)
        .unwrap();
    let row = first(digits);
    assert_eq!(row.get::<Decimal>(0).unwrap().to_string(), "123.45");
    let long = i256::from_string(&"9".repeat(76)).unwrap();
    let digits = Decimal256Array::from(vec![long])
        .with_precision_and_scale(76, 38)
        .unwrap();
    let expected = format!("{}.{}", "9".repeat(38), "9".repeat(38));
    assert_eq!(first(digits).get::<Decimal>(0).unwrap().to_string(), expected);
    assert_eq!(expected.parse::<Decimal>().unwrap().to_string(), expected);
    for wrong in ["", ".", "1.2.3", "1e", "--1", "0x1", &"9".repeat(80)] {
        assert!(wrong.parse::<Decimal>().is_err(), "{wrong}");
    }
}

#[test]
fn times_keep_their_nanoseconds() {
    let at = 1_709_210_096_789_012_345;
    let naive = first(TimestampNanosecondArray::from(vec![at]));
    assert_eq!(
        naive.get::<Timestamp>(0).unwrap().to_string(),
        "2024-02-29T12:34:56.789012345"
    );
    let zoned = first(TimestampNanosecondArray::from(vec![at]).with_timezone("+02:00"));
    assert_eq!(
        zoned.get::<Timestamp>(0).unwrap().to_ticks(TimeUnit::Nanosecond),
        Some(at)
    );
    let day = first(Date32Array::from(vec![19_782]));
    assert_eq!(day.get::<Date>(0).unwrap().to_ymd(), (2024, 2, 29));
    assert_eq!(
        first(Date64Array::from(vec![19_782 * 86_400_000]))
            .get::<Date>(0)
            .unwrap()
            .to_ymd(),
        (2024, 2, 29)
    );
    let time = first(Time64NanosecondArray::from(vec![86_399_999_999_999]));
    assert_eq!(
        time.get::<Time>(0).unwrap().to_hms_nano(),
        (23, 59, 59, 999_999_999)
    );
    let length = first(DurationMillisecondArray::from(vec![-1500]));
    assert_eq!(
        length.get::<Duration>(0).unwrap().total_nanoseconds(),
        -1_500_000_000
    );
    let interval = IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(14, -3, 5)]);
    assert!(!first(interval).get::<Interval>(0).unwrap().to_string().is_empty());
}

#[test]
fn times_beyond_every_calendar_are_printed_and_do_not_panic() {
    for ticks in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX] {
        let row = first(TimestampSecondArray::from(vec![ticks]).with_timezone("Europe/Nowhere"));
        assert!(!row.value(0).unwrap().to_string().is_empty());
        let row = first(Date64Array::from(vec![ticks]));
        let _printed = row.value(0).map(|value| value.to_json());
        let row = first(Time64NanosecondArray::from(vec![ticks]));
        let _printed = row.value(0).map(|value| value.to_string());
    }
}

#[test]
fn lists_structs_and_maps_are_read_whole() {
    let numbers = || vec![Some(vec![Some(1), None, Some(3)])];
    let lists: Vec<ArrayRef> = vec![
        Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(numbers())),
        Arc::new(LargeListArray::from_iter_primitive::<Int32Type, _, _>(numbers())),
        Arc::new(FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(
            numbers(),
            3,
        )),
    ];
    for list in lists {
        let row = row(list, 0);
        assert_eq!(row.get::<Vec<Option<i64>>>(0).unwrap(), [Some(1), None, Some(3)]);
        assert_eq!(row.value(0).unwrap().to_json(), "[1,null,3]");
        assert!(row.get::<Vec<i64>>(0).is_err());
    }
    let fields = StructArray::from(vec![
        (
            Arc::new(Field::new("a", DataType::Int32, true)),
            Arc::new(Int32Array::from(vec![1])) as ArrayRef,
        ),
        (
            Arc::new(Field::new("b", DataType::Utf8, true)),
            Arc::new(StringArray::from(vec!["\"x\""])) as ArrayRef,
        ),
    ]);
    assert_eq!(
        first(fields).value(0).unwrap().to_json(),
        r#"{"a":1,"b":"\"x\""}"#
    );
    let mut map = MapBuilder::new(None, StringBuilder::new(), arrow::array::Int32Builder::new());
    map.keys().append_value("k");
    map.values().append_value(5);
    map.append(true).unwrap();
    let row = first(map.finish());
    assert_eq!(
        row.get::<BTreeMap<String, i32>>(0).unwrap(),
        BTreeMap::from([("k".to_owned(), 5)])
    );
}

#[test]
fn an_extension_type_is_read_by_its_name() {
    let bytes: Vec<u8> = (0..16).collect();
    let array = FixedSizeBinaryArray::try_from_iter([bytes].into_iter()).unwrap();
    let metadata = [("ARROW:extension:name".to_owned(), "arrow.uuid".to_owned())];
    let field = Field::new("id", DataType::FixedSizeBinary(16), true)
        .with_metadata(std::collections::HashMap::from(metadata));
    let row = row_of(field, Arc::new(array), 0);
    assert_eq!(
        row.get::<Uuid>("id").unwrap().to_string(),
        "00010203-0405-0607-0809-0a0b0c0d0e0f"
    );
    assert!(matches!(row.value(0).unwrap(), Value::Uuid(_)));
}

#[test]
fn a_tuple_reads_a_row() {
    let batch = RecordBatch::try_from_iter([
        ("a", Arc::new(Int32Array::from(vec![1])) as ArrayRef),
        ("b", Arc::new(StringArray::from(vec![Some("x")])) as ArrayRef),
    ]);
    let batch = batch.unwrap();
    let columns = Arc::new(Columns::new(batch.schema()));
    let row = RowChunk::new(columns, batch, 0).unwrap().row(0).unwrap();
    assert_eq!(row.into_tuple::<(i64, String)>().unwrap(), (1, "x".to_owned()));
}

fn bound(params: &Params, schema: Option<&Schema>) -> Result<Row, Error> {
    let batch = params.to_batch(schema)?;
    let columns = Arc::new(Columns::new(batch.schema()));
    Ok(RowChunk::new(columns, batch, 0)?.row(0).unwrap())
}

#[test]
fn parameters_fit_the_types_the_server_names() {
    let field = |data_type| Schema::new(vec![Field::new("p", data_type, true)]);
    let narrow = bound(&Params::from((5_i64,)), Some(&field(DataType::Int16))).unwrap();
    assert_eq!(narrow.columns().schema().field(0).data_type(), &DataType::Int16);
    let error = bound(&Params::from((70_000_i64,)), Some(&field(DataType::Int16))).unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::NUMBER_OUT_OF_RANGE, "{error}");
    let error = bound(&Params::from(("x",)), Some(&field(DataType::Int16))).unwrap_err();
    assert_eq!(error.kind(), Kind::Conversion, "{error}");
    let unknown = bound(&Params::from((5_i64,)), Some(&field(DataType::Null))).unwrap();
    assert_eq!(unknown.columns().schema().field(0).data_type(), &DataType::Int64);
    for data_type in [
        DataType::Utf8,
        DataType::Date32,
        DataType::Decimal128(10, 2),
        DataType::Boolean,
        DataType::Binary,
    ] {
        let null = bound(&Params::from((None::<i64>,)), Some(&field(data_type))).unwrap();
        assert!(null.value(0).unwrap().is_null());
    }
}

#[test]
fn a_wrong_number_of_parameters_is_refused() {
    let schema = Schema::new(vec![Field::new("p", DataType::Int64, true)]);
    for params in [Params::from((1, 2)), Params::named([("q", Value::from(1))])] {
        let error = params.to_batch(Some(&schema)).unwrap_err();
        assert_eq!(error.sqlstate(), SqlState::WRONG_PARAMETER_COUNT, "{error}");
    }
}

#[test]
fn debug_shows_no_parameter() {
    assert!(!format!("{:?}", Params::from(("planted",))).contains("planted"));
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i8>().prop_map(Value::from),
        any::<i16>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("NaN equals nothing", |number| !number.is_nan())
            .prop_map(Value::from),
        ".*".prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::from),
        any::<[u8; 16]>().prop_map(|bytes| Value::from(Uuid(bytes))),
        (any::<i32>(), 0_u32..1_000_000_000).prop_map(|(seconds, nanosecond)| {
            Value::from(Timestamp::new(i64::from(seconds), nanosecond, None).unwrap())
        }),
        (0_u8..24, 0_u8..60, 0_u8..60, 0_u32..1_000_000_000)
            .prop_map(|(h, m, s, n)| Value::from(Time::from_hms_nano(h, m, s, n).unwrap())),
        (-9999_i32..9999, 1_u8..=12, 1_u8..=28)
            .prop_map(|(y, m, d)| Value::from(Date::from_ymd(y, m, d).unwrap())),
        "-?[1-9][0-9]{0,20}\\.[0-9]{1,15}".prop_map(|text| Value::from(text.parse::<Decimal>().unwrap())),
    ]
}

proptest! {
    #[test]
    fn every_value_survives_the_way_to_arrow_and_back(value in value()) {
        let row = bound(&Params::from((value.clone(),)), None).unwrap();
        prop_assert_eq!(row.value(0).unwrap(), value);
    }

    #[test]
    fn every_integer_is_read_exactly_or_refused(number in any::<i64>()) {
        let row = first(Int64Array::from(vec![number]));
        prop_assert_eq!(row.get::<i8>(0).ok(), i8::try_from(number).ok());
        prop_assert_eq!(row.get::<u32>(0).ok(), u32::try_from(number).ok());
        prop_assert_eq!(row.get::<i128>(0).ok(), Some(i128::from(number)));
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in ".*") {
        let _decimal = text.parse::<Decimal>();
        let _value = Value::from(text.as_str()).to_json();
        let _type = text.to_value();
    }
}
