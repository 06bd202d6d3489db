//! A channel to one server: an HTTP/2 connection that is made anew when a later call finds it broken.
//!
//! Right above `h2`, with nothing between: a call is written by its caller and read by its caller, and the connection's task moves frames and does
//! nothing else. Whether a request has left is known here exactly, which is what decides whether it may be sent again.

mod body;
mod connection;
mod keepalive;
#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use http::header::USER_AGENT;
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Response, Uri};
use tonic::body::Body;
use tower::{BoxError, Service};

use self::connection::Connection;
pub(super) use self::connection::Settings;
use super::connect::Wire;

/// Makes a way to the server: TCP or a socket, a tunnel, TLS.
pub(super) type Connector = Box<dyn Fn() -> BoxFuture<'static, Result<Wire, BoxError>> + Send + Sync>;

/// Where requests go, and what each of them says of its sender.
pub(super) struct Target {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
    pub(super) user_agent: HeaderValue,
}

/// How often a request that has not left looks for another connection.
const MOST_CONNECTIONS: usize = 3;

/// A channel to one server; cheap to clone, and all clones share its connection.
#[derive(Clone)]
pub(crate) struct Channel(Arc<Inner>);

struct Inner {
    connector: Arc<Connector>,
    target: Target,
    settings: Settings,
    /// How long a connection that replaces a broken one may take.
    patience: Option<Duration>,
    state: Mutex<State>,
}

enum State {
    Open(Connection),
    Connecting(Attempt),
    /// The last attempt failed; the next call makes another.
    Failed,
}

/// One attempt to connect, for all callers who wait.
type Attempt = Shared<BoxFuture<'static, Result<Connection, Failed>>>;

impl Channel {
    /// Connects. Later connections of the channel have `patience` each; the first has what the caller gives it.
    pub(super) async fn open(
        connector: Connector,
        target: Target,
        settings: Settings,
        patience: Option<Duration>,
    ) -> Result<Self, BoxError> {
        let connection = Connection::make(connector().await?, &settings).await?;
        Ok(Self(Arc::new(Inner {
            connector: Arc::new(connector),
            target,
            settings,
            patience,
            state: Mutex::new(State::Open(connection)),
        })))
    }

    async fn send(self, mut request: Request<Body>) -> Result<Response<Body>, BoxError> {
        self.0.target.address(&mut request)?;
        let mut attempt = 1;
        let connection = loop {
            let mut connection = self.connection().await?;
            match connection.ready().await {
                Ok(()) => break connection,
                // Nothing of the request has left.
                Err(_) if attempt < MOST_CONNECTIONS => {
                    connection.condemn();
                    attempt += 1;
                }
                Err(error) => return Err(error.into()),
            }
        };
        connection.send(request).await
    }

    /// The connection there is, or a new one where that is over.
    async fn connection(&self) -> Result<Connection, BoxError> {
        let attempt = {
            let mut state = self.0.state();
            match &*state {
                State::Open(connection) if !connection.is_over() => return Ok(connection.clone()),
                State::Connecting(attempt) => attempt.clone(),
                State::Open(_) | State::Failed => {
                    let attempt = self.reconnect();
                    *state = State::Connecting(attempt.clone());
                    attempt
                }
            }
        };
        attempt
            .await
            .map_err(|failed| tonic::ConnectError(Box::new(failed)).into())
    }

    fn reconnect(&self) -> Attempt {
        let inner = &self.0;
        let (connector, settings, patience) = (
            Arc::clone(&inner.connector),
            inner.settings.clone(),
            inner.patience,
        );
        let (channel, unfinished) = (Arc::downgrade(inner), Arc::downgrade(inner));
        // A task of its own, as whoever waits for it may stop waiting. It says itself how it ended: an old failure is no answer to a later call.
        let connecting = tokio::spawn(async move {
            let connecting = async { Connection::make(connector().await?, &settings).await };
            let made = match patience {
                None => connecting.await,
                Some(patience) => match tokio::time::timeout(patience, connecting).await {
                    Ok(made) => made,
                    Err(_) => {
                        let words = format!("no connection within {patience:?} (connect_timeout)");
                        Err(io::Error::new(io::ErrorKind::TimedOut, words).into())
                    }
                },
            };
            let made = made.map_err(Failed::new);
            if let Some(channel) = channel.upgrade() {
                *channel.state() = made.as_ref().cloned().map_or(State::Failed, State::Open);
            }
            made
        });
        let attempt = async move {
            connecting.await.unwrap_or_else(|stopped| {
                // Its runtime has ended.
                if let Some(channel) = unfinished.upgrade() {
                    *channel.state() = State::Failed;
                }
                Err(Failed::new(stopped.into()))
            })
        };
        attempt.boxed().shared()
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channel").field(&self.0.target.authority).finish()
    }
}

impl Service<Request<Body>> for Channel {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.clone().send(request).boxed()
    }
}

impl Target {
    fn address<T>(&self, request: &mut Request<T>) -> Result<(), http::uri::InvalidUriParts> {
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        *request.uri_mut() = Uri::from_parts(parts)?;
        request.headers_mut().insert(USER_AGENT, self.user_agent.clone());
        Ok(())
    }
}

/// Why there is no connection, for all who waited for it.
#[derive(Clone)]
struct Failed(Arc<BoxError>);

impl Failed {
    fn new(error: BoxError) -> Self {
        Self(Arc::new(error))
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Failed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // The error itself, not its cause: what it is says whether time ran out.
        Some(&**self.0)
    }
}
