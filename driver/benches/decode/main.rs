//! From the bytes of a connection to batches: `cargo bench -p jetbridge --bench decode`.
//!
//! A server in the same process sends what was encoded beforehand, so the numbers have the loopback interface in them.

mod server;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray, StringViewArray,
};
use arrow::datatypes::Int32Type;
use divan::Bencher;
use divan::counter::BytesCount;
use futures::TryStreamExt as _;
use jetbridge::{CallOptions, Session, Ticket};

use self::server::Packed;

const ROWS: usize = 32_768;
const BATCHES: usize = 8;

fn main() {
    divan::main();
}

fn texts() -> impl Iterator<Item = String> {
    (0..ROWS).map(|n| format!("row {n:012}"))
}

fn numbers() -> impl Iterator<Item = i64> {
    (0..).take(ROWS)
}

/// Reads results of one column again and again.
fn read(bencher: Bencher<'_, '_>, column: ArrayRef) {
    read_packed(bencher, column, Packed::Not);
}

/// The same, sent compressed; what is counted are the bytes unpacked.
fn read_packed(bencher: Bencher<'_, '_>, column: ArrayRef, packed: Packed) {
    let batch = RecordBatch::try_from_iter([("column", column)]).expect("a batch");
    let bytes = BATCHES * batch.get_array_memory_size();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let session = runtime.block_on(async {
        let address = server::serve(vec![batch; BATCHES], packed).await;
        Session::connect(format!(
            "flightsql://{address}?transport=tcp&grpc_compression=gzip"
        ))
        .await
        .expect("a session")
    });
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        runtime.block_on(async {
            let reader = session
                .do_get(&Ticket::new("all"), CallOptions::new())
                .await
                .expect("an answer");
            let batches: Vec<RecordBatch> = reader.try_collect().await.expect("the whole answer");
            assert_eq!(batches.len(), BATCHES);
            batches
        })
    });
}

#[divan::bench]
fn integers(bencher: Bencher<'_, '_>) {
    read(bencher, Arc::new(Int64Array::from_iter_values(numbers())));
}

#[divan::bench]
fn floats_with_nulls(bencher: Bencher<'_, '_>) {
    let values = numbers().map(|n| (n % 11 != 5).then_some(0.125));
    read(bencher, Arc::new(values.collect::<Float64Array>()));
}

#[divan::bench]
fn texts_by_offset(bencher: Bencher<'_, '_>) {
    read(bencher, Arc::new(StringArray::from_iter_values(texts())));
}

#[divan::bench(args = [Packed::Lz4, Packed::Zstd, Packed::Gzip])]
fn texts_compressed(bencher: Bencher<'_, '_>, packed: Packed) {
    read_packed(bencher, Arc::new(StringArray::from_iter_values(texts())), packed);
}

#[divan::bench]
fn texts_by_view(bencher: Bencher<'_, '_>) {
    read(bencher, Arc::new(StringViewArray::from_iter_values(texts())));
}

#[divan::bench]
fn texts_by_dictionary(bencher: Bencher<'_, '_>) {
    let words = (0..ROWS).map(|n| ["north", "east", "south", "west"][n % 4]);
    read(bencher, Arc::new(words.collect::<DictionaryArray<Int32Type>>()));
}
