//! Results through serde.

use futures::{Stream, StreamExt as _};
use serde::de::DeserializeOwned;

use super::Cursor;
use crate::error::Result;

impl Cursor {
    /// The next row through serde; `None` at the end. See [`Row::deserialize`](super::Row::deserialize).
    ///
    /// # Errors
    ///
    /// Whatever made the result break, or why the row could not be read; it counts as read then.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses no row.
    pub async fn fetch_one_as<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        let row = self.fetch_one().await?;
        row.map(|row| row.deserialize()).transpose()
    }

    /// Up to `n` rows through serde, over as many batches as it takes; fewer only at the end.
    ///
    /// # Errors
    ///
    /// Whatever made the result break, or why a row could not be read; the rows before are not given then.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses the rows it has gathered: finish the cursor or drop it.
    pub async fn fetch_many_as<T: DeserializeOwned>(&mut self, n: usize) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        while rows.len() < n {
            if let Some(chunk) = &self.chunk {
                let end = self.next.saturating_add(n - rows.len()).min(chunk.len());
                let start = std::mem::replace(&mut self.next, end);
                rows.reserve(end - start);
                for row in chunk.range_as(start..end) {
                    rows.push(row?);
                }
            }
            if rows.len() < n && !self.advance().await? {
                break;
            }
        }
        Ok(rows)
    }

    /// All rows that are left, through serde.
    ///
    /// ```no_run
    /// # async fn example(session: &jetbridge::Session) -> jetbridge::Result<()> {
    /// #[derive(serde::Deserialize)]
    /// struct Customer {
    ///     id: i64,
    ///     name: String,
    ///     email: Option<String>,
    /// }
    ///
    /// let mut cursor = session.query("SELECT id, name, email FROM customers").await?;
    /// let customers: Vec<Customer> = cursor.fetch_all_as().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Whatever made the result break, or why a row could not be read; no rows are given then.
    pub async fn fetch_all_as<T: DeserializeOwned>(&mut self) -> Result<Vec<T>> {
        self.fetch_many_as(usize::MAX).await
    }

    /// The rows that are left, one by one, through serde.
    pub fn rows_as<T: DeserializeOwned>(&mut self) -> impl Stream<Item = Result<T>> + Send + Unpin + '_ {
        self.rows().map(|row| row?.deserialize())
    }
}
