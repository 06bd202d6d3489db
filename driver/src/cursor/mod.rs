//! A result read row by row, in chunks of rows, or as batches.

#[cfg(feature = "serde")]
mod deserialize;
mod row;

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use futures::{Stream, StreamExt as _};

pub use self::row::{ColumnIndex, FromRow, Row, RowChunk};
use crate::error::Result;
use crate::metadata::Metadata;
use crate::stream::{BatchStream, CancelHandle};
use crate::types::Columns;

/// The result of a statement: rows, or the number of rows it changed.
///
/// Rows arrive as they are fetched; a cursor holds one batch and what its stream has read ahead. As a `Stream` it gives the batches.
/// Dropping it before the end tells the server to stop.
pub struct Cursor {
    columns: Arc<Columns>,
    batches: BatchStream,
    chunk: Option<RowChunk>,
    /// The next row of the chunk.
    next: usize,
    /// How many rows the batches so far have.
    arrived: u64,
    affected: Option<u64>,
    /// What must live until the result is read to its end, such as the prepared statement behind it.
    keep: Option<Box<dyn Any + Send + Sync>>,
}

impl Cursor {
    pub(crate) fn new(batches: BatchStream) -> Self {
        let columns = Arc::new(Columns::new(Arc::clone(batches.schema())));
        Self {
            columns,
            batches,
            chunk: None,
            next: 0,
            arrived: 0,
            affected: None,
            keep: None,
        }
    }

    /// The outcome of a statement that has no rows.
    pub(crate) fn of_update(affected: Option<u64>) -> Self {
        let mut cursor = Self::new(BatchStream::empty(Arc::new(Schema::empty())));
        cursor.affected = affected;
        cursor
    }

    pub(crate) fn keeping(mut self, keep: impl Any + Send + Sync) -> Self {
        self.keep = Some(Box::new(keep));
        self
    }

    /// What ends it from another task or thread.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        self.batches.cancel_handle()
    }

    /// The columns; none for a statement that has no rows.
    #[must_use]
    pub fn columns(&self) -> &Arc<Columns> {
        &self.columns
    }

    /// The Arrow schema of the batches.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        self.batches.schema()
    }

    /// How many rows the statement changed; `None` for a query, and where the server does not know.
    #[must_use]
    pub fn rows_affected(&self) -> Option<u64> {
        self.affected
    }

    /// How many rows the result has, where the server said so beforehand.
    #[must_use]
    pub fn total_rows(&self) -> Option<u64> {
        self.batches.total_records()
    }

    /// The trailers the server sent after the parts of the result read so far.
    #[must_use]
    pub fn trailers(&self) -> Metadata {
        self.batches.trailers()
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    ///
    /// Whatever made the result break: the rows before are then not all of it.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses no row.
    pub async fn fetch_one(&mut self) -> Result<Option<Row>> {
        // Most rows are at hand, and nothing is worth as much as not going further for them.
        if let Some(row) = self.row_at_hand() {
            return Ok(Some(row));
        }
        poll_fn(|context| self.poll_row(context)).await
    }

    /// Up to `n` rows, over as many batches as it takes; fewer only at the end.
    ///
    /// # Errors
    ///
    /// Whatever made the result break: the rows before are then not all of it.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses the rows it has gathered from the batch at hand and before: finish the cursor or drop it.
    pub async fn fetch_many(&mut self, n: usize) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        while rows.len() < n {
            let missing = n - rows.len();
            if let Some(chunk) = &self.chunk {
                let end = self.next.saturating_add(missing).min(chunk.len());
                rows.extend((self.next..end).filter_map(|index| chunk.row(index)));
                self.next = end;
            }
            if rows.len() < n && !self.advance().await? {
                break;
            }
        }
        Ok(rows)
    }

    /// All rows that are left. The whole result is in memory then; [`fetch_many`](Self::fetch_many) and the stream of batches hold a part.
    ///
    /// # Errors
    ///
    /// Whatever made the result break; no rows are given then.
    pub async fn fetch_all(&mut self) -> Result<Vec<Row>> {
        self.fetch_many(usize::MAX).await
    }

    /// The rows that are left, one by one.
    pub fn rows(&mut self) -> impl Stream<Item = Result<Row>> + Send + Unpin + '_ {
        futures::stream::poll_fn(|context| self.poll_row(context).map(Result::transpose))
    }

    /// The rows of the next batch, read without a share in the batch for each of them: what is left of the batch at hand, else the next one;
    /// `None` at the end.
    ///
    /// # Errors
    ///
    /// Whatever made the result break: the rows before are then not all of it.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses no row.
    pub async fn next_chunk(&mut self) -> Result<Option<RowChunk>> {
        loop {
            if let Some(chunk) = &self.chunk
                && self.next < chunk.len()
            {
                let rest = if self.next == 0 {
                    chunk.clone()
                } else {
                    chunk.from(self.next)?
                };
                self.next = chunk.len();
                return Ok(Some(rest));
            }
            if !self.advance().await? {
                return Ok(None);
            }
        }
    }

    /// The next batch: what is left of the batch at hand, else the next one; `None` at the end.
    ///
    /// # Errors
    ///
    /// Whatever made the result break: the batches before are then not all of it.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses no batch.
    pub async fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        self.next().await.transpose()
    }

    /// Reads the result to its end and gives the number of rows that were left.
    ///
    /// # Errors
    ///
    /// Whatever made the result break.
    pub async fn drain(&mut self) -> Result<u64> {
        let mut rows = 0_u64;
        while let Some(batch) = self.next_batch().await? {
            rows = rows.saturating_add(u64::try_from(batch.num_rows()).unwrap_or(u64::MAX));
        }
        Ok(rows)
    }

    /// Ends the result; what has not been read is dropped, on the server too.
    pub fn close(self) {}

    /// Makes the next batch the one at hand; false at the end.
    async fn advance(&mut self) -> Result<bool> {
        poll_fn(|context| self.poll_advance(context)).await
    }

    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        let Some(batch) = ready!(self.batches.poll_next_unpin(context)).transpose()? else {
            self.keep = None;
            return Poll::Ready(Ok(false));
        };
        let first_row = self.arrives(&batch);
        self.chunk = Some(match &self.chunk {
            Some(chunk) => chunk.following(batch, first_row)?,
            None => RowChunk::new(Arc::clone(&self.columns), batch, first_row)?,
        });
        self.next = 0;
        Poll::Ready(Ok(true))
    }

    /// The next row of the batch at hand.
    #[inline]
    pub(crate) fn row_at_hand(&mut self) -> Option<Row> {
        let row = self.chunk.as_ref()?.row(self.next)?;
        self.next += 1;
        Some(row)
    }

    fn poll_row(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Row>>> {
        loop {
            if let Some(row) = self.row_at_hand() {
                return Poll::Ready(Ok(Some(row)));
            }
            if !ready!(self.poll_advance(context))? {
                return Poll::Ready(Ok(None));
            }
        }
    }

    /// Counts the rows of a new batch, and gives the number of the first.
    fn arrives(&mut self, batch: &RecordBatch) -> u64 {
        let first = self.arrived;
        self.arrived = first.saturating_add(u64::try_from(batch.num_rows()).unwrap_or(u64::MAX));
        first
    }

    /// What `fetch_one` and `fetch_many` have left of the batch at hand.
    fn rest(&mut self) -> Option<RecordBatch> {
        let chunk = self.chunk.as_ref()?;
        let left = chunk.len().checked_sub(self.next).filter(|left| *left > 0)?;
        let rest = chunk.batch().slice(self.next, left);
        self.next = chunk.len();
        Some(rest)
    }
}

impl Stream for Cursor {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(rest) = self.rest() {
            return Poll::Ready(Some(Ok(rest)));
        }
        let polled = self.batches.poll_next_unpin(context);
        match &polled {
            Poll::Ready(Some(Ok(batch))) => {
                self.arrives(batch);
            }
            Poll::Ready(None) => self.keep = None,
            _ => {}
        }
        polled
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor")
            .field("columns", &self.columns)
            .field("batches", &self.batches)
            .field("affected", &self.affected)
            .finish_non_exhaustive()
    }
}
