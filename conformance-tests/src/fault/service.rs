//! The Flight service that plays a [`Script`].

use std::net::SocketAddr;
use std::sync::Arc;

use arrow_flight::flight_service_server::{FlightService, FlightServiceServer};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest,
    HandshakeResponse, PollInfo, PutResult, SchemaResult, Ticket,
};
use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use tokio::net::TcpListener;
use tonic::metadata::MetadataMap;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use super::data;
use super::script::{Answer, Call, Script, Step};
use super::server::Seen;

/// How large a header the server may send: larger than any client takes.
const HEADERS: u32 = 16 << 20;

pub(super) async fn serve(listener: TcpListener, script: Script, address: SocketAddr, seen: Arc<Seen>) {
    let service = FlightServiceServer::new(Playing {
        script,
        address,
        seen,
    });
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let serving = Server::builder()
        .http2_max_header_list_size(HEADERS)
        .add_service(service.max_encoding_message_size(usize::MAX))
        .serve_with_incoming(incoming);
    serving.await.expect("the scripted server runs");
}

struct Playing {
    script: Script,
    address: SocketAddr,
    seen: Arc<Seen>,
}

impl Playing {
    fn call(&self, rpc: &str, headers: &MetadataMap) -> Call {
        Call {
            before: self.seen.note(rpc, headers),
            headers: headers.clone(),
            address: self.address,
        }
    }
}

fn is_sql_info(command: &[u8]) -> bool {
    let name = b"CommandGetSqlInfo";
    command.windows(name.len()).any(|bytes| bytes == name)
}

/// Plays an answer of many messages.
fn play<T: Clone + Send + Sync + 'static>(
    answer: Answer<T>,
) -> Response<BoxStream<'static, Result<T, Status>>> {
    let steps = futures::stream::iter(answer.steps).flat_map(|step| match step {
        Step::Send(message) => futures::stream::iter([Ok(message)]).boxed(),
        Step::Forever(message) => futures::stream::repeat(Ok(message)).boxed(),
        Step::Often(message, times, pause) => futures::stream::iter(0..times)
            .then(move |_| {
                let message = message.clone();
                async move {
                    tokio::time::sleep(pause).await;
                    Ok(message)
                }
            })
            .boxed(),
        Step::Hang => futures::stream::pending().boxed(),
        Step::End(status) => futures::stream::iter([Err(status)]).boxed(),
    });
    let mut response = Response::new(steps.boxed());
    *response.metadata_mut() = answer.headers;
    response
}

/// Plays an answer of one message.
async fn play_one<T: Clone + Send + Sync + 'static>(answer: Answer<T>) -> Result<Response<T>, Status> {
    let mut playing = play(answer);
    let headers = std::mem::take(playing.metadata_mut());
    let message = playing.get_mut().try_next().await?;
    let mut response = Response::new(message.ok_or_else(|| Status::internal("the script has no answer"))?);
    *response.metadata_mut() = headers;
    Ok(response)
}

#[async_trait]
impl FlightService for Playing {
    type HandshakeStream = BoxStream<'static, Result<HandshakeResponse, Status>>;
    type ListFlightsStream = BoxStream<'static, Result<FlightInfo, Status>>;
    type DoGetStream = BoxStream<'static, Result<FlightData, Status>>;
    type DoPutStream = BoxStream<'static, Result<PutResult, Status>>;
    type DoExchangeStream = BoxStream<'static, Result<FlightData, Status>>;
    type DoActionStream = BoxStream<'static, Result<arrow_flight::Result, Status>>;
    type ListActionsStream = BoxStream<'static, Result<ActionType, Status>>;

    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        let call = self.call("Handshake", request.metadata());
        Ok(play((self.script.handshake)(&call, ())))
    }

    async fn list_flights(&self, _: Request<Criteria>) -> Result<Response<Self::ListFlightsStream>, Status> {
        Err(Status::unimplemented("ListFlights"))
    }

    async fn get_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        if !self.script.sql_info_too && is_sql_info(&request.get_ref().cmd) {
            return Ok(Response::new(data::sql_info()));
        }
        let call = self.call("GetFlightInfo", request.metadata());
        play_one((self.script.info)(&call, ())).await
    }

    async fn poll_flight_info(&self, _: Request<FlightDescriptor>) -> Result<Response<PollInfo>, Status> {
        Err(Status::unimplemented("PollFlightInfo"))
    }

    async fn get_schema(&self, _: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, Status> {
        Ok(Response::new(SchemaResult {
            schema: data::encoded(&data::schema()),
        }))
    }

    async fn do_get(&self, request: Request<Ticket>) -> Result<Response<Self::DoGetStream>, Status> {
        if request.get_ref().ticket == data::SQL_INFO {
            return Ok(play(Answer::send(data::sql_info_rows())));
        }
        let call = self.call("DoGet", request.metadata());
        let ticket = String::from_utf8_lossy(&request.get_ref().ticket).into_owned();
        Ok(play((self.script.get)(&call, ticket.parse().unwrap_or(0))))
    }

    async fn do_put(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoPutStream>, Status> {
        let call = self.call("DoPut", request.metadata());
        let mut sent = request.into_inner();
        while sent.try_next().await?.is_some() {}
        Ok(play((self.script.put)(&call, ())))
    }

    async fn do_exchange(
        &self,
        _: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        Err(Status::unimplemented("DoExchange"))
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<Self::DoActionStream>, Status> {
        let name = request.get_ref().r#type.clone();
        let call = self.call(&name, request.metadata());
        let Answer { headers, steps } = (self.script.action)(&call, name);
        let mut playing = play(Answer { headers, steps });
        let headers = std::mem::take(playing.metadata_mut());
        let results = playing.into_inner().map_ok(|body| arrow_flight::Result { body });
        let mut response = Response::new(results.boxed());
        *response.metadata_mut() = headers;
        Ok(response)
    }

    async fn list_actions(&self, _: Request<Empty>) -> Result<Response<Self::ListActionsStream>, Status> {
        Ok(Response::new(futures::stream::iter([]).boxed()))
    }
}
