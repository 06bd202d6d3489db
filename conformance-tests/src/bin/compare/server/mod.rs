//! The server, as a process of its own: it sends bytes that were encoded at its start, so that it is the client that is measured.

mod data;
mod service;

use std::convert::Infallible;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;

use arrow_flight::Ticket;
use arrow_flight::flight_service_server::FlightServiceServer;
use bytes::{Buf as _, Bytes};
use futures::StreamExt as _;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message as _;
use tonic::body::Body;
use tonic::codegen::Service as _;

use self::data::{Data, Last, Shapes};
use self::service::{Order, Service};
use crate::Failure;

/// What may be sent ahead of HTTP/2, and the windows of what clients send.
const BUFFER: u32 = 4 << 20;
/// The same, as the other side of hyper counts it.
const SEND_BUFFER: usize = 4 << 20;

/// Runs until its standard input ends. Its first line says where it listens: Flight, and plain bytes.
pub(crate) async fn serve() -> Result<(), Failure> {
    let shapes = Arc::new(Shapes::new()?);
    let flight = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let plain = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    writeln!(io::stdout(), "{} {}", flight.local_addr()?, plain.local_addr()?)?;
    io::stdout().flush()?;
    let moved = Arc::clone(shapes.of(Last::Truth));
    std::thread::spawn(move || {
        for stream in plain.incoming().flatten() {
            let moved = Arc::clone(&moved);
            std::thread::spawn(move || send_plain(stream, moved));
        }
    });
    let ended = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink()));
    let accepting = async {
        loop {
            let (stream, _) = flight.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(connection(stream, Arc::clone(&shapes)));
        }
    };
    tokio::select! {
        result = accepting => result,
        ended = ended => Ok(ended?.map(drop)?),
    }
}

/// The floor: the same bytes without HTTP/2, gRPC and Arrow. The client says how many rows in eight bytes.
fn send_plain(mut stream: TcpStream, data: Arc<Data>) -> Result<(), Failure> {
    let mut rows = [0; 8];
    stream.read_exact(&mut rows)?;
    for message in data.messages(usize::try_from(u64::from_le_bytes(rows))?)? {
        stream.write_all(&message)?;
    }
    Ok(())
}

async fn connection(stream: tokio::net::TcpStream, shapes: Arc<Shapes>) {
    let service = FlightServiceServer::new(Service(Arc::clone(&shapes)));
    let serving =
        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .max_send_buf_size(SEND_BUFFER)
            .initial_stream_window_size(BUFFER)
            .initial_connection_window_size(BUFFER)
            .max_concurrent_streams(1024)
            .serve_connection(
                TokioIo::new(stream),
                hyper::service::service_fn(move |request: Request<Incoming>| {
                    let (mut service, shapes) = (service.clone(), Arc::clone(&shapes));
                    async move {
                        if request.uri().path().ends_with("/DoGet") {
                            return Ok::<_, Infallible>(do_get(request, &shapes).await.unwrap_or_else(
                                |error| tonic::Status::internal(error.to_string()).into_http(),
                            ));
                        }
                        service.call(request).await
                    }
                }),
            );
    // A client that goes away is no error of the server.
    let _gone = serving.await;
}

/// DoGet without tonic, which would copy every message.
async fn do_get(request: Request<Incoming>, shapes: &Shapes) -> Result<Response<Body>, Failure> {
    let mut message = request.into_body().collect().await?.to_bytes();
    message.advance(5.min(message.len()));
    let ticket = Ticket::decode(message)?.ticket;
    let order = Order::read(std::str::from_utf8(&ticket)?);
    let messages = Arc::clone(shapes.of(order.last)).messages(order.rows)?;
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = futures::stream::iter(messages.map(Frame::data))
        .chain(futures::stream::iter([Frame::trailers(trailers)]))
        .map(Ok::<Frame<Bytes>, Infallible>);
    let mut response = Response::new(Body::new(StreamBody::new(frames)));
    let grpc = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(CONTENT_TYPE, grpc);
    Ok(response)
}
