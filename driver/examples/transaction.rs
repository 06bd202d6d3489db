//! Commits, rolls back, and goes back to a savepoint.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use jetbridge::{Result, Session};

#[tokio::main]
async fn main() -> Result<()> {
    let mut session = Session::connect(target()).await?;
    session.update("DROP TABLE IF EXISTS example_accounts").await?;
    session
        .update("CREATE TABLE example_accounts (name TEXT, amount INTEGER)")
        .await?;

    let transaction = session.begin().await?;
    transaction
        .update("INSERT INTO example_accounts VALUES ('Ada', 100), ('Grace', 50)")
        .await?;
    transaction.commit().await?;
    println!("after the commit: {}", total(&session).await?);

    let transaction = session.begin().await?;
    transaction
        .update("UPDATE example_accounts SET amount = amount + 10")
        .await?;
    let savepoint = transaction.savepoint("before_the_mistake").await?;
    transaction.update("DELETE FROM example_accounts").await?;
    savepoint.rollback().await?;
    transaction.commit().await?;
    println!("after the savepoint: {}", total(&session).await?);

    // Dropped without a commit, it is rolled back before the session's next statement runs.
    let transaction = session.begin().await?;
    transaction.update("DELETE FROM example_accounts").await?;
    drop(transaction);
    println!("after the drop: {}", total(&session).await?);

    session.update("DROP TABLE example_accounts").await?;
    session.close().await
}

async fn total(session: &Session) -> Result<i64> {
    let mut cursor = session
        .query("SELECT coalesce(sum(amount), 0) FROM example_accounts")
        .await?;
    match cursor.fetch_one().await? {
        Some(row) => row.get(0),
        None => Ok(0),
    }
}

/// The first argument, or the server that `jetbridge serve` starts.
fn target() -> String {
    let first = std::env::args().nth(1);
    first.unwrap_or_else(|| "flightsql://127.0.0.1:31337?transport=tcp".to_owned())
}
