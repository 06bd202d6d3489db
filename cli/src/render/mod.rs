//! Rows as bytes: one module for each format.

mod arrow;
mod csv;
mod json;
mod table;
mod text;

use std::io::Write;

use jetbridge::cursor::RowChunk;
use jetbridge::types::Columns;

use crate::args::Format;
use crate::exit::Failure;

/// How rows are written, beyond the format.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    /// Whether the names of the columns come first.
    pub(crate) header: bool,
    /// What stands for NULL, where the user says so.
    pub(crate) null: Option<String>,
    /// How wide a table may be.
    pub(crate) width: Option<usize>,
}

/// Writes rows as they come; it holds back no more than a page.
pub(crate) trait Render: Send {
    /// Writes the rows of a batch.
    fn rows(&mut self, rows: &RowChunk) -> Result<(), Failure>;

    /// Writes what is held back: no rows are to be had for the moment, or none come any more because the result broke.
    fn pause(&mut self) -> Result<(), Failure>;

    /// Writes what belongs at the end of a complete result.
    fn end(&mut self) -> Result<(), Failure> {
        self.pause()
    }
}

/// Makes what writes the rows of a result with these columns.
pub(crate) fn open<W: Write + Send + 'static>(
    format: Format,
    columns: &Columns,
    style: Style,
    out: W,
) -> Result<Box<dyn Render>, Failure> {
    Ok(match format {
        Format::Table => Box::new(table::Table::new(columns, style, out)),
        Format::Csv => Box::new(csv::Csv::new(columns, style, out)?),
        Format::Json => Box::new(json::Json::new(columns, out)),
        Format::Arrow => Box::new(arrow::Ipc::new(columns.schema(), out)?),
    })
}

#[cfg(test)]
mod tests;
