//! From a configuration and a host to an open HTTP/2 channel.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::uri::Scheme;
use http::{HeaderValue, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;

use super::deadline::within;
use super::http2::{Channel, Connector, Settings, Target};
use super::proxy::Route;
use super::speaking::{CLOSED, CLOSED_AFTER_TLS, First, NOT_HTTP2, SPEAKS_TLS, Speaking};
use super::steps::{Step, Steps};
use super::tls::Tls;
use super::window::{CONNECTION_WINDOW, stream_window};
use crate::config::{Config, TransportKind};
use crate::error::{Error, Kind, Operation, Result, SqlState};

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
#[derive(Debug, Clone)]
pub(crate) struct Dial {
    pub(crate) reach: Reach,
    /// How long each step may take, and how long the server may say nothing.
    pub(crate) patience: Option<Duration>,
    /// Who wants to know how far it got.
    pub(crate) steps: Steps,
}

/// Opens a channel: resolves, connects, speaks TLS.
///
/// The channel reconnects by itself when a later call finds it broken.
pub(crate) async fn open(config: &Config, address: &Address, dial: &Dial) -> Result<Channel> {
    let fail = |error: Error| {
        let error = error.during(Operation::Connect).on(address.peer());
        explain(error, config, address.kind, false)
    };
    let target = target(config, address, dial.reach).map_err(fail)?;
    let connector = connector(config, address, dial).map_err(fail)?;
    // Boxed: what connects is large, and everything that may open a channel would be as large.
    let connecting = Box::pin(Channel::open(connector, target, settings(config), dial.patience));
    within(dial.patience, "connect_timeout", connecting)
        .await
        .map_err(|error| fail(error.state(SqlState::CONNECT_TIMEOUT)))?
        .map_err(|error| fail(Error::from_connect(&tonic::ConnectError(error))))
}

fn settings(config: &Config) -> Settings {
    Settings {
        stream_window: stream_window(config),
        connection_window: CONNECTION_WINDOW,
        max_frame_size: config.get_max_frame_size(),
        max_header_size: config.get_max_header_size(),
        keepalive_interval: config.get_keepalive_interval(),
        keepalive_timeout: config.get_keepalive_timeout(),
    }
}

fn target(config: &Config, address: &Address, reach: Reach) -> Result<Target> {
    let peer = match address.kind {
        TransportKind::Unix => "localhost".to_owned(),
        TransportKind::Tcp | TransportKind::Tls => address.peer(),
    };
    // The name in `authority` is the one of the host that the user named, and of no other.
    let named = config.get_authority().filter(|_| reach == Reach::Named);
    let authority = match named {
        Some(named) => named
            .parse()
            .map_err(|_| Error::config(format!("option authority: {named:?} is no authority")))?,
        None => peer
            .parse()
            .map_err(|error| Error::config(format!("{peer} is no address: {error}")))?,
    };
    let own = concat!("jetbridge/", env!("CARGO_PKG_VERSION"));
    let user_agent = match config.get_user_agent() {
        Some(first) => HeaderValue::try_from(format!("{first} {own}"))
            .map_err(|_| Error::config("option user_agent: it cannot be sent as a header"))?,
        None => HeaderValue::from_static(own),
    };
    Ok(Target {
        scheme: match address.kind {
            TransportKind::Tls => Scheme::HTTPS,
            TransportKind::Tcp | TransportKind::Unix => Scheme::HTTP,
        },
        authority,
        user_agent,
    })
}

/// What bytes go over, whatever is between.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// A connection at any of its layers.
pub(super) type Wire = Box<dyn Duplex>;

/// A way to the server that is open: TCP, or a tunnel through a proxy.
pub(super) type Connected = TokioIo<tokio::net::TcpStream>;

/// TCP with happy eyeballs or a socket, TLS where it is wanted, and an ear for servers that accept and then say nothing.
fn connector(config: &Config, address: &Address, dial: &Dial) -> Result<Connector> {
    let (patience, steps) = (dial.patience, dial.steps.clone());
    #[cfg(not(unix))]
    if address.kind == TransportKind::Unix {
        return Err(Error::new(Kind::NotSupported, "this system has no Unix sockets"));
    }
    #[cfg(unix)]
    if address.kind == TransportKind::Unix {
        let path = address.host.clone();
        return Ok(Box::new(move || {
            let (path, steps) = (path.clone(), steps.clone());
            Box::pin(async move {
                let stream = tokio::net::UnixStream::connect(path).await?;
                steps.done(Step::Connect);
                Ok(Box::new(stream) as Wire)
            })
        }));
    }
    let tls = match address.kind {
        TransportKind::Tls => Some(Mutex::new(Tls::new(config, address)?)),
        TransportKind::Tcp | TransportKind::Unix => None,
    };
    let route = Route::new(config, dial)?;
    let uri: Uri = format!("http://{}/", address.peer())
        .parse()
        .map_err(|error| Error::config(format!("{} is no address: {error}", address.peer())))?;
    Ok(Box::new(move || {
        let (route, uri, steps) = (route.clone(), uri.clone(), steps.clone());
        let handshake = tls.as_ref().map(|tls| {
            let mut tls = tls.lock().unwrap_or_else(PoisonError::into_inner);
            tls.handshake(patience)
        });
        Box::pin(async move {
            let handshake = handshake.transpose()?;
            let stream = route.reach(uri).await?.into_inner();
            steps.done(Step::Connect);
            let Some(handshake) = handshake else {
                return Ok(Box::new(Speaking::new(stream, First::Http2, patience, steps)) as Wire);
            };
            let stream = Speaking::new(stream, First::Tls, patience, steps.clone());
            let stream = handshake.over(Box::new(stream)).await?;
            steps.done(Step::Tls);
            Ok(Box::new(Speaking::new(stream, First::Http2OverTls, patience, steps)) as Wire)
        })
    }))
}

/// Adds what the user can do, where the words of the libraries below leave it open; `answered` says whether the server has answered a
/// call of this channel before.
pub(crate) fn explain(error: Error, config: &Config, kind: TransportKind, answered: bool) -> Error {
    if error.get_hint().is_some() || !matches!(error.kind(), Kind::Connection | Kind::Timeout) {
        return error;
    }
    let says = |words: &str| error.message().contains(words);
    let ended = error.kind() == Kind::Connection && !answered;
    let hint = if says("certificate expired") || says("not valid yet") {
        "the server's certificate is not good today: renew it, or set the clock of this machine right"
    } else if says("UnknownIssuer") || says("SelfSigned") || says("CaUsedAsEndEntity") {
        "the server's certificate is signed by nobody this machine trusts: name its CA by tls_ca=FILE"
    } else if says("NotValidForName") || says("not valid for name") {
        "the server's certificate is for another name: connect by that name or set tls_server_name"
    } else if says("InvalidContentType") || says("corrupt message") {
        "the server does not speak TLS there: use transport=tcp if that is what you want"
    } else if says("CertificateRequired") {
        "the server wants a client certificate: set tls_client_certificate and tls_client_key"
    } else if says(SPEAKS_TLS) {
        "use transport=tls"
    } else if says(NOT_HTTP2) || says("frame with invalid size") {
        "something else than a Flight SQL server listens there: is it the port of another service, or of an HTTP/1 proxy?"
    } else if says("refused") {
        "is the server running, and on that port?"
    } else if says("lookup") || says("resolve") {
        "check the host name"
    } else if ended && kind == TransportKind::Tcp && (says("http2 error") || is_closed(error.message())) {
        "the server does not answer in plaintext HTTP/2: if it speaks TLS, use transport=tls"
    } else if says("ProtocolVersion") || says("NoCipherSuitesInCommon") || says("HandshakeFailure") {
        "client and server have no version of TLS or no cipher in common: see tls_min_version"
    } else if ended && kind == TransportKind::Tls && says(CLOSED) {
        "the server does not answer a TLS hello: use transport=tcp if it speaks plaintext and that is what you want"
    } else if kind == TransportKind::Tls
        && (is_refused(error.message()) || ended && is_closed(error.message()))
    {
        // With TLS 1.3 a server judges the client after the client believes itself connected, and its alert may be lost.
        match config.get_tls_client_certificate() {
            None => "if the server wants a client certificate, set tls_client_certificate and tls_client_key",
            Some(_) => "the server may not trust the issuer of tls_client_certificate",
        }
    } else {
        return error;
    };
    error.hint(hint)
}

/// Says whether the server has read the client's certificate and will not have it, as it may also when a channel connects anew.
fn is_refused(message: &str) -> bool {
    let about_certificates = [
        "UnknownCA",
        "BadCertificate",
        "CertificateUnknown",
        "CertificateExpired",
        "CertificateRevoked",
        "UnsupportedCertificate",
    ];
    message
        .split_once("fatal alert: ")
        .is_some_and(|(_, alert)| about_certificates.iter().any(|known| alert.starts_with(known)))
}

/// The words with which a connection that was closed by the other side ends, in the order of writing, reading and waiting.
fn is_closed(message: &str) -> bool {
    let words = message.to_lowercase();
    let known = [
        CLOSED,
        CLOSED_AFTER_TLS,
        "broken pipe",
        "connection reset",
        "connection closed",
        "connection error",
        "channel closed",
        "operation was canceled",
        "unexpected eof",
        "close_notify",
        "fatal alert",
        "not connected",
    ];
    known.iter().any(|known| words.contains(known))
}
