//! A result: all endpoints of a FlightInfo as one stream of batches with one schema.

mod cancel;
mod conform;
mod decode;
mod endpoint;
mod fanout;
mod reader;
mod waiting;

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};
use tokio::time::Sleep;

pub use self::cancel::CancelHandle;
use self::conform::{agree, conform};
use self::endpoint::{EndpointReader, Reading};
use self::fanout::{Bounds, Fanout};
pub use self::reader::{FlightChunk, FlightReader};
use crate::config::{FetchOrder, RowCountCheck, SchemaCheck};
use crate::error::{Error, Operation, Result};
use crate::metadata::Metadata;
use crate::protocol::FlightInfo;
use crate::trace;
use crate::transport::{CallOptions, Locations, expired};

/// All rows of a result, as batches that have rows, in one schema.
///
/// An error ends it; what came before is then not the whole result. Dropping it before the end tells the server to stop.
pub struct BatchStream {
    schema: SchemaRef,
    reading: Option<Arc<Reading>>,
    source: Source,
    check: Check,
    total: Option<Total>,
    handle: CancelHandle,
    cancelled: BoxFuture<'static, ()>,
    rows: u64,
    peer: String,
    finished: bool,
    abandoned: Option<Abandoned>,
}

/// What is called when a result is dropped before its end.
pub(crate) type Abandoned = Box<dyn FnOnce() + Send + Sync>;

enum Source {
    Empty,
    One(BoxStream<'static, Result<RecordBatch>>),
    Many(Fanout),
}

/// What the rows are held against.
struct Check {
    schema: SchemaCheck,
    rows: RowCountCheck,
    promised: Option<u64>,
}

/// The deadline of the whole result.
struct Total {
    timeout: Duration,
    timer: Pin<Box<Sleep>>,
}

impl BatchStream {
    /// Opens the endpoints of a FlightInfo and waits for the schema of the first.
    pub(crate) async fn open(
        locations: &Arc<Locations>,
        info: &FlightInfo,
        options: &CallOptions,
        handle: CancelHandle,
    ) -> Result<Self> {
        let config = locations.original().config();
        let total = locations.original().total_timeout().map(|timeout| Total {
            timeout,
            timer: Box::pin(tokio::time::sleep(timeout)),
        });
        let endpoints = info.endpoints();
        let reading = Arc::new(Reading {
            locations: Arc::clone(locations),
            options: options.clone(),
            endpoints: endpoints.len(),
            trailers: Mutex::default(),
        });
        let mut endpoints = endpoints.into_iter().enumerate();
        let (schema, source) = match endpoints.next() {
            None => {
                let schema = info.schema().cloned();
                (schema.unwrap_or_else(|| Arc::new(Schema::empty())), Source::Empty)
            }
            Some((index, endpoint)) => {
                let first = EndpointReader::open(Arc::clone(&reading), endpoint, index).await?;
                let sent = first
                    .schema()
                    .cloned()
                    .unwrap_or_else(|| Arc::new(Schema::empty()));
                let schema = agree(info.schema(), &sent, config.get_schema_check())
                    .map_err(|error| error.during(Operation::Execute).on(locations.original().peer()))?;
                let bounds = Bounds {
                    parallelism: config.get_endpoint_parallelism(),
                    bytes: config.get_prefetch_bytes(),
                    ordered: info.ordered() || config.get_fetch_order() == FetchOrder::Ordered,
                };
                let source = match endpoints.len() {
                    0 => Source::One(single(first)),
                    _ => Source::Many(Fanout::new(Arc::clone(&reading), bounds, first, endpoints)),
                };
                (schema, source)
            }
        };
        Ok(Self {
            schema,
            reading: Some(reading),
            source,
            check: Check {
                schema: config.get_schema_check(),
                rows: config.get_row_count_check(),
                promised: info.total_records(),
            },
            total,
            cancelled: handle.cancelled(),
            handle,
            rows: 0,
            peer: locations.original().peer().to_owned(),
            finished: false,
            abandoned: None,
        })
    }

    /// A result without rows.
    pub(crate) fn empty(schema: SchemaRef) -> Self {
        Self {
            schema,
            reading: None,
            source: Source::Empty,
            check: Check {
                schema: SchemaCheck::Lenient,
                rows: RowCountCheck::Off,
                promised: None,
            },
            total: None,
            handle: CancelHandle::new(),
            cancelled: Box::pin(std::future::pending()),
            rows: 0,
            peer: String::new(),
            finished: true,
            abandoned: None,
        }
    }

    /// Has something done when the result is dropped before its end.
    pub(crate) fn on_abandon(mut self, abandoned: Abandoned) -> Self {
        self.abandoned = Some(abandoned);
        self
    }

    /// What ends it from another task.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        self.handle.clone()
    }

    /// The schema of every batch.
    ///
    /// A batch with a NULL in a column that the server had called non-nullable has its own schema, in which that column is nullable.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// How many rows have been handed out.
    #[must_use]
    pub fn rows_read(&self) -> u64 {
        self.rows
    }

    /// How many rows the server promised, where it did.
    #[must_use]
    pub fn total_records(&self) -> Option<u64> {
        self.check.promised
    }

    /// The trailers of the endpoints read to their end (InfluxDB sends its timings there).
    #[must_use]
    pub fn trailers(&self) -> Metadata {
        let Some(reading) = &self.reading else {
            return Metadata::new();
        };
        reading
            .trailers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn poll_source(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<RecordBatch>>> {
        match &mut self.source {
            Source::Empty => Poll::Ready(None),
            Source::One(endpoint) => endpoint.poll_next_unpin(context),
            Source::Many(fanout) => fanout.poll_next(context),
        }
    }

    fn poll_interruption(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        if self.cancelled.as_mut().poll(context).is_ready() {
            return Poll::Ready(cancel::cancelled());
        }
        let Some(total) = &mut self.total else {
            return Poll::Pending;
        };
        ready!(total.timer.as_mut().poll(context));
        Poll::Ready(expired(total.timeout, "total_timeout"))
    }

    /// A stream that ended by itself must have given what was promised.
    fn check_end(&self) -> Result<()> {
        let Some(promised) = self.check.promised.filter(|promised| self.rows < *promised) else {
            return Ok(());
        };
        let words = format!("the server promised {promised} rows and sent {}", self.rows);
        match self.check.rows {
            RowCountCheck::Off => Ok(()),
            RowCountCheck::Warn => {
                trace::tolerated(&words);
                Ok(())
            }
            RowCountCheck::Error => Err(Error::protocol(words).hint("row_count_check=warn would accept it")),
        }
    }

    fn end(&mut self) {
        self.finished = true;
        self.source = Source::Empty;
        self.abandoned = None;
    }

    fn fail(&mut self, error: Error) -> Error {
        self.finished = true;
        self.source = Source::Empty;
        error.during(Operation::Execute).on(self.peer.clone())
    }
}

impl Stream for BatchStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.finished {
            return Poll::Ready(None);
        }
        if let Poll::Ready(error) = this.poll_interruption(context) {
            return Poll::Ready(Some(Err(this.fail(error))));
        }
        let item = match ready!(this.poll_source(context)) {
            None => match this.check_end() {
                Ok(()) => {
                    this.end();
                    return Poll::Ready(None);
                }
                Err(error) => Err(error),
            },
            Some(batch) => batch.and_then(|batch| conform(batch, &this.schema, this.check.schema)),
        };
        Poll::Ready(Some(match item {
            Ok(batch) => {
                this.rows = this
                    .rows
                    .saturating_add(u64::try_from(batch.num_rows()).unwrap_or(u64::MAX));
                Ok(batch)
            }
            Err(error) => Err(this.fail(error)),
        }))
    }
}

impl Drop for BatchStream {
    fn drop(&mut self) {
        if let Some(abandoned) = self.abandoned.take() {
            // The streams are reset before the server is asked to cancel.
            self.source = Source::Empty;
            abandoned();
        }
    }
}

impl fmt::Debug for BatchStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchStream")
            .field("schema", &self.schema)
            .field("rows", &self.rows)
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}

/// The stream of a result with one endpoint: no task, no channel.
fn single(reader: EndpointReader) -> BoxStream<'static, Result<RecordBatch>> {
    futures::stream::try_unfold(reader, |mut reader| async move {
        Ok(reader.next().await?.map(|batch| (batch, reader)))
    })
    .boxed()
}
