//! Columns for reading.
//!
//! Rows are laid out a page at a time, so that the longest result takes the memory of one page. Columns only ever grow: a page that needs
//! wider ones begins with a header of its own.

use std::io::Write;

use jetbridge::Row;
use jetbridge::arrow::datatypes::DataType;
use jetbridge::cursor::RowChunk;
use jetbridge::types::{Column as SqlColumn, Columns};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Render, Style, text};
use crate::exit::Failure;

/// How many rows are looked at before the first of them is printed.
const PAGE: usize = 500;
/// Columns of text are not cut to less.
const NARROWEST: usize = 8;
/// What is wider than this pushes the rest of its row aside instead of widening every row.
const WIDEST: usize = 200;
const BETWEEN: &str = " | ";

pub(super) struct Table<W> {
    out: W,
    columns: Vec<Column>,
    null: String,
    header: bool,
    /// How wide a line may be.
    limit: Option<usize>,
    page: Vec<Cell>,
    /// The widths the last header was printed with.
    shown: Option<Vec<usize>>,
    text: String,
}

struct Column {
    name: Cell,
    /// Numbers stand right.
    is_number: bool,
    /// Text is of use without its end. A number would read as another number.
    may_cut: bool,
    /// The widest cell so far.
    wanted: usize,
}

struct Cell {
    text: String,
    width: usize,
}

impl Cell {
    fn new(text: &str, limit: Option<usize>) -> Self {
        let text = plain(text, limit);
        let width = text.width();
        Self { text, width }
    }
}

impl<W: Write> Table<W> {
    pub(super) fn new(columns: &Columns, style: Style, out: W) -> Self {
        let column = |column: &SqlColumn| {
            let name = Cell::new(column.name(), style.width.map(|_| WIDEST));
            let wanted = if style.header { name.width } else { 1 };
            let data_type = column.data_type();
            let is_short =
                data_type.is_numeric() || data_type.is_temporal() || *data_type == DataType::Boolean;
            Column {
                name,
                is_number: data_type.is_numeric(),
                may_cut: !is_short,
                wanted,
            }
        };
        Self {
            out,
            columns: columns.iter().map(column).collect(),
            null: style.null.unwrap_or_else(|| "NULL".to_owned()),
            header: style.header,
            limit: style.width,
            page: Vec::new(),
            shown: None,
            text: String::new(),
        }
    }

    fn add(&mut self, row: &Row) -> Result<(), Failure> {
        for (position, column) in self.columns.iter_mut().enumerate() {
            self.text.clear();
            if !text::put(&mut self.text, row, position)? {
                self.text.push_str(&self.null);
            }
            let keep = self.limit.filter(|_| column.may_cut).map(|_| WIDEST);
            let cell = Cell::new(&self.text, keep);
            column.wanted = column.wanted.max(cell.width.min(WIDEST));
            self.page.push(cell);
        }
        Ok(())
    }

    fn print_page(&mut self) -> Result<(), Failure> {
        if self.page.is_empty() {
            return Ok(());
        }
        let widths = self.print_header_where_needed()?;
        let page = std::mem::take(&mut self.page);
        for row in page.chunks(self.columns.len()) {
            let line = self.line(row.iter(), &widths);
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    fn print_header_where_needed(&mut self) -> Result<Vec<usize>, Failure> {
        let widths = fit(&self.columns, self.limit);
        if self.shown.as_ref() == Some(&widths) || self.columns.is_empty() {
            return Ok(widths);
        }
        if self.header {
            if self.shown.is_some() {
                writeln!(self.out)?;
            }
            let names = self.line(self.columns.iter().map(|column| &column.name), &widths);
            let rule: Vec<_> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
            writeln!(self.out, "{names}\n{}", rule.join("+"))?;
        }
        self.shown = Some(widths.clone());
        Ok(widths)
    }

    fn line<'a>(&self, cells: impl Iterator<Item = &'a Cell>, widths: &[usize]) -> String {
        let mut line = String::from(" ");
        for (position, ((cell, column), width)) in cells.zip(&self.columns).zip(widths).enumerate() {
            if position > 0 {
                line.push_str(BETWEEN);
            }
            if self.limit.is_some() && column.may_cut && cell.width > *width {
                put_cut(&mut line, &cell.text, *width);
            } else {
                put_whole(&mut line, cell, *width, column.is_number);
            }
        }
        line.truncate(line.trim_end_matches(' ').len());
        line
    }
}

impl<W: Write + Send> Render for Table<W> {
    fn rows(&mut self, rows: &RowChunk) -> Result<(), Failure> {
        for row in rows.rows() {
            self.add(&row)?;
            if self.page.len() >= PAGE * self.columns.len() {
                self.print_page()?;
            }
        }
        Ok(())
    }

    fn pause(&mut self) -> Result<(), Failure> {
        self.print_page()?;
        Ok(self.out.flush()?)
    }

    fn end(&mut self) -> Result<(), Failure> {
        self.print_page()?;
        if self.shown.is_none() {
            self.print_header_where_needed()?;
        }
        Ok(self.out.flush()?)
    }
}

/// The widths that fit the limit: the widest columns of text give way first, others never.
fn fit(columns: &[Column], limit: Option<usize>) -> Vec<usize> {
    let widths = |most: usize| {
        columns.iter().map(move |column| {
            if column.may_cut {
                column.wanted.min(most)
            } else {
                column.wanted
            }
        })
    };
    let Some(limit) = limit else {
        return widths(WIDEST).collect();
    };
    let between = 1 + BETWEEN.len() * columns.len().saturating_sub(1);
    let fits = |most: &usize| between + widths(*most).sum::<usize>() <= limit;
    let most = (NARROWEST..=WIDEST).rev().find(fits).unwrap_or(NARROWEST);
    widths(most).collect()
}

fn put_whole(line: &mut String, cell: &Cell, width: usize, is_number: bool) {
    let padding = " ".repeat(width.saturating_sub(cell.width));
    let (before, after) = if is_number {
        (padding.as_str(), "")
    } else {
        ("", padding.as_str())
    };
    line.extend([before, &cell.text, after]);
}

/// Appends as much of a text as fits, and a mark that more was there.
fn put_cut(line: &mut String, text: &str, width: usize) {
    let mut left = width.saturating_sub(1);
    for character in text.chars() {
        let Some(rest) = left.checked_sub(character.width().unwrap_or(0)) else {
            break;
        };
        left = rest;
        line.push(character);
    }
    line.push('…');
    line.push_str(&" ".repeat(left));
}

/// Text that stays on its line and cannot command the terminal; no more of it than can be shown.
fn plain(text: &str, limit: Option<usize>) -> String {
    let mut plain = String::with_capacity(text.len().min(limit.unwrap_or(usize::MAX)));
    // One character more than fits, so that it is seen to be cut.
    for character in text
        .chars()
        .take(limit.map_or(usize::MAX, |limit| limit.saturating_add(1)))
    {
        match character {
            '\n' => plain.push_str("\\n"),
            '\r' => plain.push_str("\\r"),
            '\t' => plain.push_str("\\t"),
            // The latter ones turn the direction of writing around.
            character
                if character.is_control()
                    || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                plain.extend(character.escape_unicode());
            }
            character => plain.push(character),
        }
    }
    plain
}
