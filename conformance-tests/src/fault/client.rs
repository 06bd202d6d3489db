//! Jetbridge against a scripted server.

use std::net::SocketAddr;

use jetbridge::{Cursor, Error, Result, Session, Value};

use super::case::{Act, Case};

/// What came of a case.
#[derive(Debug, Default)]
pub struct Observed {
    /// The rows that were handed out.
    pub rows: Vec<i64>,
    /// What an update said.
    pub count: Option<u64>,
    /// How it failed.
    pub error: Option<Error>,
}

/// Does what the case says with the server at this address.
pub async fn observe(case: &Case, address: SocketAddr) -> Observed {
    let mut observed = Observed::default();
    observed.error = act(case, address, &mut observed).await.err();
    observed
}

async fn act(case: &Case, address: SocketAddr, observed: &mut Observed) -> Result<()> {
    let login = match case.act {
        Act::Login => "&user=ada&password=secret",
        _ => "",
    };
    let string = format!("flightsql://{address}?transport=tcp{login}{}", case.options);
    let mut session = Session::connect(string).await?;
    match case.act {
        Act::Query | Act::Login => read(session.query("select n").await?, observed).await,
        Act::Twice => {
            read(session.query("select n").await?, &mut Observed::default()).await?;
            read(session.query("select n").await?, observed).await?;
            session.close().await
        }
        Act::Update => {
            observed.count = session.update("update t set n = 1").await?;
            Ok(())
        }
        Act::Prepared => {
            let statement = session.prepare("select n where n > ?").await?;
            read(statement.query((0_i64,)).await?, observed).await
        }
        Act::SqlInfo => read(session.catalog().commands().sql_info([]).query().await?, observed).await,
        Act::Commit => {
            let transaction = session.begin().await?;
            transaction.update("update t set n = 1").await?;
            transaction.commit().await
        }
    }
}

/// Reads every cell of every row; the first is the number of the row.
async fn read(mut cursor: Cursor, observed: &mut Observed) -> Result<()> {
    while let Some(row) = cursor.fetch_one().await? {
        let values = row.values()?;
        observed.rows.push(values.first().map_or(-1, number));
    }
    Ok(())
}

fn number(value: &Value) -> i64 {
    match value {
        Value::Int64(number) => *number,
        Value::Int32(number) => i64::from(*number),
        Value::UInt32(number) => i64::from(*number),
        Value::Text(text) => text.trim_start_matches('0').parse().unwrap_or(-1),
        _ => -1,
    }
}
