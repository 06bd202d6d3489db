//! A result: all endpoints of a FlightInfo as one stream of batches with one schema.

mod cancel;
mod conform;
mod decode;
mod endpoint;
mod exchange;
mod fanout;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod log;
#[cfg(feature = "http-locations")]
mod object;
#[cfg(feature = "parquet-locations")]
mod parquet;
mod reader;
mod single;
mod source;
mod waiting;

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};
use tokio::time::{Instant, Sleep};

pub use self::cancel::CancelHandle;
pub(crate) use self::cancel::WeakCancelHandle;
use self::conform::{agree, conform};
use self::endpoint::{EndpointReader, Reading};
pub use self::exchange::FlightExchange;
use self::fanout::{Bounds, Fanout};
use self::log::ResultLog;
pub use self::reader::{FlightChunk, FlightReader};
use crate::config::{FetchOrder, RowCountCheck, SchemaCheck};
use crate::error::{Error, Operation, Result};
use crate::metadata::Metadata;
use crate::protocol::FlightInfo;
use crate::trace;
use crate::transport::{CallOptions, Locations, expired, waiting_bytes};

/// All rows of a result, as batches that have rows, in one schema.
///
/// An error ends it; what came before is then not the whole result. Dropping it before the end tells the server to stop.
pub struct BatchStream {
    schema: SchemaRef,
    reading: Option<Arc<Reading>>,
    source: Source,
    check: Check,
    total: Option<(Total, Pin<Box<Sleep>>)>,
    handle: CancelHandle,
    cancelled: BoxFuture<'static, ()>,
    rows: u64,
    peer: String,
    finished: bool,
    abandoned: Option<Abandoned>,
    /// Raised when the session's own server fails it.
    broken: Option<Arc<AtomicBool>>,
    /// None for a result that nothing was fetched for.
    log: Option<ResultLog>,
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

/// The deadline of the whole result, counted from the moment its query was sent.
#[derive(Debug, Clone, Copy)]
struct Total {
    timeout: Duration,
    until: Instant,
}

impl Total {
    fn of(timeout: Option<Duration>, asked_at: Option<std::time::Instant>) -> Option<Self> {
        let timeout = timeout?;
        let until = asked_at
            .map_or_else(Instant::now, Instant::from_std)
            .checked_add(timeout)?;
        Some(Self { timeout, until })
    }

    fn expired(&self) -> Error {
        expired(self.timeout, "total_timeout")
    }
}

impl BatchStream {
    /// Opens the endpoints of a FlightInfo and waits for the schema of the first.
    pub(crate) async fn open(
        locations: &Arc<Locations>,
        info: &FlightInfo,
        options: &CallOptions,
        handle: CancelHandle,
    ) -> Result<Self> {
        let total = Total::of(locations.original().total_timeout(options), info.asked_at());
        let opening = Self::open_first(locations, info, options, handle, total);
        let opened = match total {
            // Boxed, as most results have no such deadline and none needs room for it twice.
            Some(total) => tokio::time::timeout_at(total.until, Box::pin(opening))
                .await
                .unwrap_or_else(|_| Err(total.expired())),
            None => opening.await,
        };
        opened.map_err(|error| error.during(Operation::Execute).on(locations.original().peer()))
    }

    async fn open_first(
        locations: &Arc<Locations>,
        info: &FlightInfo,
        options: &CallOptions,
        handle: CancelHandle,
        total: Option<Total>,
    ) -> Result<Self> {
        let config = locations.original().config();
        let endpoints = info.endpoints();
        let log = ResultLog::new(config, locations.original().peer(), endpoints.len());
        let reading = Arc::new(Reading {
            locations: Arc::clone(locations),
            options: options.clone(),
            endpoints: endpoints.len(),
            announced: info.announced(),
            #[cfg(feature = "http-locations")]
            promised: info.schema().cloned(),
            trailers: Mutex::default(),
            received: log.received(),
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
                let schema = agree(info.schema(), &sent, config.get_schema_check())?;
                let bounds = Bounds {
                    parallelism: config.get_endpoint_parallelism(),
                    waiting: waiting_bytes(config),
                    ordered: info.ordered() || config.get_fetch_order() == FetchOrder::Ordered,
                };
                let source = match endpoints.len() {
                    0 => Source::One(single::read(Arc::clone(&reading), bounds, first)),
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
            total: total.map(|total| (total, Box::pin(tokio::time::sleep_until(total.until)))),
            cancelled: handle.cancelled(),
            handle,
            rows: 0,
            peer: locations.original().peer().to_owned(),
            finished: false,
            abandoned: None,
            broken: None,
            log: Some(log),
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
            broken: None,
            log: None,
        }
    }

    /// Has something done when the result is dropped before its end.
    pub(crate) fn on_abandon(mut self, abandoned: Abandoned) -> Self {
        self.abandoned = Some(abandoned);
        self
    }

    /// Has a flag raised when an error leaves the session in doubt.
    pub(crate) fn breaking(mut self, broken: Arc<AtomicBool>) -> Self {
        self.broken = Some(broken);
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
        let Some((total, timer)) = &mut self.total else {
            return Poll::Pending;
        };
        ready!(timer.as_mut().poll(context));
        Poll::Ready(total.expired())
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
        self.outcome("complete");
    }

    /// Logs what the result came to, once it is known.
    fn outcome(&mut self, outcome: &'static str) {
        if let Some(mut log) = self.log.take() {
            log.rows = self.rows;
            log.outcome = outcome;
        }
    }

    fn fail(&mut self, error: Error) -> Error {
        self.finished = true;
        self.source = Source::Empty;
        self.outcome("failed");
        let error = error.during(Operation::Execute).on(self.peer.clone());
        let in_doubt = error.leaves_doubt() && error.peer() == Some(&self.peer);
        if let Some(broken) = self.broken.take().filter(|_| in_doubt) {
            broken.store(true, Ordering::Release);
        }
        match self.rows {
            0 => error,
            rows => error.and_hint(format!(
                "{rows} rows had been read, which are not the whole result"
            )),
        }
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
        let source = this.poll_source(context);
        if let Some(log) = &mut this.log {
            log.polled(source.is_pending());
        }
        let item = match ready!(source) {
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
                if let Some(log) = &mut this.log {
                    log.rows = this.rows;
                    log.batches = log.batches.saturating_add(1);
                }
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
