//! Reading the rows of a batch: `cargo bench -p jetbridge --features serde --bench rows`.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use jetbridge::cursor::RowChunk;
use jetbridge::types::{Columns, Timestamp};

const ROWS: i32 = 10_000;

fn main() {
    divan::main();
}

fn chunk() -> RowChunk {
    let long = || (0..ROWS).map(i64::from);
    let columns: [(&str, ArrayRef); 6] = [
        ("id", Arc::new(Int64Array::from_iter_values(long()))),
        ("small", Arc::new(Int32Array::from_iter_values(0..ROWS))),
        (
            "ratio",
            Arc::new(
                (0..ROWS)
                    .map(|n| (n % 11 != 5).then(|| f64::from(n) / 8.0))
                    .collect::<Float64Array>(),
            ),
        ),
        (
            "label",
            Arc::new(StringArray::from_iter_values(
                long().map(|n| format!("row {n:012}")),
            )),
        ),
        (
            "at",
            Arc::new(TimestampMicrosecondArray::from_iter_values(
                long().map(|n| n * 1_000_003),
            )),
        ),
        (
            "flag",
            Arc::new(BooleanArray::from_iter(long().map(|n| Some(n % 3 == 0)))),
        ),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    RowChunk::new(Arc::new(Columns::new(batch.schema())), batch, 0).expect("a chunk")
}

/// Runs something for every row.
fn each(bencher: Bencher<'_, '_>, read: impl Fn(&jetbridge::Row) + Sync) {
    let chunk = chunk();
    bencher
        .counter(ItemsCount::new(ROWS.unsigned_abs()))
        .bench(|| chunk.rows().for_each(|row| read(&row)));
}

#[divan::bench]
fn one_column_by_position(bencher: Bencher<'_, '_>) {
    each(bencher, |row| {
        black_box(row.get::<i64>(0).expect("a number"));
    });
}

#[divan::bench]
fn one_column_by_name(bencher: Bencher<'_, '_>) {
    each(bencher, |row| {
        black_box(row.get::<i64>("id").expect("a number"));
    });
}

#[divan::bench]
fn all_six_by_getters(bencher: Bencher<'_, '_>) {
    each(bencher, |row| {
        black_box(row.get::<i64>(0).expect("a number"));
        black_box(row.get::<i32>(1).expect("a number"));
        black_box(row.get::<Option<f64>>(2).expect("a number"));
        black_box(row.get::<&str>(3).expect("a text"));
        black_box(row.get::<Timestamp>(4).expect("a timestamp"));
        black_box(row.get::<bool>(5).expect("a truth value"));
    });
}

#[divan::bench]
fn all_six_as_a_tuple(bencher: Bencher<'_, '_>) {
    each(bencher, |row| {
        black_box(
            row.read_all::<(i64, i32, Option<f64>, &str, Timestamp, bool)>()
                .expect("a row"),
        );
    });
}

#[cfg(feature = "serde")]
mod through_serde {
    use super::{Bencher, ItemsCount, ROWS, Timestamp, black_box, chunk};

    #[derive(serde::Deserialize)]
    struct Owned {
        id: i64,
        small: i32,
        ratio: Option<f64>,
        label: String,
        at: Timestamp,
        flag: bool,
    }

    #[derive(serde::Deserialize)]
    struct Borrowed<'a> {
        id: i64,
        small: i32,
        ratio: Option<f64>,
        label: &'a str,
        at: Timestamp,
        flag: bool,
    }

    #[divan::bench]
    fn all_six_as_a_struct(bencher: Bencher<'_, '_>) {
        let chunk = chunk();
        bencher.counter(ItemsCount::new(ROWS.unsigned_abs())).bench(|| {
            for row in chunk.rows_as::<Owned>() {
                let row = row.expect("a row");
                black_box((row.id, row.small, row.ratio, row.label, row.at, row.flag));
            }
        });
    }

    #[divan::bench]
    fn all_six_as_a_struct_with_borrowed_text(bencher: Bencher<'_, '_>) {
        let chunk = chunk();
        bencher.counter(ItemsCount::new(ROWS.unsigned_abs())).bench(|| {
            for row in chunk.rows_as::<Borrowed<'_>>() {
                let row = row.expect("a row");
                black_box((row.id, row.small, row.ratio, row.label, row.at, row.flag));
            }
        });
    }
}

#[divan::bench]
fn all_six_as_values(bencher: Bencher<'_, '_>) {
    each(bencher, |row| {
        black_box(row.values().expect("a row"));
    });
}
