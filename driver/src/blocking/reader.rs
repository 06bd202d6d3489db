//! A result for anything that reads Arrow.

use std::fmt;

use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchReader};

use super::Cursor;

/// The batches of a result as Arrow's own [`RecordBatchReader`], which the C stream interface, Parquet and CSV writers and Python take.
///
/// An error of the driver is in the `ExternalError` of Arrow's.
pub struct BatchReader {
    cursor: Cursor,
    /// After an error nothing more comes.
    broken: bool,
}

impl BatchReader {
    pub(super) fn new(cursor: Cursor) -> Self {
        Self {
            cursor,
            broken: false,
        }
    }

    /// The cursor again, with what has not been read.
    #[must_use]
    pub fn into_cursor(self) -> Cursor {
        self.cursor
    }
}

impl Iterator for BatchReader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken {
            return None;
        }
        let batch = self.cursor.next_batch().transpose()?;
        self.broken = batch.is_err();
        Some(batch.map_err(|error| ArrowError::ExternalError(Box::new(error))))
    }
}

impl RecordBatchReader for BatchReader {
    fn schema(&self) -> SchemaRef {
        self.cursor.schema().clone()
    }
}

impl fmt::Debug for BatchReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BatchReader").field(&self.cursor).finish()
    }
}
