//! Asks what tables there are, and what columns a query has.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use jetbridge::{Result, Session, TableFilter};

#[tokio::main]
async fn main() -> Result<()> {
    let session = Session::connect(target()).await?;
    let filter = TableFilter {
        table_pattern: Some("custom%".to_owned()),
        ..TableFilter::default()
    };
    let catalog = session.catalog();
    for table in catalog.tables(&filter).await? {
        println!("{} {}", table.table_type, table.name);
    }

    let cursor = session.query("SELECT id, name FROM customers").await?;
    for column in cursor.columns().iter() {
        let nullable = if column.nullable() { "" } else { " NOT NULL" };
        println!("{} {}{nullable}", column.name(), column.type_name());
    }
    cursor.close();
    session.close().await
}

/// The first argument, or the server that `jetbridge serve` starts.
fn target() -> String {
    let first = std::env::args().nth(1);
    first.unwrap_or_else(|| "flightsql://127.0.0.1:31337?transport=tcp".to_owned())
}
