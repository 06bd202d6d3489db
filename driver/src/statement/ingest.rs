//! Bulk ingest: rows into a table without SQL, or by INSERT where the server has nothing better.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::{Stream, StreamExt as _};

use super::insert::Insert;
use super::replay::Replay;
use crate::config::ParameterMode;
use crate::error::{Kind, Operation, Result};
use crate::protocol::{IngestMode, IngestTarget};
use crate::shared::{Feature, Shared};
use crate::transport::CallOptions;

/// Loads rows into a table; see [`Session::ingest`](crate::Session::ingest).
#[derive(Debug, Clone)]
#[must_use = "nothing is loaded before `run` or `run_stream`"]
pub struct Ingest {
    shared: Arc<Shared>,
    target: IngestTarget,
    options: CallOptions,
    parameters: ParameterMode,
    progress: Progress,
}

/// Whom to tell how many rows have gone.
#[derive(Clone, Default)]
pub(super) struct Progress(Option<Arc<dyn Fn(u64) + Send + Sync>>);

impl Progress {
    pub(super) fn report(&self, rows: u64) {
        if let Some(tell) = &self.0 {
            tell(rows);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "Progress(..)"
        } else {
            "Progress"
        })
    }
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
        let parameters = shared.config().get_parameters();
        Self {
            shared,
            target,
            options: CallOptions::new(),
            parameters,
            progress: Progress::default(),
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

    /// Says how rows get into the statements of a server without bulk ingest, in place of the option `parameters`.
    pub fn parameters(mut self, parameters: ParameterMode) -> Self {
        self.parameters = parameters;
        self
    }

    /// Has a function called with the number of rows that have gone so far: to the network where the server has bulk ingest, else into the table.
    pub fn on_progress(mut self, tell: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.progress = Progress(Some(Arc::new(tell)));
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
    /// On a server without bulk ingest, the table is made by `CREATE TABLE` and filled by `INSERT`: with rows of bound parameters, or with
    /// `parameters=client` by statements of bounded length. That is one transaction where the server has them and none is open.
    ///
    /// # Errors
    ///
    /// An error of the stream, as it is; `NotSupported` when the server has neither bulk ingest nor parameters; `AlreadyExists` or `NotFound` as
    /// the mode has it. [`rows_written`](crate::Error::rows_written) says how many rows are known to be in the table all the same.
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
        let replay = Replay::new(batches);
        let says_no = self.shared.capabilities().await?.bulk_ingestion() == Some(false);
        if !says_no && !self.shared.lacks(Feature::Ingest) {
            let answer = self.send(Arc::clone(&schema), replay.first_time()).await;
            match self.shared.watch(self.shared.note(Feature::Ingest, answer)) {
                Err(error) if error.kind() == Kind::NotSupported => {}
                answer => return answer,
            }
        }
        let again = replay
            .second_time()
            .ok_or_else(|| self.too_late().on(self.shared.peer()))?;
        let insert = Insert {
            shared: &self.shared,
            target: self.target.clone(),
            options: &self.options,
            parameters: self.parameters,
            progress: self.progress.clone(),
        };
        Box::pin(insert.run(schema, again)).await.map(Some)
    }

    async fn send(
        &self,
        schema: SchemaRef,
        batches: impl Stream<Item = Result<RecordBatch>> + Send + 'static,
    ) -> Result<Option<u64>> {
        let (progress, sent) = (self.progress.clone(), AtomicU64::new(0));
        let batches = batches.inspect(move |batch| {
            if let Ok(batch) = batch {
                let rows = u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
                progress.report(sent.fetch_add(rows, Ordering::Relaxed).saturating_add(rows));
            }
        });
        self.shared
            .protocol()?
            .ingest(&self.target, schema, batches, &self.options)
            .await
    }

    /// The server refused the rows only after it had taken many: the stream cannot begin again.
    fn too_late(&self) -> crate::error::Error {
        let words = format!(
            "the server has no bulk ingest, and said so only after much had been sent to \"{}\"",
            self.target.table
        );
        crate::error::Error::new(Kind::NotSupported, words)
            .during(Operation::Ingest)
            .hint("this session now knows: the same ingest will use INSERT")
    }
}
