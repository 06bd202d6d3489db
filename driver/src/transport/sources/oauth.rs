//! OAuth 2: client credentials, token exchange, refresh token and device code, over one token endpoint.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};
use url::{Host, Url};

use super::token_endpoint::{Answer, Endpoints, place};
use crate::config::{Config, OAuthClientAuth, OAuthFlow};
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;
use crate::token::{AccessToken, TokenSource};
use crate::trace;

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The longest time between two questions whether the code was entered, whatever the endpoint says.
const LONGEST_POLL: Duration = Duration::from_secs(60);
/// How long somebody has to enter the code at most.
const LONGEST_DEVICE: u64 = 3600;
/// No token is believed to last longer.
const LONGEST_LIFETIME: u64 = 365 * 24 * 3600;

pub(super) struct OAuth {
    config: Config,
    token_uri: Url,
    endpoints: Endpoints,
    /// What the endpoint gave to get the next token with.
    refresh: Mutex<Option<Secret>>,
}

impl OAuth {
    pub(super) fn new(config: &Config) -> Result<Self> {
        Ok(Self {
            token_uri: endpoint("oauth_token_uri", config.get_oauth_token_uri())?,
            endpoints: Endpoints::new(config.get_connect_timeout())?,
            refresh: Mutex::new(config.get_oauth_refresh_token().cloned()),
            config: config.clone(),
        })
    }

    async fn by_flow(&self) -> Result<Answer> {
        let exposed = |secret: Option<&Secret>| secret.map(|secret| secret.expose().to_owned());
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let config = &self.config;
        let form: Vec<(&str, Option<String>)> = match config.get_oauth_flow() {
            OAuthFlow::DeviceCode => return self.by_device().await,
            OAuthFlow::TokenExchange => {
                let subject_type = config.get_oauth_subject_token_type().unwrap_or(ACCESS_TOKEN);
                let actor = exposed(config.get_oauth_actor_token());
                let actor_type = config.get_oauth_actor_token_type().unwrap_or(ACCESS_TOKEN);
                vec![
                    ("grant_type", owned(Some(EXCHANGE))),
                    ("subject_token", exposed(config.get_oauth_subject_token())),
                    ("subject_token_type", owned(Some(subject_type))),
                    ("actor_token_type", actor.is_some().then(|| actor_type.to_owned())),
                    ("actor_token", actor),
                    (
                        "requested_token_type",
                        owned(config.get_oauth_requested_token_type()),
                    ),
                ]
            }
            _ => vec![("grant_type", owned(Some("client_credentials")))],
        };
        self.ask(&self.token_uri, form).await
    }

    async fn by_refresh(&self, token: &Secret) -> Result<Answer> {
        let form = vec![
            ("grant_type", Some("refresh_token".to_owned())),
            ("refresh_token", Some(token.expose().to_owned())),
        ];
        self.ask(&self.token_uri, form).await
    }

    /// Has a person enter a code on a page, and asks until that is done.
    async fn by_device(&self) -> Result<Answer> {
        let device_uri = endpoint("oauth_device_uri", self.config.get_oauth_device_uri())?;
        let begun = refuse(&device_uri, self.ask(&device_uri, Vec::new()).await?)?.object;
        let text = |name| begun.get(name).and_then(Value::as_str);
        let missing = || {
            Error::new(
                Kind::Authentication,
                format!("{} gave no code to enter", place(&device_uri)),
            )
        };
        let code = text("device_code").ok_or_else(missing)?;
        let page = text("verification_uri").ok_or_else(missing)?;
        trace::device_code(&visible(page), &visible(text("user_code").ok_or_else(missing)?));
        let seconds = |name| begun.get(name).and_then(Value::as_u64);
        let lifetime = seconds("expires_in").unwrap_or(600).min(LONGEST_DEVICE);
        let until = Instant::now() + Duration::from_secs(lifetime);
        let mut pause = Duration::from_secs(seconds("interval").unwrap_or(5).max(1)).min(LONGEST_POLL);
        while Instant::now() < until {
            sleep(pause).await;
            let form = vec![
                ("grant_type", Some(DEVICE.to_owned())),
                ("device_code", Some(code.to_owned())),
            ];
            let answer = self.ask(&self.token_uri, form).await?;
            match answer.object.get("error").and_then(Value::as_str) {
                Some("authorization_pending") => {}
                Some("slow_down") => pause = (pause + Duration::from_secs(5)).min(LONGEST_POLL),
                _ => return Ok(answer),
            }
        }
        Err(Error::new(
            Kind::Timeout,
            "nobody entered the code before it expired",
        ))
    }

    /// Sends a form, with what every request has.
    async fn ask(&self, endpoint: &Url, form: Vec<(&str, Option<String>)>) -> Result<Answer> {
        let config = &self.config;
        let secret = config.get_oauth_client_secret();
        let id = config.get_oauth_client_id();
        let basic = match (config.get_oauth_client_auth(), id, secret) {
            (OAuthClientAuth::Basic, Some(id), Some(secret)) => Some(basic(id, secret)),
            _ => None,
        };
        let in_body = basic.is_none();
        let mut fields: Vec<(&str, &str)> = form
            .iter()
            .filter_map(|(name, value)| Some((*name, value.as_deref()?)))
            .collect();
        let more = [
            ("scope", config.get_oauth_scope()),
            ("resource", config.get_oauth_resource()),
            ("audience", config.get_oauth_audience()),
            ("client_id", id.filter(|_| in_body)),
            ("client_secret", secret.map(Secret::expose).filter(|_| in_body)),
        ];
        fields.extend(more.into_iter().filter_map(|(name, value)| Some((name, value?))));
        self.endpoints.post(endpoint, &fields, basic.as_ref()).await
    }

    fn known_refresh(&self) -> Option<Secret> {
        self.refresh
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn remember(&self, object: &Map<String, Value>) {
        if let Some(token) = object.get("refresh_token").and_then(Value::as_str) {
            *self.refresh.lock().unwrap_or_else(PoisonError::into_inner) = Some(Secret::new(token));
        }
    }

    fn forget_refresh(&self) {
        *self.refresh.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn answer(&self) -> Result<Answer> {
        let only_refresh = self.config.get_oauth_flow() == OAuthFlow::RefreshToken;
        if let Some(token) = self.known_refresh() {
            let answer = self.by_refresh(&token).await?;
            if answer.status.is_success() || only_refresh {
                return Ok(answer);
            }
            // Used up or revoked: the flow begins anew.
            self.forget_refresh();
        }
        self.by_flow().await
    }
}

#[async_trait]
impl TokenSource for OAuth {
    async fn token(&self) -> Result<AccessToken> {
        let answer = refuse(&self.token_uri, self.answer().await?)?.object;
        let wrong = |problem: &str| {
            let place = place(&self.token_uri);
            Error::new(Kind::Authentication, format!("{place} {problem}"))
        };
        let token = answer
            .get("access_token")
            .and_then(Value::as_str)
            .filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()))
            .ok_or_else(|| wrong("answered without an access_token"))?;
        let bearer = |kind: &str| kind.eq_ignore_ascii_case("bearer") || kind.eq_ignore_ascii_case("n_a");
        let kind = answer.get("token_type").and_then(Value::as_str);
        if !kind.is_none_or(bearer) {
            return Err(wrong("gave a token that is not a bearer token"));
        }
        self.remember(&answer);
        let token = AccessToken::new(token);
        // Some endpoints send the number as a text.
        let lifetime = answer.get("expires_in").and_then(|value| {
            value
                .as_f64()
                .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
        });
        let lifetime = lifetime.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Ok(match lifetime {
            Some(lifetime) => token.valid_for(lifetime.min(Duration::from_secs(LONGEST_LIFETIME))),
            None => token,
        })
    }
}

/// An error of the endpoint as ours: its code and its words, if they can be shown.
fn refuse(endpoint: &Url, answer: Answer) -> Result<Answer> {
    let code = answer.object.get("error").and_then(Value::as_str);
    if answer.status.is_success() && code.is_none() {
        return Ok(answer);
    }
    let words = answer.object.get("error_description").and_then(Value::as_str);
    let code = visible(code.unwrap_or("no reason"));
    let words = words
        .map(|words| format!(": {}", visible(words)))
        .unwrap_or_default();
    let message = format!("{} refused ({}): {code}{words}", place(endpoint), answer.status);
    let error = Error::new(Kind::Authentication, message);
    Err(match code.as_str() {
        "invalid_client" | "unauthorized_client" => error.hint(
            "check oauth_client_id and oauth_client_secret; oauth_client_auth=post sends them in the body",
        ),
        "invalid_scope" => error.hint("check oauth_scope"),
        "invalid_grant" => error.hint("the token or code given to the endpoint has expired or is not good"),
        _ => error,
    })
}

/// A stranger's words, short and on one line.
fn visible(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
fn basic(id: &str, secret: &Secret) -> Secret {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let joined = format!("{}:{}", encode(id), encode(secret.expose()));
    Secret::new(format!("Basic {}", BASE64_STANDARD.encode(joined)))
}

/// Secrets go out encrypted, or do not leave this machine.
fn endpoint(option: &str, text: Option<&str>) -> Result<Url> {
    let wrong = |problem: &str| Error::config(format!("option {option}: {problem}"));
    let text = text.ok_or_else(|| wrong("it is missing"))?;
    let url = Url::parse(text).map_err(|error| wrong(&format!("no URL: {error}")))?;
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(wrong("the URL names no host")),
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if local => Ok(url),
        _ => Err(wrong(
            "an endpoint is asked over https only, as the request holds secrets",
        )),
    }
}
