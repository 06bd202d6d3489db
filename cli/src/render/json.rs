//! One JSON object per line, and nested cells as JSON wherever they stand.
//!
//! Whole numbers and decimals are written with all their digits. `NaN` and infinity, for which JSON has no number, are null; bytes are base64;
//! dates and times are ISO 8601. Arrow's own writer has no unions, no maps with keys other than text, and no dates beyond the year 262142.

use std::collections::HashSet;
use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jetbridge::arrow::datatypes::DataType;
use jetbridge::cursor::RowChunk;
use jetbridge::types::{Cell, Columns, FromArrow, Unreadable};
use jetbridge::{Result, Row, Value};

use super::Render;
use crate::exit::Failure;

pub(super) struct Json<W> {
    out: W,
    /// What stands before each value: `{"id":`, `,"name":`.
    keys: Vec<String>,
    line: String,
}

impl<W: Write> Json<W> {
    pub(super) fn new(columns: &Columns, out: W) -> Self {
        let keys = distinct(columns.iter().map(|column| column.name()));
        let key = |(position, name): (usize, &String)| {
            let mut key = String::from(if position == 0 { "{" } else { "," });
            put_text(&mut key, name);
            key.push(':');
            key
        };
        Self {
            out,
            keys: keys.iter().enumerate().map(key).collect(),
            line: String::new(),
        }
    }
}

impl<W: Write + Send> Render for Json<W> {
    fn rows(&mut self, rows: &RowChunk) -> Result<(), Failure> {
        for row in rows.rows() {
            self.line.clear();
            for (column, key) in self.keys.iter().enumerate() {
                self.line.push_str(key);
                put(&mut self.line, &row, column)?;
            }
            self.line
                .push_str(if self.keys.is_empty() { "{}\n" } else { "}\n" });
            self.out.write_all(self.line.as_bytes())?;
        }
        Ok(())
    }

    fn pause(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }
}

/// Names of which none is there twice: readers keep one of two values with the same key. The second `a` is `a_2`.
fn distinct<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let given: HashSet<&str> = names.clone().collect();
    let mut taken = HashSet::new();
    names
        .map(|name| {
            let mut key = name.to_owned();
            let mut number = 1_u64;
            while taken.contains(&key) || (number > 1 && given.contains(key.as_str())) {
                number += 1;
                key = format!("{name}_{number}");
            }
            taken.insert(key.clone());
            key
        })
        .collect()
}

/// Appends a cell of a row.
pub(super) fn put(out: &mut String, row: &Row, column: usize) -> Result<()> {
    match row.get::<Cell<'_>>(column)? {
        Cell::Null => out.push_str("null"),
        Cell::Text(text) => put_text(out, text),
        // Read this way, an error names the column and the row.
        _ => out.push_str(&row.get::<JsonText>(column)?.0),
    }
    Ok(())
}

/// A cell as JSON.
struct JsonText(String);

impl<'a> FromArrow<'a> for JsonText {
    fn accepts(_: &DataType) -> bool {
        true
    }

    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        let mut json = String::new();
        put_cell(&mut json, cell)?;
        Ok(Self(json))
    }
}

fn put_cell(out: &mut String, cell: Cell<'_>) -> Result<(), Unreadable> {
    match cell {
        Cell::Null => out.push_str("null"),
        Cell::Float32(number) if !number.is_finite() => out.push_str("null"),
        Cell::Float64(number) if !number.is_finite() => out.push_str("null"),
        Cell::Bool(_)
        | Cell::Int8(_)
        | Cell::Int16(_)
        | Cell::Int32(_)
        | Cell::Int64(_)
        | Cell::UInt8(_)
        | Cell::UInt16(_)
        | Cell::UInt32(_)
        | Cell::UInt64(_)
        | Cell::Float32(_)
        | Cell::Float64(_)
        | Cell::Decimal(_) => out.push_str(&Value::read(cell)?.to_string()),
        Cell::Text(text) => put_text(out, text),
        Cell::Binary(bytes) => put_text(out, &STANDARD.encode(bytes)),
        Cell::List(list) => {
            out.push('[');
            for (position, element) in list.iter().enumerate() {
                separate(out, position);
                put_cell(out, element?)?;
            }
            out.push(']');
        }
        Cell::Struct(fields) => {
            out.push('{');
            for (position, (name, member)) in fields.iter().enumerate() {
                separate(out, position);
                put_text(out, name);
                out.push(':');
                put_cell(out, member?)?;
            }
            out.push('}');
        }
        Cell::Map(entries) => {
            out.push('{');
            for (position, (key, value)) in entries.iter().enumerate() {
                separate(out, position);
                put_text(out, &Value::read(key?)?.to_string());
                out.push(':');
                put_cell(out, value?)?;
            }
            out.push('}');
        }
        // Dates, times and the like, and what Arrow may think of yet.
        _ => put_text(out, &Value::read(cell)?.to_string()),
    }
    Ok(())
}

fn separate(out: &mut String, position: usize) {
    if position > 0 {
        out.push(',');
    }
}

fn put_text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(place) = rest.find(|character: char| matches!(character, '"' | '\\' | '\0'..='\u{1f}')) {
        let (plain, from) = rest.split_at(place);
        out.push_str(plain);
        let mut characters = from.chars();
        match characters.next() {
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(character @ ('"' | '\\')) => out.extend(['\\', character]),
            Some(control) => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push('"');
}
