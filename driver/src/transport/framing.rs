//! What a stream of gRPC messages must be, held below tonic: it takes half a message before trailers for the end, and a proxy's page of HTML
//! for a broken message.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response, StatusCode, header};
use hyper::body::{Frame, SizeHint};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::Service;

use super::compression;
use crate::config::{Config, GrpcCompression};

/// The flag and the length before every message.
pub(super) const PREFIX: usize = 5;

/// A channel whose answers are held to their framing.
#[derive(Debug, Clone)]
pub(crate) struct Framing<S> {
    channel: S,
    to_the_end: bool,
    /// The largest message, where the server may compress.
    unpacks: Option<usize>,
}

impl<S> Framing<S> {
    /// Holds answers to it from their headers to their end.
    pub(crate) fn whole(channel: S) -> Self {
        Self {
            channel,
            to_the_end: true,
            unpacks: None,
        }
    }

    /// Holds the headers to it, for who reads the messages by itself and judges their end.
    pub(crate) fn begun(channel: S) -> Self {
        Self {
            channel,
            to_the_end: false,
            unpacks: None,
        }
    }

    /// Lets the server compress its messages, where the option says so.
    pub(crate) fn unpacking(mut self, config: &Config) -> Self {
        self.unpacks = match config.get_grpc_compression() {
            GrpcCompression::None => None,
            GrpcCompression::Gzip => Some(config.get_max_message_size()),
        };
        self
    }
}

impl<S> Service<Request<Body>> for Framing<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let (to_the_end, unpacks) = (self.to_the_end, self.unpacks);
        if unpacks.is_some() {
            compression::announce(request.headers_mut());
        }
        self.channel
            .call(request)
            .map(move |response| {
                let response = response?;
                let plain = match unpacks {
                    Some(limit) => compression::unpack(response, limit),
                    None => response,
                };
                Ok(held(plain, to_the_end))
            })
            .boxed()
    }
}

fn held(response: Response<Body>, to_the_end: bool) -> Response<Body> {
    let foreign = foreign(response.status(), response.headers());
    if foreign.is_none() && !to_the_end {
        return response;
    }
    response.map(|body| {
        Body::new(Framed {
            body,
            foreign,
            place: Place::default(),
        })
    })
}

/// The body of an answer.
#[derive(Debug)]
struct Framed {
    body: Body,
    /// Why it is not read at all.
    foreign: Option<Status>,
    place: Place,
}

impl hyper::body::Body for Framed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(status) = self.foreign.take() {
            return Poll::Ready(Some(Err(status)));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.place.pass(data);
                } else if frame.trailers_ref().is_some_and(ended_well) && self.place.is_inside() {
                    return Poll::Ready(Some(Err(cut())));
                }
            }
            None if self.place.is_inside() => {
                self.place = Place::default();
                return Poll::Ready(Some(Err(cut())));
            }
            Some(Err(_)) | None => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.foreign.is_none() && !self.place.is_inside() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Where in the run of messages the stream is.
#[derive(Debug, Default)]
struct Place {
    prefix: [u8; PREFIX],
    /// How much of the prefix has come.
    read: usize,
    /// How much of the message has not.
    missing: usize,
}

impl Place {
    fn pass(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            if self.read < PREFIX {
                let (byte, rest) = match data.split_first() {
                    Some(split) => split,
                    None => return,
                };
                if let Some(place) = self.prefix.get_mut(self.read) {
                    *place = *byte;
                }
                self.read += 1;
                data = rest;
                if self.read == PREFIX {
                    let [_, a, b, c, d] = self.prefix;
                    self.missing = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
                }
            } else {
                let passed = self.missing.min(data.len());
                self.missing -= passed;
                data = data.get(passed..).unwrap_or_default();
            }
            if self.read == PREFIX && self.missing == 0 {
                self.read = 0;
            }
        }
    }

    fn is_inside(&self) -> bool {
        self.read > 0
    }
}

/// An error status counts for more than the message that was cut before it.
pub(super) fn ended_well(trailers: &HeaderMap) -> bool {
    trailers.get("grpc-status").is_some_and(|status| status == "0")
}

pub(super) fn cut() -> Status {
    Status::data_loss("the stream ended in the middle of a message")
}

/// An answer that is not gRPC, by the table of the gRPC specification ("HTTP to gRPC status code mapping").
fn foreign(status: StatusCode, headers: &HeaderMap) -> Option<Status> {
    let kind = headers
        .get(header::CONTENT_TYPE)?
        .to_str()
        .unwrap_or("unreadable");
    if kind.starts_with("application/grpc") || headers.contains_key("grpc-status") {
        return None;
    }
    let code = match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502..=504 => Code::Unavailable,
        _ => Code::Unknown,
    };
    let kind: String = kind.chars().take(60).collect();
    Some(Status::new(
        code,
        format!("the answer is HTTP {status} with {kind}, not gRPC: a proxy or another server gave it"),
    ))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, StatusCode, header};
    use tonic::Code;

    use super::{Place, foreign};

    #[test]
    fn the_place_is_known_however_the_bytes_are_cut() {
        let messages = [
            &[0, 0, 0, 0, 3, 7, 7, 7][..],
            &[0, 0, 0, 0, 0],
            &[1, 0, 0, 0, 1, 9],
        ]
        .concat();
        let ends = [8, 13, messages.len()];
        for size in 1..=messages.len() {
            let mut place = Place::default();
            let mut passed = 0;
            for part in messages.chunks(size) {
                place.pass(part);
                passed += part.len();
                assert_eq!(place.is_inside(), !ends.contains(&passed), "{passed} by {size}");
            }
        }
    }

    #[test]
    fn an_answer_without_grpc_is_told_by_its_http_status() {
        let of = |kind: &'static str| {
            HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))])
        };
        let code = |status, headers: &HeaderMap| foreign(status, headers).map(|status| status.code());
        assert_eq!(
            code(StatusCode::BAD_GATEWAY, &of("text/html")),
            Some(Code::Unavailable)
        );
        assert_eq!(code(StatusCode::OK, &of("text/html")), Some(Code::Unknown));
        assert_eq!(code(StatusCode::OK, &of("application/grpc+proto")), None);
        assert_eq!(code(StatusCode::OK, &HeaderMap::new()), None);
    }
}
