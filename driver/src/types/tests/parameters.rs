//! Values as parameters of every type, and back.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, Schema, TimeUnit, UnionFields, UnionMode};

use super::bound;
use crate::error::{Kind, SqlState};
use crate::types::{Date, Decimal, Interval, Params, Time, Timestamp, ToParam, Uuid, Value};

pub(super) fn schema(data_type: DataType) -> Schema {
    Schema::new(vec![Field::new("p", data_type, true)])
}

/// The value after it was sent as a type and read again.
pub(super) fn sent(value: &Value, data_type: DataType) -> Result<Value, crate::Error> {
    bound(&Params::from((value.clone(),)), Some(&schema(data_type)))?.value(0)
}

pub(super) fn item(data_type: DataType) -> Arc<Field> {
    Arc::new(Field::new("item", data_type, true))
}

#[test]
fn a_struct_fits_by_the_names_of_its_fields() {
    let fields = Fields::from(vec![
        Field::new("b", DataType::Utf8, true),
        Field::new("a", DataType::Int16, true),
    ]);
    let given = Value::Struct(vec![("a".to_owned(), Value::from(1_i64))]);
    let read = sent(&given, DataType::Struct(fields.clone())).unwrap();
    assert_eq!(read.to_json(), r#"{"b":null,"a":1}"#);
    let unknown = Value::Struct(vec![("z".to_owned(), Value::Null)]);
    assert_eq!(
        sent(&unknown, DataType::Struct(fields)).unwrap_err().sqlstate(),
        SqlState::TYPE_MISMATCH
    );
}

#[test]
fn what_does_not_fit_is_refused_with_the_reason() {
    let late = Timestamp::new(i64::MAX, 0, None).unwrap();
    let many: Value = Value::List((0..3).map(Value::from).collect());
    for (value, data_type, state) in [
        (Value::from(300), DataType::Int8, "22003"),
        (Value::from(-1), DataType::UInt64, "22003"),
        (Value::from(1.5), DataType::Int32, "22003"),
        (Value::from(f64::NAN), DataType::Int32, "22003"),
        (Value::from(f64::INFINITY), DataType::Decimal128(10, 2), "22003"),
        (Value::from(1e300), DataType::Float32, "22003"),
        (Value::from(1e6), DataType::Float16, "22003"),
        (Value::from(2), DataType::Boolean, "22003"),
        (Value::from("yes?"), DataType::Boolean, "22018"),
        (Value::from("x"), DataType::Float64, "22018"),
        (
            Value::from(Decimal::new(123, 2)),
            DataType::Decimal128(10, 1),
            "22003",
        ),
        (
            Value::from(Decimal::new(12_345, 0)),
            DataType::Decimal32(4, 0),
            "22003",
        ),
        (Value::from(vec![1_u8]), DataType::Utf8, "07006"),
        (Value::from(vec![1_u8]), DataType::FixedSizeBinary(2), "22003"),
        (Value::from("x"), DataType::Binary, "07006"),
        (Value::from("x"), DataType::Date32, "22018"),
        (Value::from(1), DataType::Date32, "07006"),
        (
            Value::from(late.clone()),
            DataType::Timestamp(TimeUnit::Millisecond, None),
            "22003",
        ),
        (Value::from(late), DataType::Date32, "22003"),
        (
            Value::from(Interval::new(1, 1, 0)),
            DataType::Interval(IntervalUnit::YearMonth),
            "22003",
        ),
        (
            Value::from(Interval::new(1, 1, 0)),
            DataType::Duration(TimeUnit::Second),
            "22003",
        ),
        (
            many.clone(),
            DataType::FixedSizeList(item(DataType::Int32), 2),
            "22003",
        ),
        (many, DataType::new_list(DataType::Utf8, true), ""),
        (
            Value::List(vec![Value::from(300)]),
            DataType::new_list(DataType::Int8, true),
            "22003",
        ),
        (
            Value::List(vec![Value::Null]),
            DataType::new_list(DataType::Int8, false),
            "22002",
        ),
        (Value::from(1), DataType::new_list(DataType::Int8, true), "07006"),
        (Value::List(vec![]), DataType::Utf8, "07006"),
    ] {
        match sent(&value, data_type.clone()) {
            Ok(_) => assert_eq!(state, "", "{} fits {data_type}", value.kind()),
            Err(error) => {
                assert_eq!(error.sqlstate().as_str(), state, "{error}");
                assert_eq!(error.kind(), Kind::Conversion);
                for word in ["parameter 1", "\"p\"", value.kind(), &data_type.to_string()] {
                    assert!(error.message().contains(word), "{word} is not in: {error}");
                }
            }
        }
    }
}

#[test]
fn an_error_of_many_rows_names_the_row_and_not_the_value() {
    let rows = Params::rows([(1_i64, "a"), (2, "b"), (98_765, "c")]);
    let wanted = Schema::new(vec![
        Field::new("n", DataType::Int16, false),
        Field::new("t", DataType::Utf8, false),
    ]);
    let error = rows.to_batch(Some(&wanted)).unwrap_err();
    assert!(error.message().contains("row 2"), "{error}");
    assert!(!error.to_string().contains("98765"), "{error}");
}

#[test]
fn text_is_read_where_the_server_wants_something_else() {
    for (text, data_type, expected) in [
        ("12", DataType::Int64, Value::from(12_i64)),
        (" -0.5 ", DataType::Float64, Value::from(-0.5)),
        (
            "1.10",
            DataType::Decimal128(5, 2),
            Value::from(Decimal::new(110, 2)),
        ),
        ("TRUE", DataType::Boolean, Value::from(true)),
        (
            "2024-02-29",
            DataType::Date32,
            Value::from(Date::from_days(19_782)),
        ),
        (
            "12:00",
            DataType::Time64(TimeUnit::Nanosecond),
            Value::from(Time::from_hms_nano(12, 0, 0, 0).unwrap()),
        ),
        (
            "2024-02-29",
            DataType::Timestamp(TimeUnit::Microsecond, None),
            Value::from(Timestamp::from_date_time(
                Date::from_days(19_782),
                Time::default(),
                None,
            )),
        ),
    ] {
        assert_eq!(sent(&Value::from(text), data_type).unwrap(), expected, "{text}");
    }
}

#[test]
fn what_is_no_text_is_written_where_the_server_wants_text() {
    for (value, text) in [
        (Value::from(5), "5"),
        (Value::from(true), "true"),
        (Value::from(Decimal::new(150, 2)), "1.50"),
        (Value::from(Date::from_days(0)), "1970-01-01"),
        (
            Value::from(Uuid::default()),
            "00000000-0000-0000-0000-000000000000",
        ),
    ] {
        assert_eq!(sent(&value, DataType::Utf8).unwrap(), Value::from(text));
    }
}

#[test]
fn extension_types_take_what_they_stand_for() {
    let sent = |value: Value, data_type: DataType, extension: &'static str| {
        let field = Field::new("p", data_type, true).with_metadata([("ARROW:extension:name", extension)]);
        bound(&Params::from((value,)), Some(&Schema::new(vec![field])))
            .unwrap()
            .value(0)
            .unwrap()
    };
    let uuid = Uuid([9; 16]);
    assert_eq!(
        sent(
            Value::from(uuid.to_string()),
            DataType::FixedSizeBinary(16),
            "arrow.uuid"
        ),
        Value::from(uuid)
    );
    assert_eq!(
        sent(Value::from(true), DataType::Int8, "arrow.bool8"),
        Value::from(true)
    );
    let list = Value::List(vec![Value::from(1), Value::Null]);
    assert_eq!(sent(list, DataType::Utf8, "arrow.json"), Value::from("[1,null]"));
}

#[test]
fn a_timestamp_without_a_zone_is_read_in_the_zone_of_the_parameter() {
    let local = Value::from("2024-02-29T12:34:56".parse::<Timestamp>().unwrap());
    let there = sent(
        &local,
        DataType::Timestamp(TimeUnit::Second, Some("+02:00".into())),
    )
    .unwrap();
    assert_eq!(there.to_string(), "2024-02-29T12:34:56+02:00");
    let back = sent(&there, DataType::Timestamp(TimeUnit::Second, None)).unwrap();
    assert_eq!(back, local);
    let named = sent(
        &local,
        DataType::Timestamp(TimeUnit::Second, Some("Europe/Berlin".into())),
    );
    assert_eq!(named.unwrap_err().sqlstate(), SqlState::TYPE_MISMATCH);
}

#[test]
fn a_fraction_finer_than_the_parameter_is_cut_off() {
    let fine = Value::from(Timestamp::new(-1, 999_999_999, None).unwrap());
    let cut = sent(&fine, DataType::Timestamp(TimeUnit::Microsecond, None)).unwrap();
    assert_eq!(cut, Value::from(Timestamp::new(-1, 999_999_000, None).unwrap()));
}

#[test]
fn parameters_are_found_by_name_with_any_prefix_and_in_any_order() {
    let params = Params::named([("b", Value::from("x")), (":a", Value::from(1))]);
    let wanted = Schema::new(vec![
        Field::new("$a", DataType::Int64, true),
        Field::new("@b", DataType::Utf8, true),
        Field::new("$a", DataType::Int64, true),
    ]);
    let row = bound(&params, Some(&wanted)).unwrap();
    assert_eq!(
        row.values().unwrap(),
        [Value::from(1_i64), Value::from("x"), Value::from(1_i64)]
    );
    let extra = Params::named([("a", Value::from(1)), ("b", Value::Null), ("c", Value::Null)]);
    let error = extra.to_batch(Some(&wanted)).unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::WRONG_PARAMETER_COUNT);
    assert!(error.message().contains("\"c\""), "{error}");
}

#[test]
fn without_a_schema_parameters_are_numbered_or_keep_their_names() {
    let batch = Params::from((1, "x", None::<f64>, None::<&str>))
        .to_batch(None)
        .unwrap();
    let fields: Vec<(&str, &DataType)> = batch
        .schema_ref()
        .fields()
        .iter()
        .map(|field| (field.name().as_str(), field.data_type()))
        .collect();
    assert_eq!(
        fields,
        [
            ("1", &DataType::Int32),
            ("2", &DataType::Utf8),
            ("3", &DataType::Float64),
            ("4", &DataType::Utf8)
        ]
    );
    let batch = Params::named([("id", 1.into())])
        .to_batch(Some(&Schema::empty()))
        .unwrap();
    assert_eq!(batch.schema_ref().field(0).name(), "id");
}

#[test]
fn a_union_or_null_in_the_schema_means_that_the_type_is_unknown() {
    let fields = UnionFields::try_new(vec![0], vec![Field::new("i", DataType::Int64, true)]).unwrap();
    for unknown in [DataType::Null, DataType::Union(fields, UnionMode::Dense)] {
        let batch = Params::from(("x",)).to_batch(Some(&schema(unknown))).unwrap();
        assert_eq!(
            (
                batch.schema_ref().field(0).name().as_str(),
                batch.column(0).data_type()
            ),
            ("p", &DataType::Utf8)
        );
    }
}

#[test]
fn rows_of_different_types_find_a_common_one_or_are_refused() {
    let common = |left: Value, right: Value| {
        let batch = Params::rows([(left,), (right,)]).to_batch(None)?;
        Ok::<_, crate::Error>(batch.column(0).data_type().clone())
    };
    assert_eq!(common(1_i8.into(), 1_u8.into()).unwrap(), DataType::Int16);
    assert_eq!(
        common(1_i64.into(), u64::MAX.into()).unwrap(),
        DataType::Decimal128(38, 0)
    );
    assert_eq!(common(1_i64.into(), 0.5.into()).unwrap(), DataType::Float64);
    assert_eq!(
        common(Decimal::new(1, 2).into(), 1.into()).unwrap(),
        DataType::Decimal128(38, 2)
    );
    assert_eq!(common(Value::Null, "x".into()).unwrap(), DataType::Utf8);
    let error = common(1.into(), "x".into()).unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::TYPE_MISMATCH);
    assert!(
        error.message().contains("Int32") && error.message().contains("Utf8"),
        "{error}"
    );
}

#[test]
fn rows_must_go_together() {
    let none = Params::rows(Vec::<(i32,)>::new());
    let batch = none.to_batch(Some(&schema(DataType::Int64))).unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (0, 1));
    let ragged = Params::rows([vec![1], vec![1, 2]]);
    assert_eq!(
        ragged.to_batch(None).unwrap_err().sqlstate(),
        SqlState::WRONG_PARAMETER_COUNT
    );
    let named = Params::rows([Params::named([("a", 1.into())]), Params::named([("b", 1.into())])]);
    assert_eq!(
        named.to_batch(None).unwrap_err().sqlstate(),
        SqlState::WRONG_PARAMETER_COUNT
    );
    let none: RecordBatch = Params::none().to_batch(None).unwrap();
    assert_eq!((none.num_rows(), none.num_columns()), (0, 0));
    assert!(Params::none().to_batch(Some(&schema(DataType::Int64))).is_err());
}

#[test]
fn a_record_batch_is_sent_as_it_is() {
    let batch = RecordBatch::try_from_iter([("any", Arc::new(Int32Array::from(vec![1, 2])) as _)]).unwrap();
    let params = Params::from(batch.clone());
    assert_eq!((params.len(), params.row_count()), (1, 2));
    assert_eq!(params.to_batch(Some(&schema(DataType::Utf8))).unwrap(), batch);
    assert_eq!(params.to_rows().unwrap(), [[Value::from(1)], [Value::from(2)]]);
}

#[test]
fn parameters_come_in_many_forms() {
    let text = String::from("x");
    let dynamic: [&dyn ToParam; 3] = [&1, &"x", &None::<i64>];
    let forms = [
        Params::from((1, "x", None::<i64>)),
        Params::from(&dynamic),
        Params::from(&dynamic[..]),
        Params::from(vec![Value::from(1), Value::from("x"), Value::Null]),
        Params::from((&1, &text, Box::new(None::<i64>))),
    ];
    for params in forms {
        assert_eq!(
            params.to_rows().unwrap(),
            [[Value::from(1), Value::from("x"), Value::Null]]
        );
    }
    let bytes = Params::from((vec![1_u8], [2_u8; 2], &[3_u8][..], b"x", vec![1_i32]));
    let row = bytes.to_rows().unwrap().remove(0);
    assert!(
        row[..4].iter().all(|value| matches!(value, Value::Binary(_))),
        "{row:?}"
    );
    assert_eq!(row[4], Value::List(vec![Value::from(1)]));
}

#[test]
fn maps_are_parameters_by_name_and_columns_many_rows() {
    let map = BTreeMap::from([("a", 1), ("b", 2)]);
    let params = Params::from(map.clone());
    assert_eq!(params.names(), Some(vec!["a", "b"]));
    assert_eq!(params.to_rows().unwrap(), [[Value::from(1), Value::from(2)]]);
    let hashed = Params::from(HashMap::from([("a".to_owned(), "x")]));
    assert_eq!((hashed.names(), hashed.len()), (Some(vec!["a"]), 1));
    let row = Params::from((
        &map,
        7_usize,
        -7_isize,
        Cow::Borrowed(&b"x"[..]),
        Box::<str>::from("y"),
    ));
    assert!(matches!(&row.to_rows().unwrap()[0][0], Value::Map(entries) if entries.len() == 2));

    let columns = |lengths: [usize; 2]| {
        let arrays = lengths.map(|length| Arc::new(Int32Array::from(vec![1; length])) as ArrayRef);
        Params::columns(arrays)
    };
    assert_eq!((columns([3, 3]).row_count(), columns([3, 3]).len()), (3, 2));
    let error = columns([3, 2]).to_batch(None).unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::WRONG_PARAMETER_COUNT);
    assert!(Params::columns([]).is_none());
}

#[cfg(feature = "serde")]
#[test]
fn what_serde_writes_is_parameters_by_name_or_place() {
    #[derive(serde::Serialize)]
    struct Order<'a> {
        id: u32,
        note: Option<&'a str>,
        items: Vec<(String, f64)>,
        state: State,
    }
    #[derive(serde::Serialize)]
    enum State {
        Open,
        Paid { cents: i64 },
    }
    let order = |note, state| Order {
        id: 7,
        note,
        items: vec![("x".to_owned(), 0.5)],
        state,
    };
    let params = Params::from_serde(&order(None, State::Open)).unwrap();
    assert_eq!(params.names(), Some(vec!["id", "note", "items", "state"]));
    let items = Value::List(vec![Value::List(vec![Value::from("x"), Value::from(0.5)])]);
    assert_eq!(
        params.to_rows().unwrap(),
        [[Value::from(7_u32), Value::Null, items, Value::from("Open")]]
    );
    let paid = Params::from_serde(&order(Some("n"), State::Paid { cents: 5 })).unwrap();
    let cents = Value::Struct(vec![("cents".to_owned(), Value::from(5_i64))]);
    assert_eq!(
        paid.to_rows().unwrap()[0][3],
        Value::Struct(vec![("Paid".to_owned(), cents)])
    );

    let by_place = Params::from_serde(&(1, "x", 'c', u128::MAX)).unwrap();
    assert_eq!((by_place.names(), by_place.len()), (None, 4));
    assert_eq!(
        by_place.to_rows().unwrap()[0][3].to_string(),
        u128::MAX.to_string()
    );
    let ours = (
        Date::from_days(1),
        Uuid([7; 16]),
        Decimal::new(-5, 2),
        None::<Time>,
    );
    assert_eq!(
        Params::from_serde(&ours).unwrap().to_rows().unwrap(),
        [[
            Value::from(ours.0),
            Value::from(ours.1),
            Value::from(ours.2),
            Value::Null
        ]]
    );
    let map = Params::from_serde(&HashMap::from([("k", true)])).unwrap();
    assert_eq!(map.names(), Some(vec!["k"]));
    assert!(Params::from_serde(&()).unwrap().is_none());
    for wrong in [
        Params::from_serde(&5),
        Params::from_serde(&HashMap::from([(1, 2)])),
    ] {
        assert_eq!(wrong.unwrap_err().sqlstate(), SqlState::TYPE_MISMATCH);
    }
}
