//! A result, row by row, in chunks of rows or as batches, on the calling thread.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::{BatchReader, CancelHandle, Runtime};
use crate::cursor::{self, Row, RowChunk};
use crate::error::Result;
use crate::metadata::Metadata;
use crate::types::Columns;

/// The result of a statement: an iterator of its rows, or the number of rows it changed. See [`jetbridge::Cursor`](crate::Cursor).
///
/// After an error the iterator has ended: the rows before are not the whole result.
pub struct Cursor {
    cursor: cursor::Cursor,
    runtime: Runtime,
    /// Given as an error by the iterator, which then ends.
    broken: bool,
}

impl Cursor {
    pub(super) fn new(cursor: cursor::Cursor, runtime: Runtime) -> Self {
        Self {
            cursor,
            runtime,
            broken: false,
        }
    }

    /// What ends it from another thread.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle::new(self.cursor.cancel_handle(), self.runtime)
    }

    /// The columns; none for a statement that has no rows.
    #[must_use]
    pub fn columns(&self) -> &Arc<Columns> {
        self.cursor.columns()
    }

    /// The Arrow schema of the batches.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        self.cursor.schema()
    }

    /// How many rows the statement changed; `None` for a query, and where the server does not know.
    #[must_use]
    pub fn rows_affected(&self) -> Option<u64> {
        self.cursor.rows_affected()
    }

    /// How many rows the result has, where the server said so beforehand.
    #[must_use]
    pub fn total_rows(&self) -> Option<u64> {
        self.cursor.total_rows()
    }

    /// The trailers the server sent after the parts of the result read so far.
    #[must_use]
    pub fn trailers(&self) -> Metadata {
        self.cursor.trailers()
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    ///
    /// Whatever made the result break: the rows before are then not all of it.
    pub fn fetch_one(&mut self) -> Result<Option<Row>> {
        match self.cursor.row_at_hand() {
            Some(row) => Ok(Some(row)),
            None => self.runtime.block_on(self.cursor.fetch_one()),
        }
    }

    /// Up to `n` rows, over as many batches as it takes; fewer only at the end.
    ///
    /// # Errors
    ///
    /// As [`fetch_one`](Self::fetch_one).
    pub fn fetch_many(&mut self, n: usize) -> Result<Vec<Row>> {
        self.runtime.block_on(self.cursor.fetch_many(n))
    }

    /// All rows that are left; they are in memory then.
    ///
    /// # Errors
    ///
    /// As [`fetch_one`](Self::fetch_one).
    pub fn fetch_all(&mut self) -> Result<Vec<Row>> {
        self.runtime.block_on(self.cursor.fetch_all())
    }

    /// The rows of the next batch; `None` at the end.
    ///
    /// # Errors
    ///
    /// As [`fetch_one`](Self::fetch_one).
    pub fn next_chunk(&mut self) -> Result<Option<RowChunk>> {
        self.runtime.block_on(self.cursor.next_chunk())
    }

    /// The next batch: what is left of the batch at hand, else the next one; `None` at the end.
    ///
    /// # Errors
    ///
    /// As [`fetch_one`](Self::fetch_one).
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        self.runtime.block_on(self.cursor.next_batch())
    }

    /// The batches that are left, for anything that reads Arrow.
    #[must_use]
    pub fn into_reader(self) -> BatchReader {
        BatchReader::new(self)
    }

    /// Reads the result to its end and gives the number of rows that were left.
    ///
    /// # Errors
    ///
    /// As [`fetch_one`](Self::fetch_one).
    pub fn drain(&mut self) -> Result<u64> {
        self.runtime.block_on(self.cursor.drain())
    }

    /// Ends the result; what has not been read is dropped, on the server too.
    pub fn close(self) {}
}

#[cfg(feature = "serde")]
impl Cursor {
    /// The next row through serde; `None` at the end. See [`Row::deserialize`].
    ///
    /// # Errors
    ///
    /// As [`fetch_one`](Self::fetch_one), or why the row could not be read.
    pub fn fetch_one_as<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>> {
        let row = self.fetch_one()?;
        row.map(|row| row.deserialize()).transpose()
    }

    /// Up to `n` rows through serde; fewer only at the end.
    ///
    /// # Errors
    ///
    /// As [`fetch_one_as`](Self::fetch_one_as).
    pub fn fetch_many_as<T: serde::de::DeserializeOwned>(&mut self, n: usize) -> Result<Vec<T>> {
        self.runtime.block_on(self.cursor.fetch_many_as(n))
    }

    /// All rows that are left, through serde.
    ///
    /// # Errors
    ///
    /// As [`fetch_one_as`](Self::fetch_one_as); no rows are given then.
    pub fn fetch_all_as<T: serde::de::DeserializeOwned>(&mut self) -> Result<Vec<T>> {
        self.runtime.block_on(self.cursor.fetch_all_as())
    }
}

impl Iterator for Cursor {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Result<Row>> {
        if self.broken {
            return None;
        }
        let row = self.fetch_one().transpose()?;
        self.broken = row.is_err();
        Some(row)
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cursor.fmt(f)
    }
}
