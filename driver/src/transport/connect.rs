//! From a configuration and a host to an open HTTP/2 channel.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::time::Sleep;
use tonic::transport::{Channel, Endpoint};
use tower::ServiceExt as _;
use url::Url;

use super::deadline::within;
use super::pace::{Pace, Paced};
use super::window::{CONNECTION_WINDOW, stream_window};
use super::{resolve, tls};
use crate::config::{Config, TransportKind};
use crate::error::{Error, Kind, Operation, Result, SILENT, SqlState};

/// Where a channel leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    pub(crate) kind: TransportKind,
    /// The host name or address without brackets; the path of a Unix socket.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// `host:port`, as errors print it.
    pub(crate) fn peer(&self) -> String {
        match self.kind {
            TransportKind::Unix => self.host.clone(),
            _ if self.host.contains(':') => format!("[{}]:{}", self.host, self.port),
            _ => format!("{}:{}", self.host, self.port),
        }
    }

    /// The origin that cookies belong to.
    pub(crate) fn origin(&self) -> Result<Url> {
        let text = match self.kind {
            TransportKind::Unix => "http://localhost/".to_owned(),
            TransportKind::Tcp => format!("http://{}/", self.peer()),
            TransportKind::Tls => format!("https://{}/", self.peer()),
        };
        Url::parse(&text).map_err(|error| Error::config(format!("{} is no address: {error}", self.peer())))
    }
}

/// Whose word it is that a channel is opened there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The user named the host.
    Named,
    /// A server named it. Its name must not lead to this machine, whose services trust whoever comes from here.
    Elsewhere,
    /// A server named it, and it may be on this machine: so is the session's own server.
    Anywhere,
}

/// How a channel is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dial {
    pub(crate) reach: Reach,
    /// How long each step may take, and how long the server may say nothing.
    pub(crate) patience: Option<Duration>,
}

/// An open channel, and how far it is ahead of its readers.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) channel: Channel,
    pub(crate) pace: Arc<Pace>,
}

/// Opens a channel: resolves, connects, speaks TLS.
///
/// The channel reconnects by itself when a later call finds it broken.
pub(crate) async fn open(config: &Config, address: &Address, dial: Dial) -> Result<Line> {
    let fail = |error: Error| explain(error.during(Operation::Connect).on(address.peer()), address.kind);
    let endpoint = endpoint(config, address, dial.reach).map_err(fail)?;
    let pace = Arc::new(Pace::default());
    let connecting = async {
        match address.kind {
            TransportKind::Unix => endpoint.connect().await,
            TransportKind::Tcp | TransportKind::Tls => {
                let connector = tower::service_fn(connector(config, dial, Arc::clone(&pace)));
                endpoint.connect_with_connector(connector).await
            }
        }
    };
    let channel = within(dial.patience, "connect_timeout", connecting)
        .await
        .map_err(|error| fail(error.state(SqlState::CONNECT_TIMEOUT)))?
        .map_err(|error| fail(Error::from_connect(&error)))?;
    Ok(Line { channel, pace })
}

fn endpoint(config: &Config, address: &Address, reach: Reach) -> Result<Endpoint> {
    let bad = |error: tonic::transport::Error| Error::config(format!("{}: {error}", address.peer()));
    let uri = match address.kind {
        TransportKind::Unix => format!("unix://{}", address.host),
        _ => address.origin()?.to_string(),
    };
    let mut endpoint = Endpoint::from_shared(uri)
        .map_err(bad)?
        .user_agent(
            config
                .get_user_agent()
                .unwrap_or(concat!("jetbridge/", env!("CARGO_PKG_VERSION"))),
        )
        .map_err(bad)?
        .initial_stream_window_size(stream_window(config))
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(config.get_max_frame_size())
        .http2_max_header_list_size(config.get_max_header_size())
        .keep_alive_timeout(config.get_keepalive_timeout())
        .keep_alive_while_idle(true)
        .tcp_nodelay(true);
    if let Some(interval) = config.get_keepalive_interval() {
        endpoint = endpoint.http2_keep_alive_interval(interval);
    }
    // The name in `authority` is the one of the host that the user named, and of no other.
    if let Some(authority) = config.get_authority().filter(|_| reach == Reach::Named) {
        let scheme = if address.kind == TransportKind::Tls {
            "https"
        } else {
            "http"
        };
        let origin = format!("{scheme}://{authority}")
            .parse()
            .map_err(|_| Error::config(format!("option authority: {authority:?} is no authority")))?;
        endpoint = endpoint.origin(origin);
    }
    if address.kind == TransportKind::Tls {
        endpoint = tls::apply(endpoint, config, address)?;
    }
    Ok(endpoint)
}

type Connected = TokioIo<Paced<tokio::net::TcpStream>>;

/// TCP with happy eyeballs, and an ear for servers that accept and then say nothing.
fn connector(
    config: &Config,
    dial: Dial,
    pace: Arc<Pace>,
) -> impl FnMut(http::Uri) -> futures::future::BoxFuture<'static, Result<Speaking<Connected>, tower::BoxError>>
+ Send
+ Clone
+ use<> {
    let patience = dial.patience;
    let mut tcp = HttpConnector::new_with_resolver(resolve::Resolver::new(dial.reach));
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(config.get_tcp_keepalive());
    tcp.set_connect_timeout(patience);
    move |uri| {
        let (tcp, pace) = (tcp.clone(), Arc::clone(&pace));
        Box::pin(async move {
            let stream = tcp.oneshot(uri).await?.into_inner();
            let stream = TokioIo::new(Paced::new(stream, pace));
            let silence = patience.map(|patience| (patience, Box::pin(tokio::time::sleep(patience))));
            Ok(Speaking { stream, silence })
        })
    }
}

/// A connection whose peer must say something (a TLS hello, HTTP/2 settings) within the connect timeout.
struct Speaking<S> {
    stream: S,
    silence: Option<(Duration, Pin<Box<Sleep>>)>,
}

impl<S: Read + Unpin> Read for Speaking<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(context, buffer) {
            self.silence = None;
            return Poll::Ready(read);
        }
        let Some((patience, silence)) = &mut self.silence else {
            return Poll::Pending;
        };
        ready!(silence.as_mut().poll(context));
        let words = format!("{SILENT} for {patience:?}");
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, words)))
    }
}

impl<S: Write + Unpin> Write for Speaking<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }
}

/// Adds what the user can do, where the words of the libraries below leave it open.
pub(crate) fn explain(error: Error, kind: TransportKind) -> Error {
    if error.get_hint().is_some() || !matches!(error.kind(), Kind::Connection | Kind::Timeout) {
        return error;
    }
    let says = |words: &str| error.message().contains(words);
    let hint = if says("UnknownIssuer") || says("SelfSigned") || says("CaUsedAsEndEntity") {
        "the server's certificate is signed by nobody this machine trusts: name its CA by tls_ca=FILE"
    } else if says("NotValidForName") || says("not valid for name") {
        "the server's certificate is for another name: connect by that name or set tls_server_name"
    } else if says("InvalidContentType") || says("corrupt message") {
        "the server does not speak TLS there: use transport=tcp if that is what you want"
    } else if says("CertificateRequired") {
        "the server wants a client certificate: set tls_client_certificate and tls_client_key"
    } else if kind == TransportKind::Tcp && (says("frame with invalid size") || says("http2 error")) {
        "the server does not answer in plaintext HTTP/2: if it speaks TLS, use transport=tls"
    } else if says("refused") {
        "is the server running, and on that port?"
    } else if says("lookup") || says("resolve") {
        "check the host name"
    } else {
        return error;
    };
    error.hint(hint)
}
