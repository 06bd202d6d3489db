//! Rows: places in a batch.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;

use crate::error::{Error, Kind, Operation, Result, SqlState};
use crate::types::{Accessor, Columns, FromArrow, Unreadable, Value, accepts};

/// The rows of one batch, with the way to read each column already chosen.
#[derive(Clone)]
pub struct RowChunk(Arc<Chunk>);

struct Chunk {
    columns: Arc<Columns>,
    batch: RecordBatch,
    accessors: Vec<Accessor>,
    /// The number the first row has in the whole result.
    first_row: u64,
}

impl RowChunk {
    /// Makes rows of a batch, the first of which has the given number (counted from 0) in the whole result.
    ///
    /// # Errors
    ///
    /// [`Kind::Protocol`] where the batch does not have these columns.
    pub fn new(columns: Arc<Columns>, batch: RecordBatch, first_row: u64) -> Result<Self> {
        if batch.num_columns() != columns.len() {
            return Err(Error::protocol(format!(
                "a batch has {} columns, the result has {}",
                batch.num_columns(),
                columns.len()
            )));
        }
        let accessors = columns
            .iter()
            .zip(batch.columns())
            .map(|(column, array)| Accessor::bind(array, column.field()))
            .collect::<Result<Vec<_>>>()?;
        Ok(Self(Arc::new(Chunk {
            columns,
            batch,
            accessors,
            first_row,
        })))
    }

    /// The row at an index of this batch.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<Row> {
        (index < self.len()).then(|| Row {
            chunk: Arc::clone(&self.0),
            index,
        })
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.batch.num_rows()
    }

    /// Says whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows, in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row> + use<'_> {
        (0..self.len()).map(|index| Row {
            chunk: Arc::clone(&self.0),
            index,
        })
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &Arc<Columns> {
        &self.0.columns
    }

    /// The batch the rows lie in.
    #[must_use]
    pub fn batch(&self) -> &RecordBatch {
        &self.0.batch
    }

    /// The number of the first row in the whole result, counted from 0.
    #[must_use]
    pub fn first_row(&self) -> u64 {
        self.0.first_row
    }
}

impl fmt::Debug for RowChunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowChunk")
            .field("rows", &self.len())
            .field("first_row", &self.first_row())
            .finish()
    }
}

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
    /// [`Kind::Conversion`], with the column, the row and both types in the message; its SQLSTATE is 07006 where the type does not read the
    /// column, 22003 where the value does not fit, 22002 where it is NULL and the type is no `Option`, 22018 where text says no such value,
    /// and 42S22 where there is no such column.
    #[inline]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a number or a text is written in place"
    )]
    pub fn get<'a, T: FromArrow<'a>>(&'a self, column: impl ColumnIndex) -> Result<T> {
        self.read(column.position(&self.chunk.columns)?)
    }

    #[inline]
    fn read<'a, T: FromArrow<'a>>(&'a self, position: usize) -> Result<T> {
        let Some(accessor) = self.chunk.accessors.get(position) else {
            return Err(self.missing(position));
        };
        let read = accessor.cell(self.index).and_then(|cell| {
            // Otherwise a wrong type would be found only in the first row that is not NULL.
            if matches!(cell, crate::types::Cell::Null) && !self.accepts::<T>(position) {
                return Err(Unreadable::Type);
            }
            T::read(cell)
        });
        read.map_err(|why| self.refuse(position, why, std::any::type_name::<T>()))
    }

    fn accepts<'a, T: FromArrow<'a>>(&self, position: usize) -> bool {
        self.chunk
            .columns
            .get(position)
            .is_none_or(|column| accepts::<T>(column.data_type()))
    }

    /// The value of a column, whatever its type.
    ///
    /// # Errors
    ///
    /// [`Kind::Conversion`] where there is no such column, or the server sent a date or time outside its range.
    pub fn value(&self, column: impl ColumnIndex) -> Result<Value> {
        self.get(column)
    }

    /// The values of all columns, in order.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    pub fn values(&self) -> Result<Vec<Value>> {
        (0..self.len()).map(|position| self.read(position)).collect()
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
        // A batch has no more rows than 64 bits count.
        self.chunk
            .first_row
            .saturating_add(u64::try_from(self.index).unwrap_or(u64::MAX))
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

    #[cold]
    fn missing(&self, position: usize) -> Error {
        match self.chunk.columns.at(position) {
            Err(error) => error,
            Ok(_) => Error::protocol("a batch has fewer columns than its schema"),
        }
    }

    /// The error of a cell that could not be read: it names the place and the types, never the value, which may be private.
    #[cold]
    fn refuse(&self, position: usize, why: Unreadable, asked: &str) -> Error {
        let (name, data_type) = self
            .chunk
            .columns
            .get(position)
            .map_or(("", &DataType::Null), |column| {
                (column.name(), column.data_type())
            });
        let asked = short(asked);
        let place = format!("column {position} (\"{name}\"), row {}", self.number());
        let (state, message) = match why {
            Unreadable::Null => (
                SqlState::NULL_WITHOUT_OPTION,
                format!("{place}: the {data_type} is NULL, which {asked} cannot hold"),
            ),
            Unreadable::Type => (
                SqlState::TYPE_MISMATCH,
                format!("{place}: {data_type} cannot be read as {asked}"),
            ),
            Unreadable::Range => (
                SqlState::NUMBER_OUT_OF_RANGE,
                format!("{place}: the value of type {data_type} does not fit {asked}"),
            ),
            Unreadable::Text => (
                SqlState::INVALID_TEXT,
                format!("{place}: the text of type {data_type} is no {asked}"),
            ),
            Unreadable::Corrupt => {
                return Error::protocol(format!("{place}: the {data_type} array points outside itself"))
                    .during(Operation::Convert);
            }
        };
        let error = Error::new(Kind::Conversion, message)
            .state(state)
            .during(Operation::Convert);
        if why == Unreadable::Null {
            error.hint(format!("read it as Option<{asked}>"))
        } else {
            error
        }
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (position, column) in self.chunk.columns.iter().enumerate() {
            match self.read::<Value>(position) {
                Ok(value) => map.entry(&column.name(), &format_args!("{value}")),
                Err(error) => map.entry(&column.name(), &format_args!("<{}>", error.message())),
            };
        }
        map.finish()
    }
}

/// The name of a type without the paths in it: `alloc::vec::Vec<alloc::string::String>` is `Vec<String>`.
fn short(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    for part in name.split_inclusive(|character: char| !(character.is_alphanumeric() || character == '_')) {
        if part.ends_with(':') {
            // A path so far: only what follows its last colon is kept.
            let kept = short.rfind(|character: char| !(character.is_alphanumeric() || character == '_'));
            short.truncate(kept.map_or(0, |position| position + 1));
        } else {
            short.push_str(part);
        }
    }
    short
}

/// What names a column: its position, or its name.
pub trait ColumnIndex {
    /// The position among the columns.
    ///
    /// # Errors
    ///
    /// [`Kind::Conversion`] with SQLSTATE 42S22 where there is no such column.
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

/// A Rust type that whole rows can be read into: tuples, of up to twelve columns.
pub trait FromRow<'a>: Sized {
    /// Reads a row.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    fn from_row(row: &'a Row) -> Result<Self>;
}

impl FromRow<'_> for Row {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(row.clone())
    }
}

impl FromRow<'_> for Vec<Value> {
    fn from_row(row: &Row) -> Result<Self> {
        row.values()
    }
}

macro_rules! tuples {
    ($($count:literal: $($member:ident $position:tt),*;)*) => {$(
        impl<'a, $($member: FromArrow<'a>),*> FromRow<'a> for ($($member,)*) {
            fn from_row(row: &'a Row) -> Result<Self> {
                if row.len() != $count {
                    return Err(wrong_count(row.len(), $count));
                }
                Ok(($(row.read::<$member>($position)?,)*))
            }
        }
    )*};
}

tuples! {
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
    7: A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
    9: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    10: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
    11: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10;
    12: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11;
}

#[cold]
fn wrong_count(columns: usize, wanted: usize) -> Error {
    Error::new(
        Kind::Conversion,
        format!("the row has {columns} columns, the tuple asked for has {wanted}"),
    )
    .during(Operation::Convert)
}

#[cfg(test)]
mod tests;
