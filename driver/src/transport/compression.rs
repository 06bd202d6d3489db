//! Takes the compression off gRPC messages, below tonic and whoever else reads them.
//!
//! A message is announced by five bytes, of which the first says whether it is compressed. Those that are come out of here as if they had never been: each
//! is held back until it is whole, and unpacks to no more than a message may be. Why it stands here and not in tonic: the messages of a result never
//! reach tonic (`protocol/tap.rs`).

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response};
use hyper::body::Frame;
use tonic::Status;
use tonic::body::Body;

use super::framing::{PREFIX, cut, ended_well};

/// Bytes of a message that are reserved before they have come.
const RESERVED: usize = 1 << 20;

/// Tells the server what may be sent compressed.
pub(super) fn announce(headers: &mut HeaderMap) {
    headers.insert("grpc-accept-encoding", HeaderValue::from_static("gzip,identity"));
}

/// An answer without its compression. One that says another than was announced stays as it is, and is refused above.
pub(super) fn unpack(mut response: Response<Body>, limit: usize) -> Response<Body> {
    let packed = response
        .headers()
        .get("grpc-encoding")
        .is_some_and(|name| name == "gzip");
    if !packed {
        return response;
    }
    response.headers_mut().remove("grpc-encoding");
    response.map(|body| {
        Body::new(Unpacked {
            body,
            limit,
            chunk: Bytes::new(),
            place: Place::default(),
        })
    })
}

/// The body of an answer, unpacked.
#[derive(Debug)]
struct Unpacked {
    body: Body,
    /// The largest message, packed or not.
    limit: usize,
    /// What has come and was not yet looked at.
    chunk: Bytes,
    place: Place,
}

/// Where in the run of messages the stream is.
#[derive(Debug)]
enum Place {
    /// In the bytes before a message, of which so many have come.
    Prefix([u8; PREFIX], usize),
    /// In a message as it is, so many bytes of which are left.
    Plain(usize),
    /// In a compressed one, so many bytes of which are left.
    Packed(BytesMut, usize),
}

impl Default for Place {
    fn default() -> Self {
        Self::Prefix([0; PREFIX], 0)
    }
}

impl hyper::body::Body for Unpacked {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        loop {
            match this.step() {
                Ok(Some(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Ok(None) => {}
                Err(status) => return Poll::Ready(Some(Err(status))),
            }
            match ready!(hyper::body::Body::poll_frame(Pin::new(&mut this.body), context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(chunk) => this.chunk = chunk,
                    // What was held back is not seen above: it is missed here.
                    Err(trailers) if this.holds_back() && trailers.trailers_ref().is_some_and(ended_well) => {
                        return Poll::Ready(Some(Err(cut())));
                    }
                    Err(trailers) => {
                        this.place = Place::default();
                        return Poll::Ready(Some(Ok(trailers)));
                    }
                },
                None if this.holds_back() => {
                    this.place = Place::default();
                    return Poll::Ready(Some(Err(cut())));
                }
                end => return Poll::Ready(end),
            }
        }
    }
}

impl Unpacked {
    fn holds_back(&self) -> bool {
        !matches!(self.place, Place::Prefix(_, 0) | Place::Plain(_))
    }

    /// Looks at the chunk until there is something to hand on, or it is empty.
    fn step(&mut self) -> Result<Option<Bytes>, Status> {
        loop {
            match &mut self.place {
                Place::Prefix(bytes, taken) => {
                    let Some(place) = bytes.get_mut(*taken).filter(|_| !self.chunk.is_empty()) else {
                        return Ok(None);
                    };
                    *place = self.chunk.get_u8();
                    *taken += 1;
                    if *taken == PREFIX {
                        let whole = *bytes;
                        self.place = self.begin(whole)?;
                        if let Place::Plain(_) = self.place {
                            return Ok(Some(Bytes::copy_from_slice(&whole)));
                        }
                    }
                }
                Place::Plain(0) => self.place = Place::default(),
                Place::Plain(left) => {
                    if self.chunk.is_empty() {
                        return Ok(None);
                    }
                    let passed = self.chunk.split_to(self.chunk.len().min(*left));
                    *left -= passed.len();
                    return Ok(Some(passed));
                }
                Place::Packed(packed, 0) => {
                    let message = unzip(packed, self.limit)?;
                    self.place = Place::default();
                    return Ok(Some(message));
                }
                Place::Packed(packed, left) => {
                    if self.chunk.is_empty() {
                        return Ok(None);
                    }
                    let taken = self.chunk.split_to(self.chunk.len().min(*left));
                    *left -= taken.len();
                    packed.extend_from_slice(&taken);
                }
            }
        }
    }

    fn begin(&self, prefix: [u8; PREFIX]) -> Result<Place, Status> {
        let [flag, length @ ..] = prefix;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        match flag {
            // Whoever reads it knows how much it may be.
            0 => Ok(Place::Plain(length)),
            1 if length <= self.limit => Ok(Place::Packed(
                BytesMut::with_capacity(length.min(RESERVED)),
                length,
            )),
            1 => Err(too_large(self.limit)),
            other => Err(Status::internal(format!(
                "the server sent a message with the flag {other}"
            ))),
        }
    }
}

/// A message with the five bytes before it, as if it had been sent so.
#[cfg(any(test, feature = "grpc-compression"))]
fn unzip(packed: &[u8], limit: usize) -> Result<Bytes, Status> {
    use std::io::Read as _;

    use flate2::bufread::GzDecoder;

    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut message = vec![0; PREFIX];
    let read = GzDecoder::new(packed)
        .take(most)
        .read_to_end(&mut message)
        .map_err(|error| Status::internal(format!("the server sent a broken compressed message: {error}")))?;
    let length = u32::try_from(read)
        .ok()
        .filter(|_| read <= limit)
        .ok_or_else(|| too_large(limit))?;
    if let Some(place) = message.get_mut(1..PREFIX) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    Ok(message.into())
}

/// The option that lets a server compress is refused before it comes to this.
#[cfg(not(any(test, feature = "grpc-compression")))]
fn unzip(_: &[u8], _: usize) -> Result<Bytes, Status> {
    Err(Status::unimplemented(
        "the feature `grpc-compression` of the driver is off",
    ))
}

fn too_large(limit: usize) -> Status {
    Status::out_of_range(format!(
        "message length too large: a compressed message is or unpacks to more than the limit of {limit} bytes"
    ))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::io::Write as _;

    use bytes::{BufMut as _, Bytes};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use futures::executor::block_on;
    use http::{HeaderMap, HeaderValue, Response};
    use http_body_util::{BodyExt as _, StreamBody};
    use hyper::body::Frame;
    use proptest::prelude::*;
    use tonic::body::Body;
    use tonic::{Code, Status};

    use super::unpack;

    const LIMIT: usize = 1 << 16;

    fn zipped(message: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(message).unwrap();
        encoder.finish().unwrap()
    }

    fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
        let mut bytes = vec![flag];
        bytes.put_u32(u32::try_from(message.len()).unwrap());
        bytes.extend_from_slice(message);
        bytes
    }

    /// What comes out of an answer with these bytes, cut into chunks, and this status.
    fn unpacked(bytes: &[u8], size: usize, status: Option<&'static str>) -> Result<Vec<u8>, Status> {
        let trailers = status.map(|status| {
            let status = HeaderValue::from_static(status);
            Frame::trailers(HeaderMap::from_iter([(
                http::HeaderName::from_static("grpc-status"),
                status,
            )]))
        });
        let frames: Vec<_> = bytes
            .chunks(size)
            .map(|chunk| Frame::data(Bytes::copy_from_slice(chunk)))
            .chain(trailers)
            .map(Ok::<_, Infallible>)
            .collect();
        let mut response = Response::new(Body::new(StreamBody::new(futures::stream::iter(frames))));
        response
            .headers_mut()
            .insert("grpc-encoding", HeaderValue::from_static("gzip"));
        let response = unpack(response, LIMIT);
        assert!(response.headers().is_empty());
        block_on(response.into_body().collect()).map(|whole| whole.to_bytes().to_vec())
    }

    proptest! {
        #[test]
        fn packed_and_plain_messages_come_out_plain_however_they_are_cut(
            messages in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..200), any::<bool>()), 0..6),
            size in 1_usize..300,
        ) {
            let sent: Vec<u8> = messages.iter().flat_map(|(message, packed)| match packed {
                true => framed(1, &zipped(message)),
                false => framed(0, message),
            }).collect();
            let plain: Vec<u8> = messages.iter().flat_map(|(message, _)| framed(0, message)).collect();
            prop_assert_eq!(unpacked(&sent, size, Some("0")).unwrap(), plain);
        }

        #[test]
        fn rubbish_is_an_error_or_plain_and_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), size in 1_usize..99) {
            let _either = unpacked(&framed(1, &bytes), size, Some("0"));
            let _either = unpacked(&bytes, size, Some("0"));
        }
    }

    #[test]
    fn a_packed_message_that_is_cut_is_never_passed_over() {
        let sent = framed(1, &zipped(b"a message that was cut"));
        for length in 1..sent.len() {
            let cut = &sent[..length];
            assert_eq!(unpacked(cut, 7, Some("0")).unwrap_err().code(), Code::DataLoss);
            assert_eq!(unpacked(cut, 7, None).unwrap_err().code(), Code::DataLoss);
            // An error that the server reports itself says more.
            assert!(unpacked(cut, 7, Some("13")).is_ok());
        }
    }

    #[test]
    fn what_unpacks_to_more_than_a_message_may_be_is_refused() {
        let bomb = framed(1, &zipped(&vec![0; LIMIT + 1]));
        assert!(bomb.len() < 1000);
        assert_eq!(
            unpacked(&bomb, 999, Some("0")).unwrap_err().code(),
            Code::OutOfRange
        );
        let just = framed(1, &zipped(&vec![0; LIMIT]));
        assert_eq!(unpacked(&just, 999, Some("0")).unwrap().len(), LIMIT + 5);
        let long = [1, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(unpacked(&long, 9, None).unwrap_err().code(), Code::OutOfRange);
    }
}
