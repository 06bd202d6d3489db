//! A Flight SQL server whose results are one batch of a mebibyte, encoded once and sent as often as the statement says:
//! `mib=4096 endpoints=16 ordered servers=4`.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::flight_service_server::{FlightService, FlightServiceServer};
use arrow_flight::sql::server::FlightSqlService;
use arrow_flight::sql::{CommandStatementQuery, ProstMessageExt as _, SqlInfo, TicketStatementQuery};
use arrow_flight::{FlightData, FlightDescriptor, FlightEndpoint, FlightInfo, Location, Ticket};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use prost::Message as _;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use super::{Failure, say};

/// Rows of a batch: eight bytes each, a mebibyte together.
pub(crate) const ROWS: usize = 1 << 17;
/// Servers of the process: the endpoints of a result can be spread over so many addresses.
const SERVERS: usize = 16;

/// Serves until the process ends.
pub(crate) async fn serve(port: u16) -> Result<(), Failure> {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..i64::try_from(ROWS)?));
    let batch = RecordBatch::try_from_iter([("n", numbers)])?;
    let schema = batch.schema();
    let messages: Vec<FlightData> = FlightDataEncoderBuilder::new()
        // Not split: one message is one mebibyte.
        .with_max_flight_data_size(usize::MAX)
        .build(futures::stream::iter([Ok(batch)]))
        .try_collect()
        .await?;
    let mut listeners = Vec::new();
    for port in std::iter::once(port).chain([0; SERVERS - 1]) {
        listeners.push(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?);
    }
    let addresses = listeners
        .iter()
        .map(TcpListener::local_addr)
        .collect::<Result<Vec<_>, _>>()?;
    let first = *addresses.first().ok_or("no address")?;
    let encoded = Encoded {
        info: FlightInfo::new().try_with_schema(&schema)?,
        messages: messages.into(),
        addresses: addresses.into(),
    };
    say(&format!("listening on {first}"));
    let servers = listeners.into_iter().map(|listener| {
        Server::builder()
            .initial_connection_window_size(1 << 20)
            .max_frame_size(256 << 10)
            .add_service(FlightServiceServer::new(encoded.clone()).max_encoding_message_size(usize::MAX))
            .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)))
    });
    futures::future::try_join_all(servers).await?;
    Ok(())
}

#[derive(Clone)]
struct Encoded {
    info: FlightInfo,
    messages: Arc<[FlightData]>,
    addresses: Arc<[SocketAddr]>,
}

impl Encoded {
    fn info(&self, statement: &str) -> Result<FlightInfo, Status> {
        let number = |name: &str, default: usize| match statement
            .split_whitespace()
            .find_map(|word| word.strip_prefix(name))
        {
            Some(digits) => digits
                .parse()
                .map_err(|_| Status::invalid_argument(format!("{name}{digits} is no number"))),
            None => Ok(default),
        };
        let (batches, endpoints) = (number("mib=", 1)?, number("endpoints=", 1)?.max(1));
        let servers = number("servers=", 0)?;
        let mut info = self.info.clone();
        info.ordered = statement.contains("ordered");
        info.total_records = i64::try_from(batches * ROWS).unwrap_or(-1);
        for index in 0..endpoints {
            let share = batches / endpoints + usize::from(index < batches % endpoints);
            let ticket = TicketStatementQuery {
                statement_handle: share.to_string().into(),
            };
            let mut endpoint =
                FlightEndpoint::new().with_ticket(Ticket::new(ticket.as_any().encode_to_vec()));
            if let Some(address) = index
                .checked_rem(servers)
                .and_then(|place| self.addresses.get(place))
            {
                endpoint.location.push(Location {
                    uri: format!("grpc+tcp://{address}"),
                });
            }
            info.endpoint.push(endpoint);
        }
        Ok(info)
    }
}

#[tonic::async_trait]
impl FlightSqlService for Encoded {
    type FlightService = Self;

    async fn get_flight_info_statement(
        &self,
        query: CommandStatementQuery,
        _: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.info(&query.query).map(Response::new)
    }

    async fn do_get_statement(
        &self,
        ticket: TicketStatementQuery,
        _: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        let batches = std::str::from_utf8(&ticket.statement_handle)
            .ok()
            .and_then(|digits| digits.parse::<usize>().ok())
            .ok_or_else(|| Status::not_found("no such ticket"))?;
        let [schema, batch] = &*self.messages else {
            return Err(Status::internal("the batch is not one message"));
        };
        let rest = futures::stream::repeat(batch.clone()).take(batches);
        let all = futures::stream::iter([schema.clone()]).chain(rest).map(Ok);
        let all: Pin<Box<dyn Stream<Item = Result<FlightData, Status>> + Send>> = Box::pin(all);
        Ok(Response::new(all))
    }

    async fn register_sql_info(&self, _: i32, _: &SqlInfo) {}
}
