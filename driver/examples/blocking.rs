//! The same without an asynchronous runtime; the rows are an iterator, and a result a `RecordBatchReader` for the Arrow world.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use jetbridge::Result;
use jetbridge::arrow::array::RecordBatchReader;
use jetbridge::blocking::Session;

fn main() -> Result<()> {
    let session = Session::connect(target())?;
    for row in session.query("SELECT id, name FROM customers ORDER BY id LIMIT 2")? {
        let row = row?;
        println!("{} {}", row.get::<i64>("id")?, row.get::<&str>("name")?);
    }

    let reader = session.query("SELECT * FROM customers")?.into_reader();
    println!(
        "{} columns, {} rows",
        reader.schema().fields().len(),
        count(reader)?
    );
    session.close()
}

/// Anything that reads Arrow, such as a writer of Parquet files.
fn count(reader: impl RecordBatchReader) -> Result<usize> {
    let mut rows = 0;
    for batch in reader {
        rows += batch?.num_rows();
    }
    Ok(rows)
}

/// The first argument, or the server that `jetbridge serve` starts.
fn target() -> String {
    let first = std::env::args().nth(1);
    first.unwrap_or_else(|| "flightsql://127.0.0.1:31337?transport=tcp".to_owned())
}
