//! Rows: places in a batch.

mod chunk;
mod column_index;
#[cfg(feature = "serde")]
mod deserialize;
mod from_row;
mod place;
#[cfg(feature = "serde")]
mod plan;
mod refusal;

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;

use self::chunk::Chunk;
pub use self::chunk::RowChunk;
pub use self::column_index::ColumnIndex;
pub use self::from_row::FromRow;
use self::place::Place;
use crate::error::Result;
use crate::types::{Columns, FromArrow, Value};

/// One row of a result.
///
/// It is a place in a batch: cloning it copies no values, and text and bytes are borrowed from it. As long as a row lives, so does its batch.
#[derive(Clone)]
pub struct Row {
    chunk: Arc<Chunk>,
    index: usize,
}

impl Row {
    /// Reads a column, by position (from 0) or by name, as a Rust type.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use arrow::array::{Int32Array, RecordBatch, StringArray};
    /// # use jetbridge::{cursor::RowChunk, types::Columns};
    /// # fn main() -> jetbridge::Result<()> {
    /// # let batch = RecordBatch::try_from_iter([
    /// #     ("id", Arc::new(Int32Array::from(vec![7])) as _),
    /// #     ("name", Arc::new(StringArray::from(vec![Some("Ada")])) as _),
    /// # ])?;
    /// # let columns = Arc::new(Columns::new(batch.schema()));
    /// # let row = RowChunk::new(columns, batch, 0)?.row(0).unwrap();
    /// let id: i64 = row.get(0)?;
    /// let name = row.get::<Option<&str>>("name")?;
    /// assert_eq!((id, name), (7, Some("Ada")));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Kind::Conversion`](crate::Kind::Conversion), with the column, the row and both types in the message; its SQLSTATE is 07006 where the type does not read the
    /// column, 22003 where the value does not fit, 22002 where it is NULL and the type is no `Option`, 22018 where text says no such value,
    /// and 42S22 where there is no such column.
    #[inline]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a number or a text is written in place"
    )]
    pub fn get<'a, T: FromArrow<'a>>(&'a self, column: impl ColumnIndex) -> Result<T> {
        self.place().read(column.position(&self.chunk.columns)?)
    }

    #[inline]
    fn place(&self) -> Place<'_> {
        Place {
            chunk: &self.chunk,
            index: self.index,
        }
    }

    /// The value of a column, whatever its type.
    ///
    /// # Errors
    ///
    /// [`Kind::Conversion`](crate::Kind::Conversion) where there is no such column, or the server sent a date or time outside its range.
    pub fn value(&self, column: impl ColumnIndex) -> Result<Value> {
        self.get(column)
    }

    /// The values of all columns, in order.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    pub fn values(&self) -> Result<Vec<Value>> {
        (0..self.len())
            .map(|position| self.place().read(position))
            .collect()
    }

    /// The text or bytes of a column as a share in the batch's own buffer: they outlive the row and are not copied (what lies within a
    /// view, twelve bytes at most, is). `None` where it is NULL.
    ///
    /// # Errors
    ///
    /// [`Kind::Conversion`](crate::Kind::Conversion) where there is no such column, or it is neither text nor bytes.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a number or a text is written in place"
    )]
    pub fn shared_bytes(&self, column: impl ColumnIndex) -> Result<Option<Buffer>> {
        let position = column.position(&self.chunk.columns)?;
        self.place().shared_bytes(position)
    }

    /// Reads the whole row, for instance as a tuple that borrows its text: `row.read_all::<(i64, &str)>()`.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); 07006 where the number of columns is another.
    pub fn read_all<'a, T: FromRow<'a>>(&'a self) -> Result<T> {
        T::from_row(self)
    }

    /// Reads the whole row as a tuple that owns its values: `row.into_tuple::<(i64, String)>()`.
    ///
    /// # Errors
    ///
    /// As [`read_all`](Self::read_all).
    pub fn into_tuple<T: for<'a> FromRow<'a>>(self) -> Result<T> {
        T::from_row(&self)
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &Arc<Columns> {
        &self.chunk.columns
    }

    /// How many columns it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chunk.accessors.len()
    }

    /// Says whether it has no columns.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chunk.accessors.is_empty()
    }

    /// The number of the row in the whole result, counted from 0.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.place().number()
    }

    /// The batch it lies in.
    #[must_use]
    pub fn batch(&self) -> &RecordBatch {
        &self.chunk.batch
    }

    /// Its index in that batch.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (position, column) in self.chunk.columns.iter().enumerate() {
            match self.place().read::<Value>(position) {
                Ok(value) => map.entry(&column.name(), &format_args!("{value}")),
                Err(error) => map.entry(&column.name(), &format_args!("<{}>", error.message())),
            };
        }
        map.finish()
    }
}

#[cfg(test)]
mod tests;
