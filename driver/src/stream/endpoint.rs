//! One endpoint: its locations in order, until one of them gives a first batch.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::source::Source;
use crate::error::{Error, Kind, Operation, Result, SqlState};
use crate::metadata::Metadata;
use crate::protocol::{Announced, FlightEndpoint, Protocol};
use crate::transport::{CallOptions, Candidate, Locations, MOST_RETRIES, pause};

/// An endpoint that expires sooner than this is renewed before it is read.
const RENEW_BEFORE: Duration = Duration::from_secs(5);

/// What all endpoints of a result share.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) locations: Arc<Locations>,
    pub(super) options: CallOptions,
    pub(super) endpoints: usize,
    /// What the FlightInfo said.
    pub(super) announced: Option<Announced>,
    /// The schema in it.
    #[cfg(feature = "http-locations")]
    pub(super) promised: Option<SchemaRef>,
    /// The trailers of the endpoints read to their end.
    pub(super) trailers: Mutex<Metadata>,
    /// Bytes of messages that have come, of all endpoints.
    pub(super) received: Arc<AtomicU64>,
}

/// One endpoint while it is read.
#[derive(Debug)]
pub(super) struct EndpointReader {
    search: Search,
    current: Candidate,
    source: Source,
    /// Once a batch has been handed out, no other place is tried: its rows could come twice.
    delivered: bool,
    /// What the result knows of the bytes of this source.
    counted: u64,
}

impl EndpointReader {
    /// Opens an endpoint at the first of its locations that sends a schema.
    pub(super) async fn open(reading: Arc<Reading>, endpoint: FlightEndpoint, index: usize) -> Result<Self> {
        let mut search = Search::new(reading, endpoint, index).await;
        let (current, source) = search.next().await?;
        Ok(Self {
            search,
            current,
            source,
            delivered: false,
            counted: 0,
        })
    }

    /// The schema this endpoint sent.
    pub(super) fn schema(&self) -> Option<&SchemaRef> {
        self.source.schema()
    }

    /// The next batch that has rows; keep-alive batches without rows (InfluxDB sends them) are passed over.
    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            let next = self.source.next().await;
            let come = self.source.received();
            let more = come.saturating_sub(self.counted);
            self.counted = come;
            self.search.reading.received.fetch_add(more, Ordering::Relaxed);
            match next {
                Ok(Some(batch)) if batch.num_rows() == 0 => {}
                Ok(Some(batch)) => {
                    self.delivered = true;
                    return Ok(Some(batch));
                }
                Ok(None) => {
                    let trailers = &self.search.reading.trailers;
                    let mut trailers = trailers.lock().unwrap_or_else(PoisonError::into_inner);
                    trailers.extend(&self.source.trailers());
                    return Ok(None);
                }
                Err(error) if self.delivered => return Err(error),
                Err(error) => {
                    // Boxed, as it is rare and large, and each batch would carry it along.
                    (self.current, self.source) = Box::pin(self.search.another(&self.current, error)).await?;
                    self.counted = 0;
                }
            }
        }
    }
}

/// The search for a place that gives an endpoint's first batch.
#[derive(Debug)]
struct Search {
    reading: Arc<Reading>,
    endpoint: FlightEndpoint,
    operation: Operation,
    places: Vec<Candidate>,
    /// The places not tried yet, the next one last.
    untried: Vec<Candidate>,
    failures: Vec<Error>,
    refused: Vec<String>,
    /// How often all places have been tried before.
    rounds: u32,
}

impl Search {
    async fn new(reading: Arc<Reading>, endpoint: FlightEndpoint, index: usize) -> Self {
        let operation = Operation::Fetch {
            endpoint: index,
            of: reading.endpoints,
        };
        let endpoint = renewed(&reading, endpoint).await;
        let route = reading.locations.route(&endpoint.locations());
        let untried = route.candidates.iter().rev().cloned().collect();
        Self {
            reading,
            endpoint,
            operation,
            places: route.candidates,
            untried,
            failures: Vec::new(),
            refused: route.refused,
            rounds: 0,
        }
    }

    async fn next(&mut self) -> Result<(Candidate, Source)> {
        loop {
            while let Some(candidate) = self.untried.pop() {
                match Source::open(&self.reading, &self.endpoint, &candidate, &self.operation).await {
                    Ok(source) => return Ok((candidate, source)),
                    Err(error) => self.failed(&candidate, error).await,
                }
            }
            if !self.may_start_over() {
                let failures = std::mem::take(&mut self.failures);
                return Err(all_failed(failures, &self.refused, &self.operation));
            }
            self.rounds += 1;
            tokio::time::sleep(pause(self.rounds)).await;
            self.untried = self.places.iter().rev().cloned().collect();
            self.failures.clear();
        }
    }

    /// The next place after one that failed while it was read.
    async fn another(&mut self, current: &Candidate, error: Error) -> Result<(Candidate, Source)> {
        self.failed(current, error).await;
        self.next().await
    }

    async fn failed(&mut self, candidate: &Candidate, error: Error) {
        if error.is_connection() || error.sqlstate() == SqlState::CONNECT_TIMEOUT {
            self.reading.locations.bury(candidate, &error).await;
        }
        self.failures.push(error);
    }

    /// A ticket with an expiration may be read as often as one likes until then; any other may be used up by the first try.
    fn may_start_over(&self) -> bool {
        let alive = self
            .endpoint
            .expiration_time()
            .is_some_and(|expires| expires > SystemTime::now());
        let lost = self.failures.last().is_some_and(Error::is_connection);
        alive && lost && self.rounds < MOST_RETRIES && self.reading.locations.original().may_spend_retry()
    }
}

/// Asks for more time for an endpoint that is about to expire. A server that does not grant it may still have the result.
async fn renewed(reading: &Reading, endpoint: FlightEndpoint) -> FlightEndpoint {
    let soon = SystemTime::now().checked_add(RENEW_BEFORE);
    if endpoint
        .expiration_time()
        .zip(soon)
        .is_none_or(|(expires, soon)| expires > soon)
    {
        return endpoint;
    }
    let protocol = Protocol::new(reading.locations.original().clone());
    match Box::pin(protocol.renew(&endpoint, &reading.options)).await {
        Ok(renewed) if renewed.ticket().is_some() => renewed,
        Ok(_) | Err(_) => endpoint,
    }
}

/// One error for all that was tried: the last place is the session's own, whose words count most.
fn all_failed(mut failures: Vec<Error>, refused: &[String], operation: &Operation) -> Error {
    let last = failures
        .pop()
        .unwrap_or_else(|| Error::new(Kind::Connection, "there was no location to read from"));
    let mut others: Vec<_> = failures
        .iter()
        .map(|error| format!("{}: {}", error.peer().unwrap_or("a location"), error.message()))
        .collect();
    others.extend(refused.iter().map(|refused| format!("not followed: {refused}")));
    let last = last.during(operation.clone());
    match others.is_empty() {
        true => last,
        false => last.hint(others.join("; ")),
    }
}
