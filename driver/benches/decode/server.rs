//! A server inside the benchmark that answers every DoGet with the same bytes.

use std::convert::Infallible;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

use arrow::array::RecordBatch;
use arrow::ipc::CompressionType;
use arrow::ipc::writer::IpcWriteOptions;
use arrow_flight::encode::{DictionaryHandling, FlightDataEncoderBuilder};
use bytes::{BufMut as _, Bytes, BytesMut};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::{StreamExt as _, TryStreamExt as _};
use http_body_util::StreamBody;
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message as _;

/// What is compressed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packed {
    /// Nothing.
    Not,
    /// Arrow's buffers.
    Lz4,
    /// Arrow's buffers.
    Zstd,
    /// The messages of gRPC.
    Gzip,
}

/// Starts it; it ends with the runtime.
pub(crate) async fn serve(batches: Vec<RecordBatch>, packed: Packed) -> SocketAddr {
    let compression = match packed {
        Packed::Lz4 => Some(CompressionType::LZ4_FRAME),
        Packed::Zstd => Some(CompressionType::ZSTD),
        Packed::Not | Packed::Gzip => None,
    };
    let options = IpcWriteOptions::default()
        .try_with_compression(compression)
        .expect("a known compression");
    let messages: Vec<_> = FlightDataEncoderBuilder::new()
        .with_options(options)
        .with_dictionary_handling(DictionaryHandling::Resend)
        // One message for each batch.
        .with_max_flight_data_size(usize::MAX)
        .build(futures::stream::iter(batches.into_iter().map(Ok)))
        .try_collect()
        .await
        .expect("the batches are encoded");
    let messages: Vec<Bytes> = messages.iter().map(|message| framed(message, packed)).collect();
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Or the end of an answer may wait for the acknowledgement of its beginning, for forty milliseconds.
            stream.set_nodelay(true).expect("an open socket");
            let messages = messages.clone();
            let answer = hyper::service::service_fn(move |_: Request<Incoming>| {
                let messages = messages.clone();
                async move { Ok::<_, Infallible>(answer(messages, packed)) }
            });
            let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), answer);
            tokio::spawn(serving);
        }
    });
    address
}

fn answer(
    messages: Vec<Bytes>,
    packed: Packed,
) -> Response<impl hyper::body::Body<Data = Bytes, Error = Infallible>> {
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
    if packed == Packed::Gzip {
        let gzip = HeaderValue::from_static("gzip");
        response.headers_mut().insert("grpc-encoding", gzip);
    }
    response
}

/// A message with the five bytes gRPC puts before it.
fn framed(message: &arrow_flight::FlightData, packed: Packed) -> Bytes {
    let mut encoded = message.encode_to_vec();
    if packed == Packed::Gzip {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&encoded).expect("a vector grows");
        encoded = encoder.finish().expect("a vector grows");
    }
    let mut bytes = BytesMut::with_capacity(5 + encoded.len());
    bytes.put_u8(u8::from(packed == Packed::Gzip));
    bytes.put_u32(u32::try_from(encoded.len()).expect("a small message"));
    bytes.put_slice(&encoded);
    bytes.freeze()
}
