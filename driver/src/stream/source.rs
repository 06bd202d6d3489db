//! Where the batches of an endpoint come from: a ticket at a Flight server, or an object that HTTP gives.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::StreamExt as _;

#[cfg(feature = "http-locations")]
use super::conform::hold;
use super::endpoint::Reading;
#[cfg(feature = "http-locations")]
use super::object::{Front, ObjectReader};
#[cfg(feature = "parquet-locations")]
use super::parquet::ParquetReader;
use super::reader::FlightReader;
#[cfg(not(feature = "parquet-locations"))]
use crate::error::Kind;
use crate::error::{Error, Operation, Result};
use crate::metadata::Metadata;
use crate::protocol::{FlightEndpoint, Protocol};
use crate::transport::Candidate;
#[cfg(feature = "http-locations")]
use crate::transport::Object;

/// One place of an endpoint while it is read.
#[derive(Debug)]
pub(super) enum Source {
    Ticket(Box<FlightReader>),
    #[cfg(feature = "http-locations")]
    Object(Box<ObjectReader>),
    #[cfg(feature = "parquet-locations")]
    Parquet(Box<ParquetReader>),
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
                let (locations, options) = (&reading.locations, &reading.options);
                return Self::object(reading, locations.get(url, *reach, operation, options).await?).await;
            }
            #[cfg(not(feature = "http-locations"))]
            {
                let words = format!(
                    "{} ({reach:?}) is read with the feature http-locations only",
                    url.scheme()
                );
                return Err(Error::new(Kind::NotSupported, words).during(operation.clone()));
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

    /// Opens an object, which must be in the schema of the result.
    #[cfg(feature = "http-locations")]
    async fn object(reading: &Reading, object: Object) -> Result<Self> {
        let place = object.place();
        let source = Self::read(Front::of(object).await?).await?;
        if let Some(sent) = source.schema() {
            let check = reading.locations.original().config().get_schema_check();
            hold(reading.promised.as_ref(), sent, check).map_err(|error| place.blame(error))?;
        }
        Ok(source)
    }

    #[cfg(feature = "http-locations")]
    async fn read(front: Front) -> Result<Self> {
        if !front.is_parquet() {
            return Ok(Self::Object(Box::new(ObjectReader::open(front).await?)));
        }
        #[cfg(feature = "parquet-locations")]
        return Ok(Self::Parquet(Box::new(ParquetReader::open(front).await?)));
        #[cfg(not(feature = "parquet-locations"))]
        {
            let words = "the object is Parquet, which is read with the feature parquet-locations only";
            Err(front.blame(Error::new(Kind::NotSupported, words)))
        }
    }

    /// The schema it sent.
    pub(super) fn schema(&self) -> Option<&SchemaRef> {
        match self {
            Self::Ticket(reader) => reader.known_schema(),
            #[cfg(feature = "http-locations")]
            Self::Object(reader) => reader.schema(),
            #[cfg(feature = "parquet-locations")]
            Self::Parquet(reader) => Some(reader.schema()),
        }
    }

    /// The next batch, empty ones included.
    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>> {
        match self {
            Self::Ticket(reader) => reader.next().await.transpose(),
            #[cfg(feature = "http-locations")]
            Self::Object(reader) => reader.next().await,
            #[cfg(feature = "parquet-locations")]
            Self::Parquet(reader) => reader.next(),
        }
    }

    /// How many bytes of messages have come; those of an object are not counted.
    pub(super) fn received(&self) -> u64 {
        match self {
            Self::Ticket(reader) => reader.received(),
            #[cfg(feature = "http-locations")]
            Self::Object(_) => 0,
            #[cfg(feature = "parquet-locations")]
            Self::Parquet(_) => 0,
        }
    }

    /// What came after the last batch.
    pub(super) fn trailers(&self) -> Metadata {
        match self {
            Self::Ticket(reader) => reader.trailers().clone(),
            #[cfg(feature = "http-locations")]
            Self::Object(_) => Metadata::new(),
            #[cfg(feature = "parquet-locations")]
            Self::Parquet(_) => Metadata::new(),
        }
    }
}
