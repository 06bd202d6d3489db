//! A server inside the benchmark that answers every DoGet with the same bytes.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};

use arrow::array::RecordBatch;
use arrow_flight::utils::batches_to_flight_data;
use bytes::{BufMut as _, Bytes, BytesMut};
use futures::StreamExt as _;
use http_body_util::StreamBody;
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message as _;

/// Starts it; it ends with the runtime.
pub(crate) async fn serve(batches: &[RecordBatch]) -> SocketAddr {
    let schema = batches.first().expect("a batch").schema();
    let messages = batches_to_flight_data(&schema, batches).expect("the batches are encoded");
    let messages: Vec<Bytes> = messages.iter().map(framed).collect();
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let messages = messages.clone();
            let answer = hyper::service::service_fn(move |_: Request<Incoming>| {
                let messages = messages.clone();
                async move { Ok::<_, Infallible>(answer(messages)) }
            });
            let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), answer);
            tokio::spawn(serving);
        }
    });
    address
}

fn answer(messages: Vec<Bytes>) -> Response<impl hyper::body::Body<Data = Bytes, Error = Infallible>> {
    let trailers = HeaderMap::from_iter([(
        hyper::header::HeaderName::from_static("grpc-status"),
        HeaderValue::from_static("0"),
    )]);
    let frames = futures::stream::iter(messages.into_iter().map(Frame::data))
        .chain(futures::stream::iter([Frame::trailers(trailers)]))
        .map(Ok);
    let mut response = Response::new(StreamBody::new(frames));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// A message with the five bytes gRPC puts before it.
fn framed(message: &arrow_flight::FlightData) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(message.encoded_len()).expect("a small message"));
    message.encode(&mut bytes).expect("the buffer grows");
    bytes.freeze()
}
