//! Objects that locations name by http(s): a GET without credentials, cookies or redirects.

use std::fmt;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use url::Url;

use super::channels::CONNECT_TIMEOUT;
use super::connect::{Dial, Reach};
use super::deadline::within;
use super::proxy::Route;
use super::steps::Steps;
use super::{CallOptions, Locations};
use crate::config::Config;
use crate::error::{Error, Kind, Operation, Result};

/// What is asked for: Arrow first, and what can be read.
const ACCEPT: &str = if cfg!(feature = "parquet-locations") {
    "application/vnd.apache.arrow.stream, application/vnd.apache.arrow.file, application/vnd.apache.parquet;q=0.5, */*;q=0.1"
} else {
    "application/vnd.apache.arrow.stream, application/vnd.apache.arrow.file, */*;q=0.1"
};

/// The bytes of an object as they come.
pub(crate) struct Object {
    body: Incoming,
    idle: (Option<std::time::Duration>, &'static str),
    place: Place,
    limit: usize,
}

/// Where an object is, and why it is read.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Host and port: the path and the query of a signed URL are as good as a password.
    host: String,
    operation: Operation,
}

impl Place {
    /// Says of an error where it was.
    pub(crate) fn blame(&self, error: Error) -> Error {
        error.during(self.operation.clone()).on(self.host.clone())
    }
}

impl Locations {
    /// Asks for an object.
    pub(crate) async fn get(
        &self,
        url: &Url,
        reach: Reach,
        operation: &Operation,
        options: &CallOptions,
    ) -> Result<Object> {
        let config = self.original().config();
        let idle = self.original().deadline(operation, options);
        let place = Place {
            host: host(url),
            operation: operation.clone(),
        };
        let asked = async {
            let request = Request::builder()
                .method(Method::GET)
                .uri(url.as_str())
                .header("accept", ACCEPT)
                .header("accept-encoding", "identity")
                .body(Empty::<Bytes>::new())
                .map_err(|_| Error::protocol("the location is no URL that HTTP knows"))?;
            let answer = client(config, reach)?;
            let answer = within(idle.0, idle.1, answer.request(request))
                .await?
                .map_err(|error| unreachable_because(&error))?;
            if answer.status() != StatusCode::OK {
                return Err(refused(answer.status()));
            }
            if let Some(encoding) = answer.headers().get("content-encoding")
                && encoding.as_bytes() != b"identity"
            {
                let words = format!("the object is encoded ({encoding:?}), which was not asked for");
                return Err(Error::new(Kind::NotSupported, words));
            }
            Ok(answer.into_body())
        };
        let body = asked.await.map_err(|error: Error| place.blame(error))?;
        Ok(Object {
            body,
            idle,
            place,
            limit: config.get_max_message_size(),
        })
    }
}

impl Object {
    /// The next bytes; `None` at the end of the object, which the server must have announced or marked.
    pub(crate) async fn bytes(&mut self) -> Result<Option<Bytes>> {
        loop {
            let frame = within(self.idle.0, self.idle.1, self.body.frame()).await;
            let frame = frame.map_err(|error| self.blame(error))?;
            match frame {
                None => return Ok(None),
                // Trailers carry nothing that counts here.
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
                Some(Err(error)) => {
                    let broken = Error::new(Kind::Connection, format!("the object was cut: {error}"));
                    return Err(self.blame(broken));
                }
            }
        }
    }

    /// How many bytes the server has said are still to come.
    #[cfg(feature = "parquet-locations")]
    pub(crate) fn announced(&self) -> Option<u64> {
        hyper::body::Body::size_hint(&self.body).exact()
    }

    /// The most bytes of one message.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Where it is, for errors about what has been read of it.
    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    /// Says of an error where it was.
    pub(crate) fn blame(&self, error: Error) -> Error {
        self.place.blame(error)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// A client for one object: it connects as the session does, and knows nothing of who the session is.
fn client(config: &Config, reach: Reach) -> Result<Client<HttpsConnector<Route>, Empty<Bytes>>> {
    let dial = Dial {
        reach,
        patience: Some(CONNECT_TIMEOUT),
        steps: Steps::default(),
    };
    let route = Route::new(config, &dial)?;
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls(config)?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(route);
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
fn tls(config: &Config) -> Result<rustls::ClientConfig> {
    super::tls::without_identity(config)
}

#[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc")))]
fn tls(_: &Config) -> Result<rustls::ClientConfig> {
    Err(
        Error::new(Kind::NotSupported, "this build of Jetbridge has no TLS")
            .hint("the feature http-locations needs tls-ring or tls-aws-lc"),
    )
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn refused(status: StatusCode) -> Error {
    let kind = match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => Kind::NotFound,
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Kind::Permission,
        status if status.is_server_error() => Kind::Connection,
        _ => Kind::Server,
    };
    let words = if status.is_redirection() {
        format!("the location answers {status}, and redirects are not followed")
    } else {
        format!("the location answers {status}")
    };
    Error::new(kind, words)
}

fn unreachable_because(error: &(dyn std::error::Error + 'static)) -> Error {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    Error::new(Kind::Connection, deepest.to_string())
}
