//! Arrays laid out in the rarer ways, sliced, and broken.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Decimal32Array, Decimal64Array, DictionaryArray, FixedSizeBinaryArray, Float64Array,
    Int8Array, Int16Array, Int32Array, Int64Array, IntervalDayTimeArray, IntervalYearMonthArray,
    LargeListViewArray, LargeStringArray, ListArray, ListViewArray, RunArray, StringArray, StringViewArray,
    StructArray, Time32MillisecondArray, Time32SecondArray, Time64MicrosecondArray, UInt8Array, UInt16Array,
    UnionArray,
};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{
    DataType, Field, Int8Type, Int16Type, Int32Type, Int64Type, IntervalDayTime, UInt8Type, UInt64Type,
    UnionFields,
};

use super::{first, row, row_of};
use crate::error::{Kind, SqlState};
use crate::types::{Cell, Decimal, Interval, Time, Unreadable, Uuid, Value};

fn dictionary<K: arrow::datatypes::ArrowDictionaryKeyType>(
    keys: arrow::array::PrimitiveArray<K>,
) -> ArrayRef {
    let values = Arc::new(StringArray::from(vec![Some("a"), None]));
    Arc::new(DictionaryArray::<K>::try_new(keys, values).unwrap())
}

#[test]
fn a_dictionary_is_read_whatever_its_keys() {
    for array in [
        dictionary(Int8Array::from(vec![Some(0), Some(1), None])),
        dictionary(Int16Array::from(vec![Some(0), Some(1), None])),
        dictionary(Int32Array::from(vec![Some(0), Some(1), None])),
        dictionary(Int64Array::from(vec![Some(0), Some(1), None])),
        dictionary(UInt8Array::from(vec![Some(0), Some(1), None])),
        dictionary(UInt16Array::from(vec![Some(0), Some(1), None])),
        dictionary(arrow::array::UInt32Array::from(vec![Some(0), Some(1), None])),
        dictionary(arrow::array::UInt64Array::from(vec![Some(0), Some(1), None])),
    ] {
        let read = |index| row(Arc::clone(&array), index).get::<Option<String>>(0).unwrap();
        assert_eq!(
            (read(0).as_deref(), read(1), read(2)),
            (Some("a"), None, None),
            "{}",
            array.data_type()
        );
    }
}

#[test]
fn a_dictionary_may_keep_an_extension_type() {
    let uuid = FixedSizeBinaryArray::try_from_iter([[7_u8; 16]].into_iter()).unwrap();
    let array = DictionaryArray::<Int8Type>::try_new(Int8Array::from(vec![0, 0]), Arc::new(uuid)).unwrap();
    let field = Field::new("c", array.data_type().clone(), true)
        .with_metadata([("ARROW:extension:name", "arrow.uuid")]);
    assert_eq!(
        row_of(field, Arc::new(array), 1).value(0).unwrap(),
        Value::Uuid(Uuid([7; 16]))
    );
}

#[test]
fn runs_are_read_also_where_the_batch_is_a_slice() {
    let values = StringViewArray::from(vec![Some("a"), None, Some("c")]);
    let runs = RunArray::<Int16Type>::try_new(&Int16Array::from(vec![2, 3, 6]), &values).unwrap();
    let read = |array: &RunArray<Int16Type>| -> Vec<Option<String>> {
        (0..array.len())
            .map(|index| row(Arc::new(array.clone()) as ArrayRef, index).get(0).unwrap())
            .collect()
    };
    let all: Vec<Option<String>> = [Some("a"), Some("a"), None, Some("c"), Some("c"), Some("c")]
        .map(|text| text.map(str::to_owned))
        .into();
    assert_eq!(read(&runs), all);
    assert_eq!(read(&runs.slice(1, 4)), all[1..5]);
    let long = RunArray::<Int64Type>::try_new(&Int64Array::from(vec![1]), &Int8Array::from(vec![5])).unwrap();
    assert_eq!(first(long).get::<i64>(0).unwrap(), 5);
}

#[test]
fn list_views_are_read_in_any_order() {
    let item = Arc::new(Field::new("item", DataType::Int32, true));
    let values: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3, 4]));
    let views = ListViewArray::try_new(
        Arc::clone(&item),
        ScalarBuffer::from(vec![2, 0, 1]),
        ScalarBuffer::from(vec![2, 0, 3]),
        Arc::clone(&values),
        None,
    );
    let views: ArrayRef = Arc::new(views.unwrap());
    let large = LargeListViewArray::try_new(
        item,
        ScalarBuffer::from(vec![2_i64, 0, 1]),
        ScalarBuffer::from(vec![2_i64, 0, 3]),
        values,
        Some(vec![true, true, true].into()),
    );
    let large: ArrayRef = Arc::new(large.unwrap());
    for array in [views, large] {
        let read = |index| row(Arc::clone(&array), index).get::<Vec<i32>>(0).unwrap();
        assert_eq!(
            (read(0), read(1), read(2)),
            (vec![3, 4], vec![], vec![2, 3, 4]),
            "{}",
            array.data_type()
        );
    }
}

#[test]
fn slices_of_nested_arrays_are_read_at_the_right_place() {
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![
        Some(vec![Some(1)]),
        None,
        Some(vec![Some(2), Some(3)]),
    ]);
    let structs = StructArray::from(vec![(
        Arc::new(Field::new("l", lists.data_type().clone(), true)),
        Arc::new(lists) as ArrayRef,
    )]);
    let sliced: ArrayRef = Arc::new(structs.slice(1, 2));
    assert_eq!(
        row(Arc::clone(&sliced), 0).value(0).unwrap().to_json(),
        r#"{"l":null}"#
    );
    assert_eq!(row(sliced, 1).value(0).unwrap().to_json(), r#"{"l":[2,3]}"#);
}

fn union(offsets: Option<Vec<i32>>) -> UnionArray {
    let fields = UnionFields::try_new(
        vec![3, 5],
        vec![
            Field::new("number", DataType::Int32, true),
            Field::new("text", DataType::Utf8, true),
        ],
    )
    .unwrap();
    let (numbers, texts) = if offsets.is_some() {
        (
            Int32Array::from(vec![Some(7), None]),
            StringArray::from(vec!["x"]),
        )
    } else {
        (
            Int32Array::from(vec![Some(7), Some(0), None]),
            StringArray::from(vec!["", "x", ""]),
        )
    };
    UnionArray::try_new(
        fields,
        ScalarBuffer::from(vec![3_i8, 5, 3]),
        offsets.map(ScalarBuffer::from),
        vec![Arc::new(numbers), Arc::new(texts)],
    )
    .unwrap()
}

#[test]
fn a_union_reads_as_what_it_holds() {
    for union in [union(Some(vec![0, 0, 1])), union(None)] {
        let array: ArrayRef = Arc::new(union.clone());
        assert_eq!(row(Arc::clone(&array), 0).get::<i64>(0).unwrap(), 7);
        assert_eq!(row(Arc::clone(&array), 1).get::<&str>(0).unwrap(), "x");
        assert_eq!(row(Arc::clone(&array), 2).get::<Option<i32>>(0).unwrap(), None);
        let error = row(array, 1).get::<i64>(0).unwrap_err();
        assert_eq!(error.sqlstate(), SqlState::TYPE_MISMATCH);
        let sliced: ArrayRef = Arc::new(union.slice(1, 2));
        assert_eq!(row(Arc::clone(&sliced), 0).get::<&str>(0).unwrap(), "x");
        assert!(row(sliced, 1).value(0).unwrap().is_null());
    }
}

#[test]
fn bool8_is_a_truth_value() {
    let field =
        Field::new("c", DataType::Int8, true).with_metadata([("ARROW:extension:name", "arrow.bool8")]);
    let read = |index| {
        let array = Arc::new(Int8Array::from(vec![Some(0), Some(-3), None]));
        row_of(field.clone(), array, index).value(0).unwrap()
    };
    assert_eq!(
        (read(0), read(1), read(2)),
        (Value::Bool(false), Value::Bool(true), Value::Null)
    );
}

#[test]
fn servers_without_truth_values_may_send_0_and_1() {
    assert!(first(Int64Array::from(vec![1])).get::<bool>(0).unwrap());
    assert!(!first(UInt8Array::from(vec![0])).get::<bool>(0).unwrap());
    let error = first(Int64Array::from(vec![2])).get::<bool>(0).unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::NUMBER_OUT_OF_RANGE);
}

#[test]
fn a_float_reads_integers_only_where_it_holds_them() {
    let largest = 1_i64 << 53;
    assert!(first(Int64Array::from(vec![largest])).get::<f64>(0).is_ok());
    assert!(first(Int64Array::from(vec![largest + 1])).get::<f64>(0).is_err());
    assert!(first(Int64Array::from(vec![i64::MIN])).get::<f64>(0).is_ok());
    assert!(
        first(Int64Array::from(vec![(1 << 24) + 1]))
            .get::<f32>(0)
            .is_err()
    );
    let error = first(Float64Array::from(vec![0.5])).get::<f32>(0).unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::TYPE_MISMATCH);
}

#[test]
fn narrow_decimals_are_read() {
    let narrow = Decimal32Array::from(vec![-105])
        .with_precision_and_scale(9, 2)
        .unwrap();
    assert_eq!(first(narrow).get::<Decimal>(0).unwrap().to_string(), "-1.05");
    let whole = Decimal64Array::from(vec![1200])
        .with_precision_and_scale(18, 2)
        .unwrap();
    let row = first(whole);
    assert_eq!(
        (row.get::<i8>(0).unwrap(), row.get::<Decimal>(0).unwrap()),
        (12, Decimal::from(12))
    );
    let fraction = Decimal64Array::from(vec![1250])
        .with_precision_and_scale(18, 2)
        .unwrap();
    assert_eq!(
        first(fraction).get::<i64>(0).unwrap_err().sqlstate(),
        SqlState::NUMBER_OUT_OF_RANGE
    );
}

#[test]
fn times_of_every_unit_are_read_and_those_outside_the_day_refused() {
    let noon = Time::from_hms_nano(12, 0, 0, 0).unwrap();
    for array in [
        Arc::new(Time32SecondArray::from(vec![43_200, 86_400])) as ArrayRef,
        Arc::new(Time32MillisecondArray::from(vec![43_200_000, -1])),
        Arc::new(Time64MicrosecondArray::from(vec![43_200_000_000, i64::MAX])),
    ] {
        assert_eq!(row(Arc::clone(&array), 0).get::<Time>(0).unwrap(), noon);
        let error = row(array, 1).get::<Time>(0).unwrap_err();
        assert_eq!(error.sqlstate(), SqlState::NUMBER_OUT_OF_RANGE, "{error}");
    }
}

#[test]
fn intervals_of_every_unit_are_read() {
    let months = first(IntervalYearMonthArray::from(vec![-14]));
    assert_eq!(months.get::<Interval>(0).unwrap(), Interval::new(-14, 0, 0));
    let days = first(IntervalDayTimeArray::from(vec![IntervalDayTime::new(
        i32::MIN,
        i32::MIN,
    )]));
    let lowest = i64::from(i32::MIN) * 1_000_000;
    assert_eq!(
        days.get::<Interval>(0).unwrap(),
        Interval::new(0, i32::MIN, lowest)
    );
}

#[test]
fn a_batch_with_other_columns_is_a_broken_promise() {
    let columns = Arc::clone(first(Int8Array::from(vec![1])).columns());
    let other = arrow::array::RecordBatch::try_from_iter([
        ("a", Arc::new(Int8Array::from(vec![1])) as ArrayRef),
        ("b", Arc::new(Int8Array::from(vec![1])) as ArrayRef),
    ]);
    let error = crate::cursor::RowChunk::new(columns, other.unwrap(), 0).unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol);
}

#[test]
fn a_place_outside_an_array_is_corrupt_and_no_panic() {
    use crate::types::Accessor;
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![1])),
        Arc::new(StringArray::from(vec!["x"])),
        Arc::new(UInt16Array::from(vec![1])),
        Arc::new(arrow::array::NullArray::new(1)),
        dictionary(arrow::array::PrimitiveArray::<UInt64Type>::from(vec![0])),
        dictionary(arrow::array::PrimitiveArray::<UInt8Type>::from(vec![0])),
        Arc::new(
            RunArray::<Int16Type>::try_new(&Int16Array::from(vec![1]), &Int8Array::from(vec![5])).unwrap(),
        ),
        Arc::new(union(Some(vec![0, 0, 1])).slice(0, 1)),
        Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(
            vec![Some(1)],
        )])),
    ];
    for array in arrays {
        let field = Field::new("c", array.data_type().clone(), true);
        let accessor = Accessor::bind(&array, &field).unwrap();
        for place in [1, 2, usize::MAX] {
            assert!(
                matches!(accessor.cell(place), Err(Unreadable::Corrupt)),
                "{}",
                array.data_type()
            );
        }
    }
}

#[test]
fn text_and_bytes_are_shared_with_the_batch() {
    let long = "a text too long to lie in its view";
    let layouts: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![Some("x"), Some(long), None])),
        Arc::new(LargeStringArray::from(vec![Some("x"), Some(long), None])),
        Arc::new(StringViewArray::from(vec![Some("x"), Some(long), None])),
        Arc::new(
            [Some("x"), Some(long), None]
                .into_iter()
                .collect::<DictionaryArray<Int32Type>>(),
        ),
    ];
    for layout in layouts {
        for layout in [Arc::clone(&layout), layout.slice(1, 2)] {
            let (place, null) = (layout.len() - 2, layout.len() - 1);
            let (kind, long_row) = (layout.data_type().clone(), row(Arc::clone(&layout), place));
            let shared = long_row.shared_bytes(0).unwrap().unwrap();
            assert_eq!(shared.as_slice(), long.as_bytes(), "{kind}");
            assert_eq!(
                shared.as_ptr(),
                long_row.get::<&str>(0).unwrap().as_ptr(),
                "{kind}"
            );
            assert!(row(layout, null).shared_bytes("c").unwrap().is_none(), "{kind}");
        }
    }
    let fixed = FixedSizeBinaryArray::try_from_iter([[1_u8, 2], [3, 4]].into_iter()).unwrap();
    let fixed: ArrayRef = Arc::new(fixed.slice(1, 1));
    assert_eq!(row(fixed, 0).shared_bytes(0).unwrap().unwrap().as_slice(), [3, 4]);
    let error = first(Int32Array::from(vec![1])).shared_bytes(0).unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::TYPE_MISMATCH);
}

#[test]
fn a_cell_borrows_what_lies_in_the_batch() {
    let array = StringArray::from(vec!["a text that lies in the batch"]);
    let place = array.value_data().as_ptr();
    let row = first(array);
    assert_eq!(row.get::<&str>(0).unwrap().as_ptr(), place);
    assert!(matches!(row.get::<Cell<'_>>(0).unwrap(), Cell::Text(text) if text.as_ptr() == place));
}
