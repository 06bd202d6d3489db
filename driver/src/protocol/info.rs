//! GetFlightInfo, GetSchema, PollFlightInfo: what a statement will give and where it is to be had.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use arrow::datatypes::SchemaRef;
use arrow_flight::FlightDescriptor;
use bytes::Bytes;
use prost::Message as _;
use prost_types::Timestamp;

use super::schema::{Announced, read_schema};
use super::{Command, Protocol, decode};
use crate::error::{Error, Operation, Result};
use crate::metadata::Metadata;
use crate::transport::CallOptions;

/// The most endpoints one FlightInfo may have: a million tickets are a mistake or an attack.
const MOST_ENDPOINTS: usize = 1_000_000;

/// Names a piece of a result to the server that holds it. Opaque, and possibly good for one read only.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket(Bytes);

impl Ticket {
    /// A ticket from its bytes, as another process may hand them over.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, to be handed to another process.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for Ticket {
    /// Prints the length alone: who has a ticket can read the result.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({} bytes)", self.0.len())
    }
}

/// A piece of a result: a ticket and the locations where it is to be had.
#[derive(Clone)]
pub struct FlightEndpoint {
    raw: arrow_flight::FlightEndpoint,
}

impl FlightEndpoint {
    pub(crate) fn new(raw: arrow_flight::FlightEndpoint) -> Self {
        Self { raw }
    }

    /// The ticket; some servers send endpoints without one, which carry only `app_metadata`.
    #[must_use]
    pub fn ticket(&self) -> Option<Ticket> {
        self.raw
            .ticket
            .as_ref()
            .map(|ticket| Ticket(ticket.ticket.clone()))
    }

    /// The locations as the server wrote them; none means the connection that the FlightInfo came from.
    #[must_use]
    pub fn locations(&self) -> Vec<String> {
        self.raw
            .location
            .iter()
            .map(|location| location.uri.clone())
            .collect()
    }

    /// When the ticket expires; without it the ticket may be good for one read only.
    #[must_use]
    pub fn expiration_time(&self) -> Option<SystemTime> {
        time(self.raw.expiration_time.as_ref())
    }

    /// What the server's application says about the endpoint.
    #[must_use]
    pub fn app_metadata(&self) -> &Bytes {
        &self.raw.app_metadata
    }

    pub(crate) fn raw(&self) -> &arrow_flight::FlightEndpoint {
        &self.raw
    }
}

impl fmt::Debug for FlightEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlightEndpoint")
            .field("ticket", &self.ticket())
            .field("locations", &self.locations())
            .field("expiration_time", &self.expiration_time())
            .field(
                "app_metadata",
                &format_args!("{} bytes", self.app_metadata().len()),
            )
            .finish()
    }
}

/// What a statement gives: schema, endpoints, totals.
///
/// [`to_bytes`](Self::to_bytes) and [`from_bytes`](Self::from_bytes) carry it, or a part of it, to another process that reads the endpoints there.
#[derive(Clone)]
pub struct FlightInfo {
    raw: arrow_flight::FlightInfo,
    schema: Option<SchemaRef>,
    metadata: Metadata,
    /// When it was asked for; unknown where it came from another process.
    asked_at: Option<Instant>,
}

impl FlightInfo {
    pub(crate) fn new(raw: arrow_flight::FlightInfo, metadata: Metadata) -> Result<Self> {
        Self::read(raw, metadata, read_schema)
    }

    fn read(
        raw: arrow_flight::FlightInfo,
        metadata: Metadata,
        read_schema: impl FnOnce(&str, &Bytes) -> Result<Option<SchemaRef>>,
    ) -> Result<Self> {
        if raw.endpoint.len() > MOST_ENDPOINTS {
            let count = raw.endpoint.len();
            return Err(Error::protocol(format!(
                "the server sent {count} endpoints, more than {MOST_ENDPOINTS}"
            )));
        }
        let schema = read_schema("schema in its FlightInfo", &raw.schema)?;
        Ok(Self {
            raw,
            schema,
            metadata,
            asked_at: None,
        })
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    ///
    /// `Protocol` when the bytes are no FlightInfo.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::new(decode("FlightInfo", bytes)?, Metadata::new())
    }

    /// The serialised `arrow.flight.protocol.FlightInfo`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.raw.encode_to_vec()
    }

    /// Splits it into one FlightInfo per endpoint, each of which can be read by another process.
    #[must_use]
    pub fn partitions(&self) -> Vec<Self> {
        let part = |endpoint: &arrow_flight::FlightEndpoint| {
            let mut part = self.clone();
            part.raw.endpoint = vec![endpoint.clone()];
            (part.raw.total_records, part.raw.total_bytes) = (-1, -1);
            part
        };
        self.raw.endpoint.iter().map(part).collect()
    }

    /// The schema of the result, where the server said it beforehand.
    #[must_use]
    pub fn schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref()
    }

    /// The endpoints. All of them together are the result.
    #[must_use]
    pub fn endpoints(&self) -> Vec<FlightEndpoint> {
        self.raw
            .endpoint
            .iter()
            .cloned()
            .map(FlightEndpoint::new)
            .collect()
    }

    /// The number of rows in all endpoints, where the server knows it.
    #[must_use]
    pub fn total_records(&self) -> Option<u64> {
        u64::try_from(self.raw.total_records).ok()
    }

    /// The number of bytes in all endpoints, where the server knows it.
    #[must_use]
    pub fn total_bytes(&self) -> Option<u64> {
        u64::try_from(self.raw.total_bytes).ok()
    }

    /// Says whether the rows are in order over the endpoints, first to last.
    #[must_use]
    pub fn ordered(&self) -> bool {
        self.raw.ordered
    }

    /// What the server's application says about the result.
    #[must_use]
    pub fn app_metadata(&self) -> &Bytes {
        &self.raw.app_metadata
    }

    /// The headers that came with it.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    pub(crate) fn raw(&self) -> &arrow_flight::FlightInfo {
        &self.raw
    }

    /// The schema with the message it was read from.
    pub(crate) fn announced(&self) -> Option<Announced> {
        Some(Announced::new(&self.raw.schema, self.schema.as_ref()?))
    }

    /// When it was asked for, where that was here.
    pub(crate) fn asked_at(&self) -> Option<Instant> {
        self.asked_at
    }

    fn asked_for_at(mut self, time: Instant) -> Self {
        self.asked_at = Some(time);
        self
    }
}

impl fmt::Debug for FlightInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlightInfo")
            .field("schema", &self.schema)
            .field("endpoints", &self.endpoints())
            .field("total_records", &self.total_records())
            .field("total_bytes", &self.total_bytes())
            .field("ordered", &self.ordered())
            .field(
                "app_metadata",
                &format_args!("{} bytes", self.app_metadata().len()),
            )
            .finish_non_exhaustive()
    }
}

/// How a long-running query stands.
#[derive(Clone)]
pub struct PollInfo {
    /// What is there so far; endpoints are only ever added.
    pub info: FlightInfo,
    /// How far it is, from 0 to 1, where the server says so.
    pub progress: Option<f64>,
    /// Until when the query may be polled again.
    pub expiration_time: Option<SystemTime>,
    next: Option<FlightDescriptor>,
}

impl PollInfo {
    /// Says whether the query has ended.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.next.is_none()
    }
}

impl fmt::Debug for PollInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            info,
            progress,
            expiration_time,
            next,
        } = self;
        f.debug_struct("PollInfo")
            .field("info", info)
            .field("progress", progress)
            .field("expiration_time", expiration_time)
            .field("complete", &next.is_none())
            .finish()
    }
}

impl Protocol {
    /// GetFlightInfo.
    pub(crate) async fn flight_info(
        &self,
        operation: &Operation,
        command: &Command,
        options: &CallOptions,
    ) -> Result<FlightInfo> {
        let asked_at = Instant::now();
        let (raw, headers) = self
            .transport
            .call(
                operation,
                options,
                command.descriptor(),
                |mut client, request| async move { client.get_flight_info(request).await },
            )
            .await?;
        let read = |what: &str, bytes: &Bytes| self.last_schema.read(what, bytes);
        let info = FlightInfo::read(raw, headers, read).map_err(|error| self.blame(error, operation))?;
        Ok(info.asked_for_at(asked_at))
    }

    /// GetSchema: what a command would give, without running it.
    pub(crate) async fn schema(&self, command: &Command, options: &CallOptions) -> Result<SchemaRef> {
        let operation = Operation::Describe;
        let (raw, _) = self
            .transport
            .call(
                &operation,
                options,
                command.descriptor(),
                |mut client, request| async move { client.get_schema(request).await },
            )
            .await?;
        read_schema("schema", &raw.schema)
            .and_then(|schema| schema.ok_or_else(|| Error::protocol("the server sent no schema")))
            .map_err(|error| self.blame(error, &operation))
    }

    /// The first PollFlightInfo of a command, which starts it: it counts as executing.
    pub(crate) async fn poll(&self, command: &Command, options: &CallOptions) -> Result<PollInfo> {
        self.poll_descriptor(&Operation::Execute, command.descriptor(), options)
            .await
    }

    /// The next PollFlightInfo of a query that has not ended.
    pub(crate) async fn poll_again(&self, last: &PollInfo, options: &CallOptions) -> Result<PollInfo> {
        let done = || {
            Error::new(
                crate::error::Kind::State,
                "the query has ended: there is nothing to poll",
            )
        };
        let next = last.next.clone().ok_or_else(done)?;
        self.poll_descriptor(&Operation::Poll, next, options).await
    }

    async fn poll_descriptor(
        &self,
        operation: &Operation,
        descriptor: FlightDescriptor,
        options: &CallOptions,
    ) -> Result<PollInfo> {
        let (raw, headers) = self
            .transport
            .call(operation, options, descriptor, |mut client, request| async move {
                client.poll_flight_info(request).await
            })
            .await?;
        let info = raw.info.unwrap_or_default();
        let info = FlightInfo::new(info, headers).map_err(|error| self.blame(error, operation))?;
        Ok(PollInfo {
            info,
            progress: raw.progress.filter(|progress| (0.0..=1.0).contains(progress)),
            expiration_time: time(raw.expiration_time.as_ref()),
            next: raw.flight_descriptor,
        })
    }

    /// Says of an answer that broke a promise which call it answered.
    pub(super) fn blame(&self, error: Error, operation: &Operation) -> Error {
        error.during(operation.clone()).on(self.transport.peer())
    }
}

/// A protobuf timestamp; one out of range is none.
pub(super) fn time(timestamp: Option<&Timestamp>) -> Option<SystemTime> {
    let Timestamp { seconds, nanos } = *timestamp?;
    let fraction = Duration::from_nanos(u64::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?);
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let time = match seconds {
        0.. => SystemTime::UNIX_EPOCH.checked_add(whole),
        _ => SystemTime::UNIX_EPOCH.checked_sub(whole),
    };
    time?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use prost_types::Timestamp;

    use super::{FlightInfo, time};
    use crate::metadata::Metadata;

    #[test]
    fn a_time_out_of_range_is_none() {
        let at = |seconds, nanos| time(Some(&Timestamp { seconds, nanos }));
        assert_eq!(
            at(1, 500_000_000),
            Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1500))
        );
        assert_eq!(at(-1, 0), Some(SystemTime::UNIX_EPOCH - Duration::from_secs(1)));
        for (seconds, nanos) in [(i64::MAX, 0), (i64::MIN, 0), (0, -1), (0, 1_000_000_000)] {
            let _no_panic = at(seconds, nanos);
        }
        assert_eq!(at(0, -1), None);
    }

    #[test]
    fn a_flight_info_survives_the_way_to_another_process() {
        let raw = arrow_flight::FlightInfo {
            endpoint: vec![
                arrow_flight::FlightEndpoint::default(),
                arrow_flight::FlightEndpoint::default(),
            ],
            total_records: 7,
            ordered: true,
            ..Default::default()
        };
        let info = FlightInfo::new(raw, Metadata::new()).unwrap();
        let back = FlightInfo::from_bytes(&info.to_bytes()).unwrap();
        assert_eq!(back.total_records(), Some(7));
        assert!(back.ordered());
        let parts = back.partitions();
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].endpoints().len(), parts[0].total_records()), (1, None));
    }

    #[test]
    fn a_broken_schema_is_an_error_and_not_a_panic() {
        for broken in [
            &b"x"[..],
            &[0xff; 8],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3],
        ] {
            let raw = arrow_flight::FlightInfo {
                schema: broken.to_vec().into(),
                ..Default::default()
            };
            assert!(FlightInfo::new(raw, Metadata::new()).is_err());
        }
    }
}
