//! One HTTP/2 connection and the task that moves its frames.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use h2::client::SendRequest;
use http::{Request, Response};
use hyper::body::Body as _;
use tokio::sync::oneshot;
use tonic::body::Body;
use tower::BoxError;

use super::body::{Incoming, Upload};
use super::keepalive::{Life, keep_alive};
use crate::transport::connect::Wire;

/// How many requests wait in the sender for the server's word on how many it takes at once (RFC 9113, section 6.5.2 recommends no less).
const FIRST_STREAMS: usize = 100;
/// How much of the requests' bodies may wait to be written.
const SEND_BUFFER: usize = 1 << 20;

/// What the client says to HTTP/2 at its beginning, and how it looks after the connection.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) stream_window: u32,
    pub(crate) connection_window: u32,
    pub(crate) max_frame_size: u32,
    pub(crate) max_header_size: u32,
    /// After how much silence the server is asked whether it is there.
    pub(crate) keepalive_interval: Option<Duration>,
    /// How long it has for the answer.
    pub(crate) keepalive_timeout: Duration,
}

/// A connection; cheap to clone. It closes when nobody holds it and its last call has ended.
#[derive(Clone)]
pub(super) struct Connection {
    requests: SendRequest<Bytes>,
    life: Arc<Life>,
}

impl Connection {
    /// Speaks HTTP/2 over a way to the server. What the server answers is seen by the first call.
    pub(super) async fn make(wire: Wire, settings: &Settings) -> Result<Self, BoxError> {
        let (requests, mut connection) = h2::client::Builder::new()
            .initial_window_size(settings.stream_window)
            .initial_connection_window_size(settings.connection_window)
            .max_frame_size(settings.max_frame_size)
            .max_header_list_size(settings.max_header_size)
            .initial_max_send_streams(FIRST_STREAMS)
            .max_send_buffer_size(SEND_BUFFER)
            .enable_push(false)
            .handshake::<_, Bytes>(wire)
            .await?;
        let life = Arc::new(Life::new());
        let watched = Arc::clone(&life);
        let watch = keep_alive(
            connection.ping_pong(),
            Arc::clone(&life),
            settings.keepalive_interval,
            settings.keepalive_timeout,
        );
        tokio::spawn(async move {
            tokio::select! {
                biased;
                // Its error is told to the calls that it ends.
                _ended = &mut connection => {}
                () = watch => {}
            }
            watched.end();
        });
        Ok(Self { requests, life })
    }

    /// Says whether no new call can go over it.
    pub(super) fn is_over(&self) -> bool {
        self.life.is_over()
    }

    /// Sees to it that nobody takes this connection any more.
    pub(super) fn condemn(&self) {
        self.life.end();
    }

    /// Waits until a request can be sent: an error says that none can, as the connection broke or the server is going away.
    pub(super) async fn ready(&mut self) -> Result<(), h2::Error> {
        poll_fn(|context| self.requests.poll_ready(context)).await
    }

    /// Sends a request and waits for the headers of the answer.
    pub(super) async fn send(mut self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let (parts, body) = request.into_parts();
        let empty = body.is_end_stream();
        let (answer, stream) = self
            .requests
            .send_request(Request::from_parts(parts, ()), empty)
            .map_err(|error| self.life.judge(error))?;
        let mut uploading = None;
        if !empty {
            let mut upload = Upload::new(body, stream);
            // Most requests are one message that is there already; what comes later has a task.
            if (&mut upload).now_or_never().is_none() {
                let (wanted, unwanted) = oneshot::channel();
                tokio::spawn(upload.until(unwanted));
                uploading = Some(wanted);
            }
        }
        let answer = answer.await.map_err(|error| self.life.judge(error))?;
        self.life.hear();
        let life = self.life;
        Ok(answer.map(|stream| Body::new(Incoming::new(stream, life, uploading))))
    }
}
