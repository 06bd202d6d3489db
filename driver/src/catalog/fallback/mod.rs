//! The catalog of a server without the commands for it, in SQL: by its information schema, else by `SHOW`.
//!
//! Nothing a caller gives is put into these statements but names, quoted; filters are applied to what comes back. A way that failed once
//! is not tried again in the session.

mod information_schema;
mod show;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;

use super::entry::{ForeignKeyColumn, PrimaryKeyColumn, SchemaName, Table};
use super::filter::{Sieve, TableName};
use super::row::{Record, Rows};
use crate::cursor::Cursor;
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::Command;
use crate::shared::{Feature, Shared};
use crate::stream::CancelHandle;
use crate::transport::CallOptions;

pub(super) async fn catalogs(shared: &Arc<Shared>, lacking: Error) -> Result<Vec<String>> {
    if let Some(catalogs) = information_schema::catalogs(shared).await? {
        return Ok(catalogs);
    }
    show::catalogs(shared).await?.ok_or(lacking)
}

pub(super) async fn schemas(shared: &Arc<Shared>, sieve: &Sieve, lacking: Error) -> Result<Vec<SchemaName>> {
    if let Some(schemas) = information_schema::schemas(shared).await? {
        return Ok(schemas);
    }
    show::schemas(shared, sieve).await?.ok_or(lacking)
}

pub(super) async fn tables(shared: &Arc<Shared>, sieve: &Sieve, lacking: Error) -> Result<Vec<Table>> {
    if let Some(tables) = information_schema::tables(shared).await? {
        return Ok(tables);
    }
    show::tables(shared, sieve).await?.ok_or(lacking)
}

pub(super) async fn primary_keys(shared: &Arc<Shared>, lacking: Error) -> Result<Vec<PrimaryKeyColumn>> {
    information_schema::primary_keys(shared).await?.ok_or(lacking)
}

pub(super) async fn foreign_keys(shared: &Arc<Shared>, lacking: Error) -> Result<Vec<ForeignKeyColumn>> {
    information_schema::foreign_keys(shared).await?.ok_or(lacking)
}

/// The columns of a table, by a query of it that gives no rows.
pub(super) async fn describe(shared: &Arc<Shared>, table: &TableName) -> Result<SchemaRef> {
    let quote = quote_of(shared).await?;
    let parts = [
        table.catalog.as_deref(),
        table.schema.as_deref(),
        Some(table.table.as_str()),
    ];
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
    let name: Vec<_> = parts.map(|part| quoted(part, &quote)).collect();
    let mut cursor = run(shared, format!("SELECT * FROM {} WHERE 1 = 0", name.join("."))).await?;
    let schema = Arc::clone(cursor.schema());
    cursor.drain().await?;
    Ok(schema)
}

/// What quotes a name. Servers that do not say it and have `SHOW` only are of the family that has backticks.
async fn quote_of(shared: &Shared) -> Result<String> {
    if let Some(quote) = shared.config_by_now().get_identifier_quote().as_str() {
        return Ok(quote.to_owned());
    }
    let capabilities = shared.capabilities().await?;
    let default = match shared.lacks(Feature::InformationSchema) {
        true => "`",
        false => "\"",
    };
    Ok(capabilities.identifier_quote().unwrap_or(default).to_owned())
}

fn quoted(name: &str, quote: &str) -> String {
    format!("{quote}{}{quote}", name.replace(quote, &quote.repeat(2)))
}

/// Runs a query of the catalog, outside of any transaction, which a refusal could spoil. It changes nothing, so that it may be sent again
/// where a statement of the user may not.
async fn run(shared: &Arc<Shared>, sql: String) -> Result<Cursor> {
    let options = CallOptions::new();
    let command = Command::Query {
        sql,
        transaction: None,
    };
    let info = shared
        .protocol()?
        .flight_info(&Operation::Catalog, &command, &options)
        .await;
    let batches = shared
        .open(shared.watch(info)?, &options, CancelHandle::new())
        .await?;
    Ok(Cursor::new(batches))
}

/// Reads a query of the catalog; nothing where the server refuses it.
async fn rows<T>(
    shared: &Arc<Shared>,
    sql: impl Into<String>,
    read: impl FnMut(Record<'_>) -> Option<T>,
) -> Result<Option<Vec<T>>> {
    let rows = match run(shared, sql.into()).await {
        Ok(cursor) => Rows::read(cursor).await,
        Err(error) => Err(error),
    };
    match rows {
        Ok(rows) => Ok(Some(rows.collect(read))),
        Err(error) if is_refusal(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Says whether the server has read the statement and does not run it.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::InvalidRequest | Kind::NotFound | Kind::NotSupported | Kind::Server | Kind::Permission
    ) || error.is_breakdown()
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_quote_in_a_name_is_doubled() {
        assert_eq!(quoted("a`; drop table b", "`"), "`a``; drop table b`");
        assert_eq!(quoted("\"", "\""), "\"\"\"\"");
    }
}
