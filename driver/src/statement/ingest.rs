//! Bulk ingest: rows into a table without SQL.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::Stream;

use crate::error::{Kind, Result};
use crate::protocol::{IngestMode, IngestTarget};
use crate::shared::Shared;
use crate::transport::CallOptions;

/// Loads rows into a table; see [`Session::ingest`](crate::Session::ingest).
#[derive(Debug, Clone)]
#[must_use = "nothing is loaded before `run` or `run_stream`"]
pub struct Ingest {
    shared: Arc<Shared>,
    target: IngestTarget,
    options: CallOptions,
}

impl Ingest {
    pub(crate) fn new(shared: Arc<Shared>, table: impl Into<String>) -> Self {
        let target = IngestTarget {
            table: table.into(),
            schema: None,
            catalog: None,
            temporary: false,
            mode: IngestMode::default(),
            transaction: None,
            options: Vec::new(),
        };
        Self {
            shared,
            target,
            options: CallOptions::new(),
        }
    }

    /// Says what to do about the table; by default it is made, and one that exists is an error.
    pub fn mode(mut self, mode: IngestMode) -> Self {
        self.target.mode = mode;
        self
    }

    /// Names the schema of the table.
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.target.schema = Some(schema.into());
        self
    }

    /// Names the catalog of the table.
    pub fn catalog(mut self, catalog: impl Into<String>) -> Self {
        self.target.catalog = Some(catalog.into());
        self
    }

    /// Makes a table that goes with the session.
    pub fn temporary(mut self, temporary: bool) -> Self {
        self.target.temporary = temporary;
        self
    }

    /// Puts it into a transaction whose id was had elsewhere; by default it belongs to the session's.
    pub fn transaction_id(mut self, id: impl Into<bytes::Bytes>) -> Self {
        self.target.transaction = Some(id.into());
        self
    }

    /// Gives the server an option of its own.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.target.options.push((name.into(), value.into()));
        self
    }

    /// Sends headers with the call, or gives it another deadline than `update_timeout`.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Loads batches; gives the number of rows as the server counted them, `None` where it did not.
    ///
    /// # Errors
    ///
    /// As [`run_stream`](Self::run_stream).
    pub async fn run(self, schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<Option<u64>> {
        self.run_stream(schema, futures::stream::iter(batches.into_iter().map(Ok)))
            .await
    }

    /// Loads a stream of batches, of which only those under way are in memory.
    ///
    /// # Errors
    ///
    /// An error of the stream, as it is; `NotSupported` when the server has no bulk ingest; `AlreadyExists` or `NotFound` as the mode has it.
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call; outside of a transaction the server may have kept some of the rows.
    pub async fn run_stream(
        mut self,
        schema: SchemaRef,
        batches: impl Stream<Item = Result<RecordBatch>> + Send + 'static,
    ) -> Result<Option<u64>> {
        if self.target.transaction.is_none() {
            self.target.transaction = self.shared.transaction().await?;
        }
        let answer = self
            .shared
            .protocol()?
            .ingest(&self.target, schema, batches, &self.options)
            .await;
        self.shared.watch(answer).map_err(|error| match error.kind() {
            Kind::NotSupported => error.hint(
                "the server has no bulk ingest: insert by a prepared statement with rows of parameters",
            ),
            _ => error,
        })
    }
}
