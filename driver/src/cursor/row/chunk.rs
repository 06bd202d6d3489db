//! The rows of one batch.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;

use super::Row;
#[cfg(feature = "serde")]
use super::plan::Plans;
use crate::error::{Error, Result};
use crate::types::{Accessor, Columns};

/// The rows of one batch, with the way to read each column already chosen.
#[derive(Clone)]
pub struct RowChunk(pub(super) Arc<Chunk>);

pub(super) struct Chunk {
    pub(super) columns: Arc<Columns>,
    pub(super) batch: RecordBatch,
    pub(super) accessors: Vec<Accessor>,
    /// The number the first row has in the whole result.
    pub(super) first_row: u64,
    /// How structs take their fields from the columns, the same for all chunks of a result.
    #[cfg(feature = "serde")]
    pub(super) plans: Arc<Plans>,
}

impl RowChunk {
    /// Makes rows of a batch, the first of which has the given number (counted from 0) in the whole result.
    ///
    /// # Errors
    ///
    /// [`Kind::Protocol`](crate::Kind::Protocol) where the batch does not have these columns.
    pub fn new(columns: Arc<Columns>, batch: RecordBatch, first_row: u64) -> Result<Self> {
        Self::bind(
            columns,
            batch,
            first_row,
            #[cfg(feature = "serde")]
            Arc::default(),
        )
    }

    /// The rows of a later batch of the same result.
    pub(crate) fn following(&self, batch: RecordBatch, first_row: u64) -> Result<Self> {
        Self::bind(
            Arc::clone(&self.0.columns),
            batch,
            first_row,
            #[cfg(feature = "serde")]
            Arc::clone(&self.0.plans),
        )
    }

    /// The rows from an index on.
    pub(crate) fn from(&self, start: usize) -> Result<Self> {
        let left = self.len().saturating_sub(start);
        let skipped = u64::try_from(start).unwrap_or(u64::MAX);
        Self::bind(
            Arc::clone(&self.0.columns),
            self.0.batch.slice(self.len() - left, left),
            self.0.first_row.saturating_add(skipped),
            #[cfg(feature = "serde")]
            Arc::clone(&self.0.plans),
        )
    }

    fn bind(
        columns: Arc<Columns>,
        batch: RecordBatch,
        first_row: u64,
        #[cfg(feature = "serde")] plans: Arc<Plans>,
    ) -> Result<Self> {
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
            #[cfg(feature = "serde")]
            plans,
        })))
    }

    /// The row at an index of this batch.
    #[must_use]
    #[inline]
    pub fn row(&self, index: usize) -> Option<Row> {
        (index < self.len()).then(|| Row {
            chunk: Arc::clone(&self.0),
            index,
        })
    }

    /// How many rows there are.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.0.batch.num_rows()
    }

    /// Says whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows, in order.
    #[inline]
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
