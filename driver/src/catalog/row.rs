//! The rows of an answer, read by column name: servers differ in order, nullability, width, and in what they leave out.

use std::sync::Arc;

use crate::cursor::{Cursor, Row};
use crate::error::{Error, Kind, Operation, Result};
use crate::types::{Columns, Value, loose};

/// The most rows read into memory; a cursor reads any number.
const MOST_ROWS: usize = 1_000_000;

/// All rows of an answer.
#[derive(Debug)]
pub(super) struct Rows {
    columns: Arc<Columns>,
    rows: Vec<Row>,
}

/// One row of an answer.
#[derive(Debug)]
pub(super) struct Record<'a> {
    columns: &'a Columns,
    row: &'a Row,
}

impl Rows {
    pub(super) async fn read(mut cursor: Cursor) -> Result<Self> {
        let rows = cursor.fetch_many(MOST_ROWS).await?;
        if rows.len() == MOST_ROWS && cursor.fetch_one().await?.is_some() {
            let words = format!("the catalog has more than {MOST_ROWS} entries of this kind");
            return Err(Error::new(Kind::Resource, words)
                .during(Operation::Catalog)
                .hint("ask with a narrower filter, or read the cursor of the command"));
        }
        let columns = Arc::clone(cursor.columns());
        Ok(Self { columns, rows })
    }

    /// Makes something of each row; a row that lacks what counts is left out.
    pub(super) fn collect<T>(&self, read: impl FnMut(Record<'_>) -> Option<T>) -> Vec<T> {
        let records = self.rows.iter().map(|row| Record {
            columns: &self.columns,
            row,
        });
        records.filter_map(read).collect()
    }
}

impl Record<'_> {
    /// The first of some names that the answer has a column of.
    fn value(&self, names: &[&str]) -> Option<Value> {
        let position = names.iter().find_map(|name| self.columns.position(name).ok())?;
        self.row.value(position).ok().filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.text_of(&[name])
    }

    /// As [`text`](Self::text), where servers have several names for a column.
    pub(super) fn text_of(&self, names: &[&str]) -> Option<String> {
        self.value(names).and_then(loose::text)
    }

    /// The text in the first column, whatever its name.
    pub(super) fn first_text(&self) -> Option<String> {
        self.row.value(0).ok().and_then(loose::text)
    }

    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        self.value(&[name]).and_then(loose::texts)
    }

    pub(super) fn integer(&self, name: &str) -> Option<i32> {
        let value = loose::integer(&self.value(&[name])?)?;
        i32::try_from(value).ok()
    }

    pub(super) fn truth(&self, name: &str) -> Option<bool> {
        loose::truth(&self.value(&[name])?)
    }

    pub(super) fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        match self.value(&[name])? {
            Value::Binary(bytes) => Some(bytes),
            _ => None,
        }
    }
}
