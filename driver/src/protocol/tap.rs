//! Takes the messages of a DoGet or DoExchange out of its response before tonic sees them.
//!
//! tonic gathers a message in a buffer of its own, from which the batch would be copied a second time. It is left what it does well: headers,
//! trailers, status, reset. In place of each message it gets an empty one, and a decoder that hands out what was taken.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use hyper::body::Frame;
use prost::Message as _;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Status};
use tower::Service;

use super::data::{DataMessage, DataParser};

/// A message without content.
const EMPTY: &[u8] = &[0; 5];

/// Where a message waits between the response and the decoder. One is enough: each is asked for before the next is read.
#[derive(Debug, Clone, Default)]
struct Slot(Arc<Mutex<Option<DataMessage>>>);

impl Slot {
    fn put(&self, message: DataMessage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
    }

    fn take(&self) -> Option<DataMessage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A channel whose response is tapped, and the codec that goes with it. For one call.
pub(super) fn tap<S, M>(channel: S, limit: usize) -> (Tap<S>, DataCodec<M>) {
    let slot = Slot::default();
    let tap = Tap {
        channel,
        limit,
        slot: slot.clone(),
    };
    let sends = PhantomData;
    (tap, DataCodec { slot, sends })
}

#[derive(Debug)]
pub(super) struct Tap<S> {
    channel: S,
    limit: usize,
    slot: Slot,
}

impl<S> Service<http::Request<Body>> for Tap<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = http::Response<TappedBody>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let (parser, slot) = (DataParser::new(self.limit), self.slot.clone());
        let tapped = |response: http::Response<Body>| {
            response.map(|body| TappedBody {
                body,
                parser,
                slot,
                chunk: Bytes::new(),
            })
        };
        self.channel
            .call(request)
            .map(|response| response.map(tapped))
            .boxed()
    }
}

/// The body of a response, its messages taken out.
#[derive(Debug)]
pub(super) struct TappedBody {
    body: Body,
    parser: DataParser,
    slot: Slot,
    /// What has come and was not yet parsed.
    chunk: Bytes,
}

impl hyper::body::Body for TappedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        loop {
            match this.parser.parse(&mut this.chunk) {
                Ok(Some(message)) => {
                    this.slot.put(message);
                    return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(EMPTY)))));
                }
                Ok(None) => {}
                Err(status) => return Poll::Ready(Some(Err(status))),
            }
            let frame = match ready!(hyper::body::Body::poll_frame(Pin::new(&mut this.body), context)) {
                Some(Ok(frame)) => frame,
                // An end is judged below where the server gave one, and by tonic where the trailers are missing.
                None if this.parser.is_between_messages() => return Poll::Ready(None),
                None => return Poll::Ready(Some(Err(cut_short()))),
                error => return Poll::Ready(error),
            };
            match frame.into_data() {
                Ok(chunk) => this.chunk = chunk,
                Err(trailers) => return Poll::Ready(Some(this.judge(trailers))),
            }
        }
    }
}

impl TappedBody {
    /// A server that says all is well in the middle of a message is not believed.
    fn judge(&self, trailers: Frame<Bytes>) -> Result<Frame<Bytes>, Status> {
        let status = trailers.trailers_ref().and_then(Status::from_header_map);
        if !self.parser.is_between_messages() && status.is_some_and(|status| status.code() == Code::Ok) {
            return Err(cut_short());
        }
        Ok(trailers)
    }
}

fn cut_short() -> Status {
    Status::data_loss("the stream ended in the middle of a message")
}

/// What such a call sends.
pub(super) trait Outgoing: Send + 'static {
    fn write(self, buffer: &mut EncodeBuf<'_>) -> Result<(), Status>;
}

impl Outgoing for arrow_flight::Ticket {
    fn write(self, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        self.encode(buffer)
            .map_err(|error| Status::internal(error.to_string()))
    }
}

/// Sends what the call sends, and hands out the messages taken from the response.
#[derive(Debug)]
pub(super) struct DataCodec<M> {
    slot: Slot,
    sends: PhantomData<fn(M)>,
}

impl<M: Outgoing> Codec for DataCodec<M> {
    type Encode = M;
    type Decode = DataMessage;
    type Encoder = OutgoingEncoder<M>;
    type Decoder = DataDecoder;

    fn encoder(&mut self) -> OutgoingEncoder<M> {
        OutgoingEncoder(PhantomData)
    }

    fn decoder(&mut self) -> DataDecoder {
        DataDecoder(self.slot.clone())
    }
}

#[derive(Debug)]
pub(super) struct OutgoingEncoder<M>(PhantomData<fn(M)>);

impl<M: Outgoing> Encoder for OutgoingEncoder<M> {
    type Item = M;
    type Error = Status;

    fn encode(&mut self, message: M, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        message.write(buffer)
    }
}

#[derive(Debug)]
pub(super) struct DataDecoder(Slot);

impl Decoder for DataDecoder {
    type Item = DataMessage;
    type Error = Status;

    fn decode(&mut self, _: &mut DecodeBuf<'_>) -> Result<Option<DataMessage>, Status> {
        Ok(self.0.take())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use arrow_flight::FlightData;
    use bytes::{BufMut as _, Bytes, BytesMut};
    use futures::TryStreamExt as _;
    use http::{HeaderMap, HeaderValue};
    use http_body_util::StreamBody;
    use hyper::body::Frame;
    use prost::Message as _;
    use tonic::body::Body;
    use tonic::client::Grpc;
    use tonic::{Code, Request, Status};

    use super::{DataMessage, tap};

    /// Three messages as they are on the wire.
    fn wire() -> Bytes {
        let mut bytes = BytesMut::new();
        for n in 1..=3 {
            let message = FlightData::new().with_data_body(vec![n; 1000]).encode_to_vec();
            bytes.put_u8(0);
            bytes.put_u32(u32::try_from(message.len()).unwrap());
            bytes.put_slice(&message);
        }
        bytes.freeze()
    }

    /// What the caller sees of a response with these bytes and this status in its trailers.
    async fn call(bytes: Bytes, status: Option<&'static str>) -> Result<Vec<DataMessage>, Status> {
        let pieces: Vec<_> = bytes
            .chunks(700)
            .map(Bytes::copy_from_slice)
            .map(Frame::data)
            .collect();
        let trailers = status.map(|status| {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", HeaderValue::from_static(status));
            Frame::trailers(trailers)
        });
        let frames: Vec<_> = pieces
            .into_iter()
            .chain(trailers)
            .map(Ok::<_, Infallible>)
            .collect();
        let response = http::Response::new(Body::new(StreamBody::new(futures::stream::iter(frames))));
        let mut response = Some(response);
        let channel = tower::service_fn(move |_: http::Request<Body>| {
            std::future::ready(response.take().ok_or_else(|| Status::internal("called twice")))
        });
        let (tapped, codec) = tap(channel, 1 << 20);
        let request = Request::new(arrow_flight::Ticket::default());
        let path = http::uri::PathAndQuery::from_static(super::super::get::PATH);
        let mut client = Grpc::new(tapped);
        client.ready().await?;
        let answer = client.server_streaming(request, path, codec).await?;
        answer.into_inner().try_collect().await
    }

    #[tokio::test]
    async fn the_messages_come_out_as_they_were_sent() {
        let messages = call(wire(), Some("0")).await.unwrap();
        let bodies: Vec<_> = messages
            .iter()
            .map(|message| (message.body.len(), message.body[0]))
            .collect();
        assert_eq!(bodies, [(1000, 1), (1000, 2), (1000, 3)]);
    }

    #[tokio::test]
    async fn a_stream_that_is_cut_is_never_whole() {
        let whole = wire();
        for length in (0..whole.len()).step_by(97) {
            let bytes = || whole.slice(..length);
            assert!(
                call(bytes(), None).await.is_err(),
                "no status after {length} bytes"
            );
            let between = length % (whole.len() / 3) == 0;
            assert_eq!(
                call(bytes(), Some("0")).await.is_ok(),
                between,
                "status 0 after {length} bytes"
            );
            assert_eq!(call(bytes(), Some("5")).await.unwrap_err().code(), Code::NotFound);
        }
    }
}
