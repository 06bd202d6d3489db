//! One request to an OAuth endpoint: a form goes out, a JSON object comes back.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Map, Value};
use url::Url;

use crate::error::{Error, Kind, Result};
use crate::secret::Secret;
use crate::transport::connect::Reach;
use crate::transport::deadline::within;
use crate::transport::steps::Steps;
use crate::transport::tcp::Tcp;

/// An answer of an endpoint is smaller; anything else is none.
const LARGEST: usize = 1 << 20;

/// A client for OAuth endpoints. It follows no redirect, which would carry the secret elsewhere.
pub(super) struct Endpoints {
    client: Client<HttpsConnector<Tcp>, Full<Bytes>>,
    patience: Option<Duration>,
}

/// What an endpoint said: the object, and whether it is an answer or an error.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) object: Map<String, Value>,
}

impl Endpoints {
    pub(super) fn new(patience: Option<Duration>) -> Result<Self> {
        // The user named it.
        let tcp = Tcp::new(Reach::Named, Steps::default(), patience);
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(crate::transport::tls::provider())
            .map_err(|error| {
                Error::config(format!(
                    "the certificates of this machine cannot be read: {error}"
                ))
            })?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            patience,
        })
    }

    /// Posts a form.
    pub(super) async fn post(
        &self,
        endpoint: &Url,
        form: &[(&str, &str)],
        authorization: Option<&Secret>,
    ) -> Result<Answer> {
        let place = place(endpoint);
        let failed = |kind, problem: String| Error::new(kind, format!("{place} {problem}"));
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(endpoint.as_str())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json");
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value.expose());
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| failed(Kind::Config, "cannot be asked with these options".to_owned()))?;
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| {
                failed(
                    Kind::Authentication,
                    format!("cannot be reached: {}", deepest(&error)),
                )
            })?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LARGEST)
                .collect()
                .await
                .map_err(|_| {
                    failed(
                        Kind::Authentication,
                        format!("answered {status} and then broke off"),
                    )
                })?;
            Ok::<_, Error>((status, body.to_bytes()))
        };
        let (status, body) = within(self.patience, "connect_timeout", exchange)
            .await
            .map_err(|error| {
                let hint = error.get_hint().unwrap_or_default().to_owned();
                failed(Kind::Timeout, format!("gave {}", error.message())).hint(hint)
            })??;
        // The body is not repeated: a wrong endpoint may echo the form, secrets and all.
        match serde_json::from_slice(&body) {
            Ok(Value::Object(object)) => Ok(Answer { status, object }),
            _ => Err(failed(
                Kind::Authentication,
                format!("answered {status} without the JSON object that RFC 6749 has there"),
            )
            .hint("is that the token endpoint?")),
        }
    }
}

/// An endpoint as errors name it: without a login or a query that may be secret.
pub(super) fn place(endpoint: &Url) -> String {
    let port = endpoint.port().map(|port| format!(":{port}")).unwrap_or_default();
    let host = endpoint.host_str().unwrap_or_default();
    format!(
        "the endpoint {}://{host}{port}{}",
        endpoint.scheme(),
        endpoint.path()
    )
}

fn deepest(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words = cause.to_string();
        next = cause.source();
    }
    words
}
