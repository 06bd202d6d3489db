//! RFC 4180, with line feeds.
//!
//! NULL is nothing between the commas and an empty text is `""`, as PostgreSQL's COPY has it: neither is lost. Arrow's own writer cannot tell
//! them apart, and refuses nested columns.

use std::io::Write;

use jetbridge::cursor::RowChunk;
use jetbridge::types::{Column, Columns};

use super::{Render, Style, text};
use crate::exit::Failure;

pub(super) struct Csv<W> {
    out: W,
    columns: usize,
    null: String,
    line: String,
    cell: String,
}

impl<W: Write> Csv<W> {
    pub(super) fn new(columns: &Columns, style: Style, out: W) -> Result<Self, Failure> {
        let mut csv = Self {
            out,
            columns: columns.len(),
            null: style.null.unwrap_or_default(),
            line: String::new(),
            cell: String::new(),
        };
        if style.header {
            csv.header(columns.iter().map(Column::name))?;
        }
        Ok(csv)
    }

    fn header<'a>(&mut self, names: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
        self.line.clear();
        for (position, name) in names.enumerate() {
            separate(&mut self.line, position);
            field(&mut self.line, name, name.is_empty());
        }
        self.finish_line()
    }

    fn finish_line(&mut self) -> Result<(), Failure> {
        self.line.push('\n');
        self.out.write_all(self.line.as_bytes())?;
        Ok(())
    }

    fn null(&mut self) {
        // A line with nothing in it is no row to most readers.
        let is_alone = self.columns == 1 && self.null.is_empty();
        field(&mut self.line, &self.null, is_alone);
    }
}

impl<W: Write + Send> Render for Csv<W> {
    fn rows(&mut self, rows: &RowChunk) -> Result<(), Failure> {
        for row in rows.rows() {
            self.line.clear();
            for column in 0..self.columns {
                separate(&mut self.line, column);
                self.cell.clear();
                if text::put(&mut self.cell, &row, column)? {
                    field(&mut self.line, &self.cell, self.cell == self.null);
                } else {
                    self.null();
                }
            }
            self.finish_line()?;
        }
        Ok(())
    }

    fn pause(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }
}

fn separate(line: &mut String, position: usize) {
    if position > 0 {
        line.push(',');
    }
}

/// Appends a field, in quotes where it has to be or is to be.
fn field(line: &mut String, text: &str, quoted: bool) {
    if !quoted && !text.contains([',', '"', '\n', '\r']) {
        line.push_str(text);
        return;
    }
    line.push('"');
    for (position, part) in text.split('"').enumerate() {
        if position > 0 {
            line.push_str("\"\"");
        }
        line.push_str(part);
    }
    line.push('"');
}
