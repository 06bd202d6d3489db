//! Statements without rows that were run as queries: read to their end, and counted where the server says a count.

use crate::cursor::Cursor;
use crate::error::Result;
use crate::types::Value;

/// What servers call the one column in which they count what a statement has changed.
const COUNTS: [&str; 5] = [
    "count",
    "rows_affected",
    "affected_rows",
    "num_affected_rows",
    "updated_rows",
];

/// Reads a result without columns to its end at once: servers that work only while they are read would do half of it.
pub(super) async fn rows_or_nothing(mut cursor: Cursor) -> Result<Cursor> {
    if !cursor.columns().is_empty() {
        return Ok(cursor);
    }
    cursor.drain().await?;
    Ok(cursor)
}

/// Reads the result of a change to its end, and gives the count where it is one and nothing else.
pub(super) async fn of_change(mut cursor: Cursor) -> Result<Option<u64>> {
    let first = cursor.fetch_one().await?;
    let more = cursor.drain().await?;
    let columns = cursor.columns();
    let named = columns
        .first()
        .is_some_and(|column| COUNTS.iter().any(|name| column.name().eq_ignore_ascii_case(name)));
    let Some(row) = first.filter(|_| more == 0 && columns.len() == 1 && named) else {
        return Ok(None);
    };
    Ok(match row.value(0)? {
        Value::Int32(count) => u64::try_from(count).ok(),
        Value::Int64(count) => u64::try_from(count).ok(),
        Value::UInt32(count) => Some(count.into()),
        Value::UInt64(count) => Some(count),
        _ => None,
    })
}
