//! Ends a query that takes too long, from another task.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use std::time::Duration;

use jetbridge::{Kind, Result, Session};

#[tokio::main]
async fn main() -> Result<()> {
    let session = Session::connect(target()).await?;
    let statement = session.statement("SELECT value FROM generate_series(1, 1000000000)");
    let handle = statement.cancel_handle();
    let mut cursor = statement.query().await?;
    let canceller = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        handle.cancel().await
    });
    match cursor.drain().await {
        Ok(rows) => println!("all {rows} rows were there in time"),
        Err(error) if error.kind() == Kind::Cancelled => println!("cancelled"),
        Err(error) => return Err(error),
    }
    if let Ok(answer) = canceller.await {
        // What the server says about it; some forget the query at once.
        let _status = answer?;
    }
    // The session goes on.
    let mut cursor = session.query("SELECT 'still here'").await?;
    if let Some(row) = cursor.fetch_one().await? {
        println!("{}", row.get::<&str>(0)?);
    }
    session.close().await
}

/// The first argument, or the server that `jetbridge serve` starts.
fn target() -> String {
    let first = std::env::args().nth(1);
    first.unwrap_or_else(|| "flightsql://127.0.0.1:31337?transport=tcp".to_owned())
}
