//! Finding out how a server reads texts, by asking it.

use std::sync::Arc;

use crate::cursor::{Cursor, Row};
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::Command;
use crate::shared::Shared;
use crate::sql::Dialect;
use crate::stream::CancelHandle;
use crate::transport::CallOptions;
use crate::types::Value;

/// The server's dialect, asked for once in a session: what it says of itself may be wrong, what it does with a backslash is not.
pub(super) async fn of<'s>(shared: &'s Arc<Shared>, options: &CallOptions) -> Result<&'s Dialect> {
    shared.dialect().get_or_try_init(|| ask(shared, options)).await
}

async fn ask(shared: &Arc<Shared>, options: &CallOptions) -> Result<Dialect> {
    let row = first_row(shared, Dialect::QUESTION, options).await?;
    let silent = || Error::protocol("the server did not say how it reads texts").during(Operation::Bind);
    let row = row.ok_or_else(silent)?;
    // By their values: some servers give columns of expressions as unions.
    let text = |column: usize| match row.value(column)? {
        Value::Text(text) => Ok(text),
        _ => Err(silent()),
    };
    let (backslash, quote) = (text(0)?, text(1)?);
    let day_is_number = !matches!(
        row.value(2)?,
        Value::Date(_) | Value::Timestamp(_) | Value::Text(_)
    );
    // Only a few know what they are; an error says that this one does not.
    let version = match day_is_number {
        true => None,
        false => first_row(shared, "SELECT version() AS version", options)
            .await
            .unwrap_or_default(),
    };
    let names: String = match version {
        Some(row) => match row.value(0) {
            Ok(Value::Text(version)) => version,
            _ => String::new(),
        },
        // What a server calls itself chooses how types are written, never how texts are.
        None if !day_is_number => {
            let known = shared.capabilities().await?;
            [known.server_name(), known.server_version()]
                .map(Option::unwrap_or_default)
                .join(" ")
        }
        None => String::new(),
    };
    Dialect::measured(&backslash, &quote, day_is_number, &names)
        .map_err(|error| error.during(Operation::Bind).on(shared.peer()))
}

/// Runs a question outside of any transaction, which its failure could spoil.
async fn first_row(shared: &Arc<Shared>, sql: &str, options: &CallOptions) -> Result<Option<Row>> {
    let command = Command::Query {
        sql: sql.to_owned(),
        transaction: None,
    };
    let info = shared
        .protocol()?
        .flight_info(&Operation::Execute, &command, options)
        .await?;
    let mut cursor = Cursor::new(shared.open(info, options, CancelHandle::new()).await?);
    let row = cursor.fetch_one().await?;
    cursor.drain().await?;
    Ok(row)
}

/// What an error about parameters says beside its own words.
pub(super) const HINT: &str = "with parameters=client their values are written into the statement";

/// The server was asked for something it lacks, and there are parameters.
pub(super) fn cannot_bind(why: &str) -> Error {
    Error::new(Kind::NotSupported, why)
        .during(Operation::Bind)
        .hint(HINT)
}
