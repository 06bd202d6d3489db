//! A Flight server that answers as its script says, for what the Java and C++ servers of the official scenarios do otherwise than Go's.

mod exchange;
mod expiration;
mod plain;

use std::net::SocketAddr;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::flight_service_server::{FlightService, FlightServiceServer};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightEndpoint, FlightInfo,
    HandshakeRequest, HandshakeResponse, PollInfo, PutResult, SchemaResult, Ticket,
};
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use tokio::sync::watch;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

type Stream<T> = BoxStream<'static, Result<T, Status>>;

/// What the server does otherwise.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Script {
    /// The token of the handshake is `valid:` and the user, and ListActions is what has to be refused without it.
    JavaLogin,
    /// Errors come without headers, the metadata of the call in their trailers; a success has no endpoints.
    TrailersOnly,
    /// The endpoints of a result that is not ordered come as 1, 3, 2.
    Shuffled,
    /// A session's cookie comes in headers, or in trailers.
    CookieInHeaders,
    CookieInTrailers,
    /// DoExchange echoes; its headers come with the first answer, as Java's and C++'s do.
    Echo,
    /// DoExchange reads nothing and says nothing.
    Deaf,
    /// Endpoints that expire, or are read once.
    Expiration(expiration::Expiration),
    /// What needs no state: a location to reuse, progress, application metadata, an ingest.
    Plain,
}

/// A running server; it ends with the test.
pub(crate) async fn serve(script: Script) -> SocketAddr {
    serve_watched(script).await.0
}

/// A running server, and how the sending side of an exchange with it ended: `true` where the client finished it.
pub(crate) async fn serve_watched(script: Script) -> (SocketAddr, watch::Receiver<Option<bool>>) {
    let (ends, watched) = watch::channel(None);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = stream::unfold(listener, |listener| async {
        let accepted = listener.accept().await.map(|(socket, _)| socket);
        Some((accepted, listener))
    });
    let service = FlightServiceServer::new(Scripted(script, ends));
    let server = tonic::transport::Server::builder().add_service(service);
    tokio::spawn(server.serve_with_incoming(incoming));
    (address, watched)
}

struct Scripted(Script, watch::Sender<Option<bool>>);

/// The numbers of the scenario `ordered`, by ticket.
fn numbers(ticket: &[u8]) -> Option<[i32; 3]> {
    match ticket {
        b"1" => Some([1, 2, 3]),
        b"2" => Some([10, 20, 30]),
        b"3" => Some([100, 200, 300]),
        _ => None,
    }
}

fn endpoint(ticket: &'static str) -> FlightEndpoint {
    FlightEndpoint {
        ticket: Some(Ticket::new(ticket)),
        ..FlightEndpoint::default()
    }
}

fn has(metadata: &MetadataMap, name: &str, value: &str) -> bool {
    metadata.get(name).is_some_and(|sent| sent == value)
}

fn is_logged_in(metadata: &MetadataMap) -> bool {
    let token = metadata.get_bin("auth-token-bin");
    token.is_some_and(|token| token.to_bytes().is_ok_and(|token| token == "valid:arrow"))
}

/// An answer to DoGet with one column.
fn answer(column: ArrayRef) -> Response<Stream<FlightData>> {
    let batch = RecordBatch::try_from_iter([("number", column)]).expect("one column");
    let data = FlightDataEncoderBuilder::new().build(stream::iter([Ok(batch)]));
    Response::new(data.map_err(Status::from).boxed())
}

fn unimplemented() -> Status {
    Status::unimplemented("not in the script")
}

#[tonic::async_trait]
impl FlightService for Scripted {
    type HandshakeStream = Stream<HandshakeResponse>;
    type ListFlightsStream = Stream<FlightInfo>;
    type DoGetStream = Stream<FlightData>;
    type DoPutStream = Stream<PutResult>;
    type DoActionStream = Stream<arrow_flight::Result>;
    type ListActionsStream = Stream<ActionType>;
    type DoExchangeStream = Stream<FlightData>;

    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        if self.0 != Script::JavaLogin {
            return Err(unimplemented());
        }
        let sent: Vec<HandshakeRequest> = request.into_inner().try_collect().await?;
        // arrow.flight.protocol.BasicAuth: user name in field 2, password in field 3.
        let expected = b"\x12\x05arrow\x1a\x06flight";
        match sent.as_slice() {
            [login] if login.payload.as_ref() == expected => {
                let token = HandshakeResponse {
                    payload: "valid:arrow".into(),
                    ..HandshakeResponse::default()
                };
                Ok(Response::new(stream::iter([Ok(token)]).boxed()))
            }
            _ => Err(Status::unauthenticated("wrong user or password")),
        }
    }

    async fn list_actions(
        &self,
        request: Request<Empty>,
    ) -> Result<Response<Self::ListActionsStream>, Status> {
        if self.0 == Script::JavaLogin && !is_logged_in(request.metadata()) {
            // After the headers, as Java's interceptor does.
            let late = stream::iter([Err(Status::unauthenticated("no token"))]);
            return Ok(Response::new(late.boxed()));
        }
        if let Script::Expiration(_) = self.0 {
            return Ok(Response::new(stream::iter(expiration::actions()).boxed()));
        }
        Ok(Response::new(stream::empty().boxed()))
    }

    async fn get_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        match &self.0 {
            Script::Expiration(state) => Ok(Response::new(state.info())),
            Script::Plain => plain::info(&request.get_ref().cmd).map(Response::new),
            Script::TrailersOnly => {
                let echo = request.metadata().get("x-middleware").cloned();
                let succeeds = request.get_ref().cmd.as_ref() == b"success";
                let mut metadata = MetadataMap::new();
                if let Some(echo) = echo {
                    metadata.insert("x-middleware", echo);
                }
                if !succeeds {
                    let words = "not implemented by this server";
                    return Err(Status::with_metadata(tonic::Code::Unimplemented, words, metadata));
                }
                let mut response = Response::new(FlightInfo::default());
                *response.metadata_mut() = metadata;
                Ok(response)
            }
            Script::Shuffled => {
                let ordered = request.get_ref().cmd.as_ref() == b"ordered";
                let order = if ordered { ["1", "2", "3"] } else { ["1", "3", "2"] };
                Ok(Response::new(FlightInfo {
                    endpoint: order.map(endpoint).to_vec(),
                    ordered,
                    total_records: -1,
                    total_bytes: -1,
                    ..FlightInfo::default()
                }))
            }
            _ => Err(unimplemented()),
        }
    }

    async fn do_get(&self, request: Request<Ticket>) -> Result<Response<Self::DoGetStream>, Status> {
        if let Script::Expiration(state) = &self.0 {
            return state.read(&request.get_ref().ticket).map(answer);
        }
        let numbers =
            numbers(&request.get_ref().ticket).ok_or_else(|| Status::not_found("no such ticket"))?;
        let column: ArrayRef = Arc::new(Int32Array::from(numbers.to_vec()));
        Ok(answer(column))
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<Self::DoActionStream>, Status> {
        let knows = has(request.metadata(), "cookie", "arrow_flight_session_id=s1");
        let action = request.into_inner();
        if let Script::Expiration(state) = &self.0 {
            return state.act(&action).map(|body| {
                let answer = arrow_flight::Result { body: body.into() };
                Response::new(stream::iter([Ok(answer)]).boxed())
            });
        }
        if self.0 == Script::JavaLogin || action.r#type == "CloseSession" {
            return Err(unimplemented());
        }
        let cookie = "arrow_flight_session_id=s1".parse().expect("a header");
        match (action.r#type.as_str(), knows) {
            // The C++ server has a session from the first option set.
            ("SetSessionOptions", false) => {
                let empty = Ok(arrow_flight::Result::default());
                if self.0 == Script::CookieInHeaders {
                    let mut response = Response::new(stream::iter([empty]).boxed());
                    response.metadata_mut().insert("set-cookie", cookie);
                    return Ok(response);
                }
                let mut end = Status::new(tonic::Code::Ok, "");
                end.metadata_mut().insert("set-cookie", cookie);
                Ok(Response::new(stream::iter([empty, Err(end)]).boxed()))
            }
            ("GetSessionOptions", true) => {
                // GetSessionOptionsResult { session_options: {"a": {bool_value: true}} }
                let body = b"\x0a\x07\x0a\x01a\x12\x02\x10\x01";
                let answer = arrow_flight::Result {
                    body: body.to_vec().into(),
                };
                Ok(Response::new(stream::iter([Ok(answer)]).boxed()))
            }
            ("GetSessionOptions", false) => Err(Status::invalid_argument(
                "No existing session to get options from",
            )),
            _ => Err(unimplemented()),
        }
    }

    async fn list_flights(&self, _: Request<Criteria>) -> Result<Response<Self::ListFlightsStream>, Status> {
        Err(unimplemented())
    }

    async fn poll_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<PollInfo>, Status> {
        plain::poll(&request.get_ref().cmd).map(Response::new)
    }

    async fn get_schema(&self, _: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, Status> {
        Err(unimplemented())
    }

    async fn do_put(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoPutStream>, Status> {
        let answer = plain::ingest(request.into_inner()).await?;
        Ok(Response::new(stream::iter([Ok(answer)]).boxed()))
    }

    async fn do_exchange(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        match self.0 {
            Script::Echo => exchange::echo(request.into_inner(), self.1.clone()).await,
            Script::Deaf => {
                let _unread = request;
                std::future::pending().await
            }
            _ => Err(unimplemented()),
        }
    }
}
