//! Cells as plain text.

use std::fmt::Write as _;

use jetbridge::types::Cell;
use jetbridge::{Result, Row, Value};

use super::json;

/// Appends the text of a cell: what is text as it is, bytes as `0x` and hexadecimal digits, dates and times in ISO 8601, nested values as
/// JSON. Appends nothing and says so where the cell is NULL.
pub(super) fn put(out: &mut String, row: &Row, column: usize) -> Result<bool> {
    match row.get::<Cell<'_>>(column)? {
        Cell::Null => return Ok(false),
        Cell::Text(text) => out.push_str(text),
        Cell::List(_) | Cell::Struct(_) | Cell::Map(_) => json::put(out, row, column)?,
        _ => {
            let value = row.get::<Value>(column)?;
            // Writing to a String cannot fail.
            let _ = write!(out, "{value}");
        }
    }
    Ok(true)
}
