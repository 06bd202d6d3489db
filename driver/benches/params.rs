//! Making a batch of parameters: `cargo bench -p jetbridge --bench params`.

use arrow::datatypes::{DataType, Field, Schema};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use jetbridge::Params;

const ROWS: i32 = 1_000;

fn main() {
    divan::main();
}

fn schema() -> Schema {
    Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("label", DataType::Utf8, true),
        Field::new("ratio", DataType::Float64, true),
    ])
}

#[divan::bench]
fn one_row(bencher: Bencher<'_, '_>) {
    let schema = schema();
    bencher.bench(|| {
        let params = Params::from((black_box(7_i64), black_box("text"), black_box(0.5)));
        params.to_batch(Some(&schema)).expect("a batch")
    });
}

#[divan::bench]
fn one_row_without_a_schema(bencher: Bencher<'_, '_>) {
    bencher.bench(|| {
        let params = Params::from((black_box(7_i64), black_box("text"), black_box(0.5)));
        params.to_batch(None).expect("a batch")
    });
}

#[divan::bench]
fn a_thousand_rows(bencher: Bencher<'_, '_>) {
    let schema = schema();
    bencher.counter(ItemsCount::new(ROWS.unsigned_abs())).bench(|| {
        let rows = (0..ROWS).map(|n| (i64::from(n), "text", f64::from(n)));
        Params::rows(rows).to_batch(Some(&schema)).expect("a batch")
    });
}
