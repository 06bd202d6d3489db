//! What tonic never does: a server in HTTP/2 itself, which ends its streams in every wrong way.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use h2::server::{Connection, SendResponse};
use h2::{Reason, SendStream};
use http::{HeaderMap, HeaderValue, Response};
use prost::Message;
use tokio::net::{TcpListener, TcpStream};
use tonic::metadata::MetadataMap;

use super::data;
use super::server::Seen;

/// How a DoGet goes: messages, and then an end that should not be.
#[derive(Debug, Clone)]
pub struct Raw {
    /// How many messages of the sound result come first, the schema counted.
    pub messages: usize,
    /// What comes then.
    pub end: End,
}

/// The end of a stream.
#[derive(Debug, Clone)]
pub enum End {
    /// The stream ends and there are no trailers.
    NoTrailers,
    /// Trailers come, without a status among them.
    NoStatus,
    /// Trailers come, with this status.
    Status(&'static str),
    /// Half a message comes, and then trailers with status OK.
    HalfThenOk,
    /// Half a message comes, and then the stream ends.
    HalfThenEnd,
    /// The stream is reset.
    Reset(Reason),
    /// The server says GOAWAY and closes.
    GoAway(Reason),
    /// The connection is closed.
    Drop,
    /// The next message comes a byte at a time, with a pause before each.
    Trickle(Duration),
    /// A message comes that says it has this many bytes, and has eight.
    Claims(u32),
    /// A message comes that says it is compressed, which nothing had announced.
    Compressed,
    /// Instead of all of it: a page of HTML with this status, as a proxy sends it.
    Page(u16),
    /// Instead of all of it, the first time only: the stream is refused unread.
    RefusedOnce,
}

pub(super) async fn serve(listener: TcpListener, raw: Raw, seen: Arc<Seen>) {
    while let Ok((socket, _)) = listener.accept().await {
        let (raw, seen) = (raw.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            // A client that goes away ends its connection with an error; that is its right.
            let _ended = connection(socket, raw, seen).await;
        });
    }
}

async fn connection(socket: TcpStream, raw: Raw, seen: Arc<Seen>) -> Result<(), h2::Error> {
    let mut connection = h2::server::handshake(socket).await?;
    while let Some(request) = connection.accept().await {
        let (request, mut respond) = request?;
        let headers = MetadataMap::from_headers(request.headers().clone());
        let rpc = request
            .uri()
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let before = seen.note(&rpc, &headers);
        match rpc.as_str() {
            "GetFlightInfo" => {
                let mut asked = request.into_body();
                let mut command = BytesMut::new();
                // The request is short, and its frames come while the connection is driven below.
                while let Some(data) = next_data(&mut connection, &mut asked).await {
                    command.extend_from_slice(&data?);
                }
                if command.windows(17).any(|bytes| bytes == b"CommandGetSqlInfo") {
                    let mut stream = respond.send_response(head(200, "application/grpc"), false)?;
                    stream.send_trailers(status("12"))?;
                    continue;
                }
                let mut stream = respond.send_response(head(200, "application/grpc"), false)?;
                stream.send_data(framed(&data::info(1)), false)?;
                stream.send_trailers(status("0"))?;
            }
            "DoGet" => match raw.end {
                End::GoAway(_) | End::Drop => return end_connection(connection, respond, &raw).await,
                _ => {
                    let raw = raw.clone();
                    tokio::spawn(async move {
                        let _gone = stream(respond, raw, before).await;
                    });
                }
            },
            _ => {
                let mut stream = respond.send_response(head(200, "application/grpc"), false)?;
                stream.send_trailers(status("12"))?;
            }
        }
    }
    Ok(())
}

/// The next piece of a request, while the connection is driven on.
async fn next_data(
    connection: &mut Connection<TcpStream, Bytes>,
    body: &mut h2::RecvStream,
) -> Option<Result<Bytes, h2::Error>> {
    std::future::poll_fn(|context| {
        if let std::task::Poll::Ready(data) = body.poll_data(context) {
            return std::task::Poll::Ready(data);
        }
        match connection.poll_closed(context) {
            std::task::Poll::Ready(_) => std::task::Poll::Ready(None),
            std::task::Poll::Pending => std::task::Poll::Pending,
        }
    })
    .await
}

async fn stream(mut respond: SendResponse<Bytes>, raw: Raw, before: usize) -> Result<(), h2::Error> {
    if let End::Page(code) = raw.end {
        let mut stream = respond.send_response(head(code, "text/html"), false)?;
        return stream.send_data("<html><body>502 Bad Gateway</body></html>".into(), true);
    }
    if matches!(raw.end, End::RefusedOnce) && before == 0 {
        respond.send_reset(Reason::REFUSED_STREAM);
        return Ok(());
    }
    let mut stream = begin(&mut respond, raw.messages)?;
    let next = || {
        data::result()
            .into_iter()
            .nth(raw.messages)
            .map_or_else(Bytes::new, |message| framed(&message))
    };
    match raw.end {
        End::NoTrailers => stream.send_data(Bytes::new(), true),
        End::NoStatus => stream.send_trailers(HeaderMap::new()),
        End::Status(code) => stream.send_trailers(status(code)),
        End::HalfThenOk => {
            let next = next();
            stream.send_data(next.slice(..next.len() / 2), false)?;
            stream.send_trailers(status("0"))
        }
        End::HalfThenEnd => {
            let next = next();
            stream.send_data(next.slice(..next.len() / 2), true)
        }
        End::Reset(reason) => {
            // What was sent before the reset has to arrive first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            stream.send_reset(reason);
            Ok(())
        }
        End::Trickle(pause) => {
            for byte in next() {
                tokio::time::sleep(pause).await;
                stream.send_data(Bytes::copy_from_slice(&[byte]), false)?;
            }
            stream.send_trailers(status("0"))
        }
        End::Claims(length) => {
            let mut message = BytesMut::new();
            message.put_u8(0);
            message.put_u32(length);
            message.put_u64(0);
            stream.send_data(message.freeze(), false)?;
            std::future::pending().await
        }
        End::Compressed => {
            let mut message = BytesMut::from(next());
            message[0] = 1;
            stream.send_data(message.freeze(), false)?;
            stream.send_trailers(status("0"))
        }
        End::RefusedOnce => stream.send_trailers(status("0")),
        End::GoAway(_) | End::Drop | End::Page(_) => Ok(()),
    }
}

/// The ends that take the whole connection with them.
async fn end_connection(
    mut connection: Connection<TcpStream, Bytes>,
    mut respond: SendResponse<Bytes>,
    raw: &Raw,
) -> Result<(), h2::Error> {
    let _stream = begin(&mut respond, raw.messages)?;
    // The connection has to be driven for the messages to leave.
    let leaving = std::future::poll_fn(|context| connection.poll_closed(context));
    let _still_open = tokio::time::timeout(Duration::from_millis(100), leaving).await;
    if let End::GoAway(reason) = raw.end {
        connection.abrupt_shutdown(reason);
        let leaving = std::future::poll_fn(|context| connection.poll_closed(context));
        let _closed = tokio::time::timeout(Duration::from_secs(1), leaving).await;
    }
    Ok(())
}

fn begin(respond: &mut SendResponse<Bytes>, messages: usize) -> Result<SendStream<Bytes>, h2::Error> {
    let mut stream = respond.send_response(head(200, "application/grpc"), false)?;
    for message in data::result().iter().take(messages) {
        stream.send_data(framed(message), false)?;
    }
    Ok(stream)
}

pub(super) fn head(code: u16, content_type: &'static str) -> Response<()> {
    let response = Response::builder()
        .status(code)
        .header("content-type", content_type);
    response.body(()).expect("a response")
}

pub(super) fn status(code: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(
        http::HeaderName::from_static("grpc-status"),
        HeaderValue::from_static(code),
    )])
}

/// A message as gRPC frames it.
pub(super) fn framed(message: &impl Message) -> Bytes {
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.encoded_len()).expect("a short message"));
    framed.extend_from_slice(&message.encode_to_vec());
    framed.freeze()
}
