//! Rows, and the errors that name a place in them.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, Int64Array, RecordBatch, StringArray};

use super::refusal::short;
use super::{Row, RowChunk};
use crate::error::{Operation, SqlState};
use crate::types::{Columns, Value};

fn chunk(first_row: u64) -> RowChunk {
    let batch = RecordBatch::try_from_iter([
        ("id", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
        (
            "name",
            Arc::new(StringArray::from(vec![Some("Ada"), None])) as ArrayRef,
        ),
    ])
    .unwrap();
    RowChunk::new(Arc::new(Columns::new(batch.schema())), batch, first_row).unwrap()
}

#[test]
fn an_error_names_column_row_and_both_types() {
    let row = chunk(40).row(1).unwrap();
    let error = row.get::<String>("name").unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::NULL_WITHOUT_OPTION);
    assert_eq!(error.operation(), Some(&Operation::Convert));
    for words in ["column 1 (\"name\")", "row 41", "Utf8", "String"] {
        assert!(error.message().contains(words), "{words} is not in: {error}");
    }
    assert_eq!(error.get_hint(), Some("read it as Option<String>"));
}

#[test]
fn an_error_does_not_show_the_value() {
    let error = chunk(0).row(0).unwrap().get::<i64>("name").unwrap_err();
    assert!(!error.to_string().contains("Ada"), "{error}");
}

#[test]
fn a_tuple_has_as_many_members_as_the_row_has_columns() {
    let row = chunk(0).row(0).unwrap();
    assert_eq!(row.read_all::<(i32, &str)>().unwrap(), (1, "Ada"));
    assert_eq!(
        row.read_all::<(i32,)>().unwrap_err().sqlstate(),
        SqlState::TYPE_MISMATCH
    );
    assert_eq!(
        row.clone().into_tuple::<(i64, Option<String>)>().unwrap(),
        (1, Some("Ada".to_owned()))
    );
    assert_eq!(
        row.read_all::<Vec<Value>>().unwrap(),
        [Value::from(1_i64), Value::from("Ada")]
    );
}

#[test]
fn a_chunk_has_rows_only_where_its_batch_has() {
    let chunk = chunk(7);
    assert!(chunk.row(2).is_none());
    let numbers: Vec<u64> = chunk.rows().map(|row| row.number()).collect();
    assert_eq!(numbers, [7, 8]);
    assert_eq!(self::chunk(u64::MAX).row(1).unwrap().number(), u64::MAX);
}

#[test]
fn a_row_shows_its_values() {
    let row = chunk(0).row(1).unwrap();
    assert_eq!(format!("{row:?}"), r#"{"id": 2, "name": NULL}"#);
}

#[test]
fn a_row_is_two_words_and_its_batch_is_shared() {
    assert_eq!(size_of::<Row>(), 2 * size_of::<usize>());
    let chunk = chunk(0);
    let (row, other) = (chunk.row(0).unwrap(), chunk.row(1).unwrap());
    assert!(Arc::ptr_eq(row.columns(), other.columns()));
    assert_eq!(
        row.batch().column(0).to_data().buffers()[0].as_ptr(),
        other.batch().column(0).to_data().buffers()[0].as_ptr()
    );
}

#[test]
fn names_of_types_are_shown_without_their_paths() {
    for (name, expected) in [
        ("i64", "i64"),
        ("&str", "&str"),
        ("alloc::string::String", "String"),
        ("core::option::Option<alloc::vec::Vec<u8>>", "Option<Vec<u8>>"),
        ("(i64, my_crate::Point)", "(i64, Point)"),
        ("[u8; 16]", "[u8; 16]"),
    ] {
        assert_eq!(short(name), expected);
    }
}
