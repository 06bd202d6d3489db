//! What a column of a row is named by.

use crate::error::Result;
use crate::types::Columns;

/// What names a column: its position, or its name.
pub trait ColumnIndex {
    /// The position among the columns.
    ///
    /// # Errors
    ///
    /// [`Kind::Conversion`](crate::Kind::Conversion) with SQLSTATE 42S22 where there is no such column.
    fn position(&self, columns: &Columns) -> Result<usize>;
}

impl ColumnIndex for usize {
    #[inline]
    fn position(&self, _: &Columns) -> Result<usize> {
        // A position outside is found where the column is read.
        Ok(*self)
    }
}

impl ColumnIndex for &str {
    fn position(&self, columns: &Columns) -> Result<usize> {
        columns.position(self)
    }
}

impl ColumnIndex for String {
    fn position(&self, columns: &Columns) -> Result<usize> {
        columns.position(self)
    }
}

impl ColumnIndex for &String {
    fn position(&self, columns: &Columns) -> Result<usize> {
        columns.position(self)
    }
}
