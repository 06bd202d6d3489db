//! Connects, runs a query, prints its rows.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use jetbridge::{Result, Session};

#[tokio::main]
async fn main() -> Result<()> {
    let session = Session::connect(target()).await?;
    let mut cursor = session
        .query("SELECT id, name FROM customers ORDER BY id LIMIT 3")
        .await?;
    while let Some(row) = cursor.fetch_one().await? {
        println!("{} {}", row.get::<i64>("id")?, row.get::<&str>("name")?);
    }
    session.close().await
}

/// The first argument, or the server that `jetbridge serve` starts.
fn target() -> String {
    let first = std::env::args().nth(1);
    first.unwrap_or_else(|| "flightsql://127.0.0.1:31337?transport=tcp".to_owned())
}
