//! Toxiproxy: a TCP proxy in front of a server, spoilt on command through its HTTP interface.
//!
//! It knows bytes, not HTTP/2: a limit cuts whichever calls are on the connection then.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::not_run::NotRun;
use super::port::loopback;
use super::process::Process;
use super::program::{Program, start_on_free_ports};
use super::running::{installed, uri_of};
use super::tools::TOXIPROXY;

/// A toxiproxy without proxies. It is stopped, and its proxies with it, when this is dropped.
#[derive(Debug)]
pub struct Toxiproxy {
    api: SocketAddr,
    process: Process,
}

/// Starts a toxiproxy.
///
/// # Errors
///
/// When it cannot be built here.
pub async fn toxiproxy() -> Result<Toxiproxy, NotRun> {
    let server = installed(|| TOXIPROXY.path()).await?;
    let (process, [port]) = start_on_free_ports(|[port]| {
        Program::new("toxiproxy", &server)
            .args(["-host", "127.0.0.1", "-port"])
            .arg(port.to_string())
            .listens_on(*port)
    })
    .await;
    Ok(Toxiproxy {
        api: loopback(port),
        process,
    })
}

impl Toxiproxy {
    /// A new proxy in front of `upstream`, on a port of its own, that passes everything unchanged.
    ///
    /// # Panics
    ///
    /// When toxiproxy refuses.
    pub async fn proxy(&self, upstream: SocketAddr) -> Proxy {
        let name = unique("proxy");
        let order = json!({ "name": name, "listen": "127.0.0.1:0", "upstream": upstream.to_string() });
        let made = call(self.api, Method::POST, "/proxies", Some(order)).await;
        let address = made["listen"].as_str().and_then(|listen| listen.parse().ok());
        let address = address.unwrap_or_else(|| panic!("toxiproxy gives no address: {made}"));
        Proxy {
            api: self.api,
            name,
            address,
        }
    }

    /// The process behind it.
    pub fn process(&self) -> &Process {
        &self.process
    }
}

/// One proxy, as long as its [`Toxiproxy`] runs.
#[derive(Debug)]
pub struct Proxy {
    api: SocketAddr,
    name: String,
    address: SocketAddr,
}

impl Proxy {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The connection string that leads through it.
    pub fn uri(&self) -> String {
        uri_of(self.address)
    }

    /// Spoils the bytes of one direction, those of open connections too. Gives the name to [`remove`](Self::remove).
    ///
    /// # Panics
    ///
    /// When toxiproxy refuses.
    pub async fn add(&self, toxic: Toxic, direction: Direction) -> String {
        let name = unique("toxic");
        let (kind, attributes) = toxic.order();
        let order =
            json!({ "name": name, "type": kind, "stream": direction.stream(), "attributes": attributes });
        let path = format!("/proxies/{}/toxics", self.name);
        call(self.api, Method::POST, &path, Some(order)).await;
        name
    }

    /// Takes one toxic away again.
    ///
    /// # Panics
    ///
    /// When toxiproxy refuses.
    pub async fn remove(&self, toxic: &str) {
        let path = format!("/proxies/{}/toxics/{toxic}", self.name);
        call(self.api, Method::DELETE, &path, None).await;
    }

    /// Cuts all connections and takes no new ones: the server seems to be gone.
    ///
    /// # Panics
    ///
    /// When toxiproxy refuses.
    pub async fn disable(&self) {
        self.set_enabled(false).await;
    }

    /// Takes connections again, on the same port.
    ///
    /// # Panics
    ///
    /// When toxiproxy refuses.
    pub async fn enable(&self) {
        self.set_enabled(true).await;
    }

    async fn set_enabled(&self, enabled: bool) {
        let path = format!("/proxies/{}", self.name);
        call(self.api, Method::POST, &path, Some(json!({ "enabled": enabled }))).await;
    }
}

/// Which bytes are spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    Upstream,
    /// From the server to the client.
    Downstream,
}

impl Direction {
    fn stream(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Downstream => "downstream",
        }
    }
}

/// What happens to the bytes. Toxiproxy counts in whole milliseconds, [`Slicer`](Toxic::Slicer) in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toxic {
    /// Each piece arrives later, by `latency` give or take `jitter`.
    Latency {
        /// How much later.
        latency: Duration,
        /// By how much that varies.
        jitter: Duration,
    },
    /// No more than so many kilobytes arrive in a second.
    Bandwidth {
        /// Kilobytes in a second.
        kilobytes: u64,
    },
    /// The end of the connection arrives later.
    SlowClose {
        /// How much later.
        delay: Duration,
    },
    /// Nothing arrives, and the connection is closed after this time; never with zero: a black hole.
    Timeout {
        /// When the connection is closed.
        after: Duration,
    },
    /// The connection is reset (RST) after this time.
    ResetPeer {
        /// When it is reset.
        after: Duration,
    },
    /// The bytes arrive in small pieces.
    Slicer {
        /// Bytes of a piece.
        average: u64,
        /// By how much that varies; less than `average`.
        variation: u64,
        /// Between two pieces.
        delay: Duration,
    },
    /// The connection is closed after so many bytes.
    LimitData {
        /// Bytes that arrive.
        bytes: u64,
    },
}

impl Toxic {
    /// Its name and attributes in the HTTP interface.
    fn order(self) -> (&'static str, Value) {
        match self {
            Self::Latency { latency, jitter } => (
                "latency",
                json!({ "latency": milliseconds(latency), "jitter": milliseconds(jitter) }),
            ),
            Self::Bandwidth { kilobytes } => ("bandwidth", json!({ "rate": kilobytes })),
            Self::SlowClose { delay } => ("slow_close", json!({ "delay": milliseconds(delay) })),
            Self::Timeout { after } => ("timeout", json!({ "timeout": milliseconds(after) })),
            Self::ResetPeer { after } => ("reset_peer", json!({ "timeout": milliseconds(after) })),
            Self::Slicer {
                average,
                variation,
                delay,
            } => {
                let delay = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
                let attributes =
                    json!({ "average_size": average, "size_variation": variation, "delay": delay });
                ("slicer", attributes)
            }
            Self::LimitData { bytes } => ("limit_data", json!({ "bytes": bytes })),
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn unique(kind: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{kind}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// One call of the HTTP interface; gives the answer, or null where it has none.
async fn call(api: SocketAddr, method: Method, path: &str, order: Option<Value>) -> Value {
    let asked = format!("{method} {path}");
    match try_call(api, method, path, order).await {
        Ok((status, answer)) if status.is_success() => answer,
        Ok((status, answer)) => panic!("toxiproxy refuses {asked}: {status} {answer}"),
        Err(error) => panic!("toxiproxy does not answer {asked}: {error}"),
    }
}

async fn try_call(
    api: SocketAddr,
    method: Method,
    path: &str,
    order: Option<Value>,
) -> Result<(hyper::StatusCode, Value), Box<dyn std::error::Error + Send + Sync>> {
    let stream = TokioIo::new(TcpStream::connect(api).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
    let connection = tokio::spawn(connection);
    let body = order.map(|order| order.to_string()).unwrap_or_default();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", api.to_string())
        .body(Full::new(Bytes::from(body)))?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let answer = response.into_body().collect().await?.to_bytes();
    drop(sender);
    connection.await??;
    let answer = if answer.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&answer)?
    };
    Ok((status, answer))
}
