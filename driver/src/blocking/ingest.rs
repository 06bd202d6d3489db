//! Bulk ingest on the calling thread.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchReader};

use super::Runtime;
use super::feed::feed;
use crate::config::ParameterMode;
use crate::error::Result;
use crate::protocol::IngestMode;
use crate::statement;
use crate::transport::CallOptions;

/// Loads rows into a table; see [`Session::ingest`](super::Session::ingest).
#[derive(Debug, Clone)]
#[must_use = "nothing is loaded before `run` or `run_reader`"]
pub struct Ingest {
    ingest: statement::Ingest,
    runtime: Runtime,
}

impl Ingest {
    pub(super) fn new(ingest: statement::Ingest, runtime: Runtime) -> Self {
        Self { ingest, runtime }
    }

    /// Says what to do about the table; by default it is made, and one that exists is an error.
    pub fn mode(mut self, mode: IngestMode) -> Self {
        self.ingest = self.ingest.mode(mode);
        self
    }

    /// Names the schema of the table.
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.ingest = self.ingest.schema(schema);
        self
    }

    /// Names the catalog of the table.
    pub fn catalog(mut self, catalog: impl Into<String>) -> Self {
        self.ingest = self.ingest.catalog(catalog);
        self
    }

    /// Makes a table that goes with the session.
    pub fn temporary(mut self, temporary: bool) -> Self {
        self.ingest = self.ingest.temporary(temporary);
        self
    }

    /// Gives the server an option of its own.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.ingest = self.ingest.option(name, value);
        self
    }

    /// Says how rows get to a server without bulk ingest; see [`Ingest::parameters`](crate::Ingest::parameters).
    pub fn parameters(mut self, parameters: ParameterMode) -> Self {
        self.ingest = self.ingest.parameters(parameters);
        self
    }

    /// Tells how many rows have been sent; see [`Ingest::on_progress`](crate::Ingest::on_progress).
    pub fn on_progress(mut self, tell: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.ingest = self.ingest.on_progress(tell);
        self
    }

    /// Sends headers with the call, or gives it another deadline than `update_timeout`.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.ingest = self.ingest.options(options);
        self
    }

    /// Loads batches; gives the number of rows as the server counted them, `None` where it did not.
    ///
    /// # Errors
    ///
    /// As [`Ingest::run_stream`](crate::Ingest::run_stream).
    pub fn run(self, schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<Option<u64>> {
        self.runtime.block_on(self.ingest.run(schema, batches))
    }

    /// Loads what a reader gives, batch by batch: a file, or a [`BatchReader`](super::BatchReader) of another session.
    ///
    /// # Errors
    ///
    /// An error of the reader; otherwise as [`Ingest::run_stream`](crate::Ingest::run_stream).
    pub fn run_reader(self, reader: impl RecordBatchReader) -> Result<Option<u64>> {
        let schema = reader.schema();
        feed(self.runtime, reader, |batches| {
            self.ingest.run_stream(schema, batches)
        })
    }
}
