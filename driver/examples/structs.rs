//! Reads rows into structs through serde, also with text borrowed from the batch, and sends a struct as parameters.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use jetbridge::{Params, Result, Session};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
struct Customer {
    id: i64,
    name: String,
    #[serde(default)]
    nickname: Option<String>,
}

#[derive(Deserialize)]
struct Borrowed<'a> {
    id: i64,
    name: &'a str,
}

#[tokio::main]
async fn main() -> Result<()> {
    let session = Session::connect(target()).await?;
    let mut cursor = session
        .query("SELECT id, name FROM customers ORDER BY id LIMIT 2")
        .await?;
    let customers: Vec<Customer> = cursor.fetch_all_as().await?;
    println!("{customers:?}");

    // Without an allocation per row: the text stays in the batch.
    let mut cursor = session.query("SELECT id, name FROM customers").await?;
    let (mut ids, mut letters) = (0, 0);
    while let Some(chunk) = cursor.next_chunk().await? {
        for row in chunk.rows_as() {
            let Borrowed { id, name } = row?;
            ids += id;
            letters += name.len();
        }
    }
    println!("ids {ids}, letters {letters}");

    let ada = Customer {
        id: 1_000,
        name: "Ada".to_owned(),
        nickname: None,
    };
    let sql = "SELECT :name || ' is number ' || :id || coalesce(:nickname, '') AS words";
    let statement = session.statement(sql).bind(Params::from_serde(&ada)?);
    let mut cursor = statement.query().await?;
    println!("{}", cursor.fetch_one_as::<String>().await?.unwrap_or_default());
    cursor.close();
    session.close().await
}

/// The first argument, or the server that `jetbridge serve` starts.
fn target() -> String {
    let first = std::env::args().nth(1);
    first.unwrap_or_else(|| "flightsql://127.0.0.1:31337?transport=tcp".to_owned())
}
