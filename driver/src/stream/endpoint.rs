//! One endpoint: its locations in order, until one of them gives a first batch.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::StreamExt as _;

use super::reader::FlightReader;
use crate::error::{Error, Kind, Operation, Result};
use crate::metadata::Metadata;
use crate::protocol::{FlightEndpoint, Protocol};
use crate::transport::{CallOptions, Candidate, Locations};

/// An endpoint that expires sooner than this is renewed before it is read.
const RENEW_BEFORE: Duration = Duration::from_secs(5);

/// What all endpoints of a result share.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) locations: Arc<Locations>,
    pub(super) options: CallOptions,
    pub(super) endpoints: usize,
    /// The trailers of the endpoints read to their end.
    pub(super) trailers: Mutex<Metadata>,
}

/// One endpoint while it is read.
#[derive(Debug)]
pub(super) struct EndpointReader {
    reading: Arc<Reading>,
    endpoint: FlightEndpoint,
    index: usize,
    /// The places not tried yet, the next one last.
    untried: Vec<Candidate>,
    current: Candidate,
    reader: FlightReader,
    /// Once a batch has been handed out, no other place is tried: its rows could come twice.
    delivered: bool,
    failures: Vec<Error>,
    refused: Vec<String>,
}

impl EndpointReader {
    /// Opens an endpoint at the first of its locations that sends a schema.
    pub(super) async fn open(reading: Arc<Reading>, endpoint: FlightEndpoint, index: usize) -> Result<Self> {
        let operation = Operation::Fetch {
            endpoint: index,
            of: reading.endpoints,
        };
        let endpoint = renewed(&reading, endpoint).await;
        let route = reading.locations.route(&endpoint.locations());
        let mut untried: Vec<_> = route.candidates.into_iter().rev().collect();
        let mut failures = Vec::new();
        while let Some(candidate) = untried.pop() {
            match begin(&reading, &endpoint, &candidate, &operation).await {
                Ok(reader) => {
                    let refused = route.refused;
                    let current = candidate;
                    return Ok(Self {
                        reading,
                        endpoint,
                        index,
                        untried,
                        current,
                        reader,
                        delivered: false,
                        failures,
                        refused,
                    });
                }
                Err(error) => failures.push(error),
            }
        }
        Err(all_failed(failures, &route.refused, &operation))
    }

    /// The schema this endpoint sent.
    pub(super) fn schema(&self) -> Option<&SchemaRef> {
        self.reader.known_schema()
    }

    /// The next batch that has rows; keep-alive batches without rows (InfluxDB sends them) are passed over.
    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            match self.reader.next().await {
                Some(Ok(batch)) if batch.num_rows() == 0 => {}
                Some(Ok(batch)) => {
                    self.delivered = true;
                    return Ok(Some(batch));
                }
                None => {
                    let mut trailers = self
                        .reading
                        .trailers
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner);
                    trailers.extend(self.reader.trailers());
                    return Ok(None);
                }
                Some(Err(error)) => self.try_elsewhere(error).await?,
            }
        }
    }

    async fn try_elsewhere(&mut self, error: Error) -> Result<()> {
        if self.delivered || self.untried.is_empty() {
            return Err(error);
        }
        let operation = Operation::Fetch {
            endpoint: self.index,
            of: self.reading.endpoints,
        };
        self.reading.locations.bury(&self.current).await;
        self.failures.push(error);
        while let Some(candidate) = self.untried.pop() {
            match begin(&self.reading, &self.endpoint, &candidate, &operation).await {
                Ok(reader) => {
                    (self.reader, self.current) = (reader, candidate);
                    return Ok(());
                }
                Err(error) => self.failures.push(error),
            }
        }
        Err(all_failed(
            std::mem::take(&mut self.failures),
            &self.refused,
            &operation,
        ))
    }
}

/// Opens one place and waits for the schema.
async fn begin(
    reading: &Reading,
    endpoint: &FlightEndpoint,
    candidate: &Candidate,
    operation: &Operation,
) -> Result<FlightReader> {
    let Some(ticket) = endpoint.ticket() else {
        return Err(Error::protocol("the server sent an endpoint without a ticket").during(operation.clone()));
    };
    let transport = reading
        .locations
        .open(candidate)
        .await
        .map_err(|error| error.during(operation.clone()))?;
    let reply = Protocol::new(transport)
        .do_get(operation.clone(), &ticket, &reading.options)
        .await?;
    let mut reader = FlightReader::new(reply);
    reader.schema().await?;
    Ok(reader)
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
    match protocol.renew(&endpoint, &reading.options).await {
        Ok(renewed) => renewed,
        Err(_) => endpoint,
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
