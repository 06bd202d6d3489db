//! The bodies of requests and answers, within the windows of HTTP/2.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, RecvStream, SendStream};
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::sync::oneshot;
use tonic::body::Body;
use tower::BoxError;

use super::keepalive::Life;

/// The end of a request that is no longer than this is left to the connection, whether there is room for it or not: no stream has room before the
/// connection's task has opened it, and a statement is not worth a task that waits for that.
const AT_ONCE: usize = 64 << 10;

/// Writes the body of a request: as much as the server takes, and no more of it in memory than two of its messages.
///
/// It ends early where the server wants no more; that the body is dropped then tells whoever fills it.
pub(super) struct Upload {
    body: Body,
    stream: SendStream<Bytes>,
    /// What is being written.
    chunk: Bytes,
    /// What comes after it. It is looked for early, as the last message can say that it is the last.
    next: Option<Bytes>,
    ended: bool,
}

impl Upload {
    pub(super) fn new(body: Body, stream: SendStream<Bytes>) -> Self {
        Self {
            body,
            stream,
            chunk: Bytes::new(),
            next: None,
            ended: false,
        }
    }

    /// Writes it as long as somebody wants the answer.
    pub(super) async fn until(mut self, unwanted: oneshot::Receiver<Infallible>) {
        tokio::select! {
            biased;
            () = &mut self => {}
            _dropped = unwanted => self.stream.send_reset(Reason::CANCEL),
        }
    }

    /// Takes the next message of the body, if it is there. False: the body failed.
    fn look_ahead(&mut self, context: &mut Context<'_>) -> bool {
        while self.next.is_none() && !self.ended {
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Pending => break,
                Poll::Ready(None) => self.ended = true,
                Poll::Ready(Some(Err(_))) => return false,
                // A client has no trailers in gRPC.
                Poll::Ready(Some(Ok(frame))) => {
                    self.next = frame.into_data().ok().filter(|data| !data.is_empty());
                }
            }
        }
        true
    }

    /// Writes what the windows let through; an error says that the stream is over.
    fn write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        loop {
            if self.chunk.is_empty() {
                self.chunk = self.next.take().unwrap_or_default();
            }
            if !self.look_ahead(context) {
                self.stream.send_reset(Reason::CANCEL);
                return Poll::Ready(Ok(()));
            }
            let last = self.ended && self.next.is_none();
            if self.chunk.is_empty() {
                if last {
                    return Poll::Ready(self.stream.send_data(Bytes::new(), true));
                }
                if self.next.is_some() {
                    continue;
                }
                return Poll::Pending;
            }
            if last && self.chunk.len() <= AT_ONCE {
                return Poll::Ready(self.stream.send_data(std::mem::take(&mut self.chunk), true));
            }
            self.stream.reserve_capacity(self.chunk.len());
            while self.stream.capacity() == 0 {
                match ready!(self.stream.poll_capacity(context)) {
                    Some(granted) => granted?,
                    None => return Poll::Ready(Ok(())),
                };
            }
            let part = self.chunk.split_to(self.stream.capacity().min(self.chunk.len()));
            let done = last && self.chunk.is_empty();
            self.stream.send_data(part, done)?;
            if done {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl Future for Upload {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // What went wrong is told to the reader of the answer.
        if self.write(context).is_ready() {
            return Poll::Ready(());
        }
        self.stream.poll_reset(context).map(drop)
    }
}

/// The body of an answer. What was read of it makes room for more.
pub(super) struct Incoming {
    stream: RecvStream,
    life: Arc<Life>,
    /// Dropped with it, and the rest of the request is not sent.
    _uploading: Option<oneshot::Sender<Infallible>>,
    in_trailers: bool,
}

impl Incoming {
    pub(super) fn new(
        stream: RecvStream,
        life: Arc<Life>,
        uploading: Option<oneshot::Sender<Infallible>>,
    ) -> Self {
        Self {
            stream,
            life,
            _uploading: uploading,
            in_trailers: false,
        }
    }

    /// A server that has said all may reset what is left of the request (RFC 9113, section 8.1): that is an end, and gRPC judges whether a whole one.
    fn failed(&self, error: h2::Error) -> Option<BoxError> {
        if error.reason() == Some(Reason::NO_ERROR) && error.is_reset() {
            return None;
        }
        Some(self.life.judge(error))
    }
}

impl hyper::body::Body for Incoming {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if !self.in_trailers {
            match ready!(self.stream.poll_data(context)) {
                Some(Ok(data)) => {
                    self.life.hear();
                    // It fails only for more than has come.
                    let _room = self.stream.flow_control().release_capacity(data.len());
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Some(Err(error)) => return Poll::Ready(self.failed(error).map(Err)),
                None => self.in_trailers = true,
            }
        }
        let trailers = match ready!(self.stream.poll_trailers(context)) {
            Ok(trailers) => trailers.map(|trailers| Ok(Frame::trailers(trailers))),
            Err(error) => self.failed(error).map(Err),
        };
        Poll::Ready(trailers)
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
