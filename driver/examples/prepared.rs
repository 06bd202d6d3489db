//! Prepares statements and runs them with parameters: one row, many rows in one call, by name.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use jetbridge::{Params, Result, Session, Value};

#[tokio::main]
async fn main() -> Result<()> {
    let session = Session::connect(target()).await?;
    session.update("DROP TABLE IF EXISTS example_prepared").await?;
    session
        .update("CREATE TABLE example_prepared (id INTEGER, note TEXT)")
        .await?;

    let insert = session
        .prepare("INSERT INTO example_prepared VALUES (?, ?)")
        .await?;
    let one = insert.update((1_i64, "first")).await?;
    let many = Params::rows((2..=100_i64).map(|id| (id, (id % 2 == 0).then_some("even"))));
    let more = insert.update(many).await?;
    println!("inserted {} and {}", one.unwrap_or(0), more.unwrap_or(0));

    let query = session
        .prepare("SELECT count(*) AS n FROM example_prepared WHERE id <= ? AND note IS NULL")
        .await?;
    for limit in [10_i64, 50] {
        let mut cursor = query.query((limit,)).await?;
        if let Some(row) = cursor.fetch_one().await? {
            println!("up to {limit}: {} without a note", row.get::<i64>("n")?);
        }
    }

    let named = Params::named([("low", Value::from(40_i64)), ("high", Value::from(44_i64))]);
    let sql = "SELECT sum(id) AS total FROM example_prepared WHERE id BETWEEN :low AND :high";
    let mut cursor = session.statement(sql).bind(named).query().await?;
    if let Some(row) = cursor.fetch_one().await? {
        println!("total {}", row.get::<i64>("total")?);
    }
    cursor.close();
    query.close().await?;
    insert.close().await?;
    session.update("DROP TABLE example_prepared").await?;
    session.close().await
}

/// The first argument, or the server that `jetbridge serve` starts.
fn target() -> String {
    let first = std::env::args().nth(1);
    first.unwrap_or_else(|| "flightsql://127.0.0.1:31337?transport=tcp".to_owned())
}
