//! Loads record batches into a table without SQL.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use std::sync::Arc;

use jetbridge::arrow::array::{Float64Array, Int64Array, RecordBatch};
use jetbridge::{IngestMode, Result, Session};

#[tokio::main]
async fn main() -> Result<()> {
    let session = Session::connect(target()).await?;
    let batches = (0..4).map(measurements).collect::<Result<Vec<_>>>()?;
    let Some(schema) = batches.first().map(RecordBatch::schema) else {
        return Ok(());
    };
    let loaded = session
        .ingest("example_measurements")
        .mode(IngestMode::Replace)
        .run(schema, batches)
        .await?;
    println!("loaded {} rows", loaded.unwrap_or(0));

    let mut cursor = session
        .query("SELECT count(*), max(value) FROM example_measurements")
        .await?;
    if let Some(row) = cursor.fetch_one().await? {
        let (count, max): (i64, f64) = row.into_tuple()?;
        println!("found {count}, the largest is {max}");
    }
    session.update("DROP TABLE example_measurements").await?;
    session.close().await
}

fn measurements(batch: i64) -> Result<RecordBatch> {
    let ids: Vec<i64> = (batch * 1_000..(batch + 1) * 1_000).collect();
    let values = ids
        .iter()
        .map(|id| f64::from(i16::try_from(*id).unwrap_or(0)) / 2.0);
    let values = Float64Array::from_iter_values(values);
    Ok(RecordBatch::try_from_iter([
        ("id", Arc::new(Int64Array::from(ids)) as _),
        ("value", Arc::new(values) as _),
    ])?)
}

/// The first argument, or the server that `jetbridge serve` starts.
fn target() -> String {
    let first = std::env::args().nth(1);
    first.unwrap_or_else(|| "flightsql://127.0.0.1:31337?transport=tcp".to_owned())
}
