//! The columns of a result.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;

use super::column::Column;
use crate::error::{Error, Kind, Operation, Result, SqlState};

/// Up to this many columns a name is found faster by looking at each than by hashing it.
const LOOK_AT_EACH: usize = 12;

/// The columns of a result, in order. It reads as a slice of [`Column`].
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    schema: SchemaRef,
    columns: Vec<Column>,
    /// The first position of every name, where there are many.
    positions: HashMap<String, usize>,
}

impl Columns {
    /// The columns a schema describes.
    #[must_use]
    pub fn new(schema: SchemaRef) -> Self {
        let columns: Vec<Column> = schema
            .fields()
            .iter()
            .map(|field| Column::new(Arc::clone(field)))
            .collect();
        let mut positions = HashMap::new();
        if columns.len() > LOOK_AT_EACH {
            for (position, column) in columns.iter().enumerate() {
                positions.entry(column.name().to_owned()).or_insert(position);
            }
        }
        Self {
            schema,
            columns,
            positions,
        }
    }

    /// The Arrow schema.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The position of the column with a name: the first that has exactly this name, else the only one that has it in another case.
    ///
    /// # Errors
    ///
    /// [`Kind::Conversion`] with SQLSTATE 42S22 where no column has the name, or several have it in another case.
    pub fn position(&self, name: &str) -> Result<usize> {
        let exact = if self.positions.is_empty() {
            self.columns.iter().position(|column| column.name() == name)
        } else {
            self.positions.get(name).copied()
        };
        exact.map_or_else(|| self.position_in_any_case(name), Ok)
    }

    fn position_in_any_case(&self, name: &str) -> Result<usize> {
        let folded = name.to_lowercase();
        let alike = |column: &Column| column.name().to_lowercase() == folded;
        let found: Vec<usize> = (0..)
            .zip(&self.columns)
            .filter(|(_, column)| alike(column))
            .map(|(position, _)| position)
            .collect();
        match found.as_slice() {
            [position] => Ok(*position),
            [] => Err(unknown(format!("the result has no column \"{name}\"")).hint(self.list())),
            several => Err(unknown(format!(
                "the name \"{name}\" is ambiguous: the columns {several:?} (counted from 0) have it in another case"
            ))
            .hint("write the name exactly as the column has it, or use its position")),
        }
    }

    /// The column at a position.
    pub(crate) fn at(&self, position: usize) -> Result<&Column> {
        self.columns.get(position).ok_or_else(|| {
            unknown(format!(
                "there is no column at position {position} (counted from 0): the result has {}",
                self.columns.len()
            ))
        })
    }

    fn list(&self) -> String {
        const MOST: usize = 10;
        let names: Vec<&str> = self.columns.iter().take(MOST).map(Column::name).collect();
        let more = if self.columns.len() > MOST { ", …" } else { "" };
        format!("its columns are: {}{more}", names.join(", "))
    }
}

impl From<SchemaRef> for Columns {
    fn from(schema: SchemaRef) -> Self {
        Self::new(schema)
    }
}

impl Deref for Columns {
    type Target = [Column];

    fn deref(&self) -> &[Column] {
        &self.columns
    }
}

impl<'a> IntoIterator for &'a Columns {
    type Item = &'a Column;
    type IntoIter = std::slice::Iter<'a, Column>;

    fn into_iter(self) -> Self::IntoIter {
        self.columns.iter()
    }
}

fn unknown(message: String) -> Error {
    Error::new(Kind::Conversion, message)
        .state(SqlState::COLUMN_NOT_FOUND)
        .during(Operation::Convert)
}
