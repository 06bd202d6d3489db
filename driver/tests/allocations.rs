//! Reading rows allocates nothing per row. A binary of its own: its allocator counts for the whole process.

use std::sync::Arc;

use allocation_counter::measure;
use jetbridge::arrow::array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    StringViewArray, TimestampMicrosecondArray,
};
use jetbridge::arrow::datatypes::Int32Type;
use jetbridge::cursor::RowChunk;
use jetbridge::types::{Columns, Decimal, Timestamp};
use serde::Deserialize;

const ROWS: usize = 10_000;

fn chunk() -> RowChunk {
    let numbers = || 0..i32::try_from(ROWS).unwrap();
    let texts: Vec<String> = numbers()
        .map(|number| format!("a text longer than a view holds itself, {number}"))
        .collect();
    let words: DictionaryArray<Int32Type> = numbers()
        .map(|number| ["red", "green"][usize::from(number % 3 == 0)])
        .collect();
    let columns: [(&str, ArrayRef); 9] = [
        (
            "id",
            Arc::new(Int64Array::from_iter_values(numbers().map(i64::from))),
        ),
        ("small", Arc::new(Int32Array::from_iter_values(numbers()))),
        (
            "score",
            Arc::new(Float64Array::from_iter(
                numbers().map(|n| (n % 7 > 0).then_some(0.5)),
            )),
        ),
        (
            "flag",
            Arc::new(BooleanArray::from_iter(numbers().map(|n| Some(n % 2 == 0)))),
        ),
        ("text", Arc::new(StringArray::from_iter_values(&texts))),
        ("view", Arc::new(StringViewArray::from_iter_values(&texts))),
        ("word", Arc::new(words)),
        (
            "at",
            Arc::new(
                TimestampMicrosecondArray::from_iter_values(numbers().map(i64::from)).with_timezone("UTC"),
            ),
        ),
        (
            "local",
            Arc::new(TimestampMicrosecondArray::from_iter_values(
                numbers().map(i64::from),
            )),
        ),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    RowChunk::new(Arc::new(Columns::new(batch.schema())), batch, 0).unwrap()
}

/// Runs once to make plans and such, then counts.
#[track_caller]
fn allocates_nothing(mut work: impl FnMut()) {
    work();
    let counted = measure(&mut work);
    assert_eq!(counted.count_total, 0, "{counted:?} in {ROWS} rows");
}

#[test]
fn typed_getters_allocate_nothing() {
    let chunk = chunk();
    allocates_nothing(|| {
        let mut sum = 0_u64;
        for row in chunk.rows() {
            sum += row.get::<u64>(0).unwrap() + u64::from(row.get::<u32>("small").unwrap());
            sum += u64::from(row.get::<Option<f64>>("score").unwrap().is_some());
            sum += u64::from(row.get::<bool>(3).unwrap());
            let lengths = [4, 5, 6].map(|column| row.get::<&str>(column).unwrap().len());
            sum += u64::try_from(lengths.iter().sum::<usize>()).unwrap();
            sum += u64::from(row.get::<Timestamp>(7).unwrap().nanosecond());
            sum += u64::try_from(row.get::<Decimal>(0).unwrap().to_i128().unwrap()).unwrap();
        }
        assert!(sum > 0);
    });
}

#[test]
fn tuples_allocate_nothing() {
    type Whole<'a> = (
        i64,
        i32,
        Option<f64>,
        bool,
        &'a str,
        &'a str,
        &'a str,
        Timestamp,
        Timestamp,
    );
    let chunk = chunk();
    allocates_nothing(|| {
        let rows = chunk
            .rows()
            .map(|row| row.read_all::<Whole<'_>>().unwrap().4.len());
        assert!(rows.sum::<usize>() > ROWS);
    });
}

#[test]
fn structs_with_borrowed_text_allocate_nothing() {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Red,
        Green,
    }
    #[derive(Deserialize)]
    struct Whole<'a> {
        id: i64,
        score: Option<f64>,
        flag: bool,
        text: &'a str,
        view: &'a str,
        word: Word,
        #[serde(rename = "local")]
        at: Timestamp,
    }
    let chunk = chunk();
    allocates_nothing(|| {
        let mut sum = 0;
        for row in chunk.rows_as() {
            let Whole {
                id,
                score,
                flag,
                text,
                view,
                word,
                at,
            } = row.unwrap();
            let number = match word {
                Word::Red => 1,
                Word::Green => usize::from(flag),
            };
            sum += usize::from(id > 5 && score.is_some()) + number + text.len() + view.len();
            sum += usize::from(at.zone().is_none());
        }
        assert!(sum > ROWS);
    });
}
