//! Where the batches of an endpoint come from: a ticket at a Flight server, or an object that HTTP gives.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::StreamExt as _;

use super::endpoint::Reading;
#[cfg(feature = "http-locations")]
use super::object::ObjectReader;
use super::reader::FlightReader;
use crate::error::{Error, Operation, Result};
use crate::metadata::Metadata;
use crate::protocol::{FlightEndpoint, Protocol};
use crate::transport::Candidate;

/// One place of an endpoint while it is read.
#[derive(Debug)]
pub(super) enum Source {
    Ticket(Box<FlightReader>),
    #[cfg(feature = "http-locations")]
    Object(Box<ObjectReader>),
}

impl Source {
    /// Opens a place and waits for the schema.
    pub(super) async fn open(
        reading: &Reading,
        endpoint: &FlightEndpoint,
        candidate: &Candidate,
        operation: &Operation,
    ) -> Result<Self> {
        if let Candidate::Object(url, reach) = candidate {
            #[cfg(feature = "http-locations")]
            {
                let object = reading
                    .locations
                    .get(url, *reach, operation, &reading.options)
                    .await?;
                return Ok(Self::Object(Box::new(ObjectReader::open(object).await?)));
            }
            #[cfg(not(feature = "http-locations"))]
            {
                let words = format!(
                    "{} ({reach:?}) is read with the feature http-locations only",
                    url.scheme()
                );
                return Err(Error::new(crate::error::Kind::NotSupported, words).during(operation.clone()));
            }
        }
        let Some(ticket) = endpoint.ticket() else {
            return Err(
                Error::protocol("the server sent an endpoint without a ticket").during(operation.clone())
            );
        };
        let transport = reading
            .locations
            .open(candidate)
            .await
            .map_err(|error| error.during(operation.clone()))?;
        let reply = Protocol::new(transport)
            .do_get(operation.clone(), &ticket, &reading.options)
            .await?;
        let mut reader = FlightReader::new(reply).expecting(reading.announced.clone());
        reader.schema().await?;
        Ok(Self::Ticket(Box::new(reader)))
    }

    /// The schema it sent.
    pub(super) fn schema(&self) -> Option<&SchemaRef> {
        match self {
            Self::Ticket(reader) => reader.known_schema(),
            #[cfg(feature = "http-locations")]
            Self::Object(reader) => reader.schema(),
        }
    }

    /// The next batch, empty ones included.
    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>> {
        match self {
            Self::Ticket(reader) => reader.next().await.transpose(),
            #[cfg(feature = "http-locations")]
            Self::Object(reader) => reader.next().await,
        }
    }

    /// How many bytes of messages have come; those of an object are not counted.
    pub(super) fn received(&self) -> u64 {
        match self {
            Self::Ticket(reader) => reader.received(),
            #[cfg(feature = "http-locations")]
            Self::Object(_) => 0,
        }
    }

    /// What came after the last batch.
    pub(super) fn trailers(&self) -> Metadata {
        match self {
            Self::Ticket(reader) => reader.trailers().clone(),
            #[cfg(feature = "http-locations")]
            Self::Object(_) => Metadata::new(),
        }
    }
}
