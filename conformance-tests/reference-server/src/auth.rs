//! Who may call: Basic credentials become bearer tokens, which may be replaced with every reply.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderValue};
use prost::Message;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::counters::Tally;
use crate::ids::Ids;

/// Clients disagree about padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Tokens of one user that stay valid; older ones expire as newer ones are issued.
const TOKENS_KEPT: usize = 64;
const HANDSHAKE: &str = "/arrow.flight.protocol.FlightService/Handshake";

/// Checks credentials and issues tokens.
#[derive(Debug)]
pub(crate) struct Gate {
    users: HashMap<String, String>,
    fixed_token: Option<Mutex<String>>,
    rotate: bool,
    required: Vec<(String, String)>,
    tokens: Mutex<Tokens>,
    ids: Arc<Ids>,
    tally: Arc<Tally>,
}

#[derive(Debug, Default)]
struct Tokens {
    owners: HashMap<String, String>,
    issued: HashMap<String, VecDeque<String>>,
}

impl Gate {
    pub(crate) fn new(
        users: HashMap<String, String>,
        fixed_token: Option<String>,
        rotate: bool,
        required: Vec<(String, String)>,
        ids: Arc<Ids>,
        tally: Arc<Tally>,
    ) -> Self {
        Self {
            users,
            fixed_token: fixed_token.map(Mutex::new),
            rotate,
            required,
            tokens: Mutex::default(),
            ids,
            tally,
        }
    }

    /// Whether callers must say who they are.
    pub(crate) fn is_closed(&self) -> bool {
        !self.users.is_empty() || self.fixed_token.is_some()
    }

    /// Takes another fixed token from now on, in place of the last one.
    pub(crate) fn replace_token(&self, token: String) {
        if let Some(fixed) = &self.fixed_token {
            *fixed.lock().unwrap_or_else(PoisonError::into_inner) = token;
        }
    }

    /// Lets every token that was issued expire.
    pub(crate) fn expire_tokens(&self) {
        *self.tokens.lock().unwrap_or_else(PoisonError::into_inner) = Tokens::default();
    }

    /// A fresh token for a user.
    pub(crate) fn issue(&self, user: &str) -> String {
        let token = self.ids.fresh();
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.owners.insert(token.clone(), user.to_owned());
        let issued = tokens.issued.entry(user.to_owned()).or_default();
        issued.push_back(token.clone());
        let expired = if issued.len() > TOKENS_KEPT {
            issued.pop_front()
        } else {
            None
        };
        if let Some(expired) = expired {
            tokens.owners.remove(&expired);
        }
        drop(tokens);
        self.tally.add(|counters| counters.tokens_issued += 1);
        token
    }

    /// Checks a name and a password.
    pub(crate) fn check_password(&self, user: &str, password: &str) -> Result<(), Status> {
        match self.users.get(user) {
            Some(expected) if expected == password => Ok(()),
            _ => Err(Status::unauthenticated("invalid user name or password")),
        }
    }

    /// The user behind the payload of a handshake: `BasicAuth`, or nothing readable.
    pub(crate) fn check_payload(&self, payload: &[u8]) -> Result<String, Status> {
        let basic = arrow_flight::BasicAuth::decode(payload).map_err(|_| {
            Status::unauthenticated("the handshake carries neither a Basic header nor BasicAuth")
        })?;
        self.check_password(&basic.username, &basic.password)?;
        Ok(basic.username)
    }

    /// The user behind the headers; nothing when there are no credentials at all.
    pub(crate) fn check_headers(&self, headers: &HeaderMap) -> Result<Option<Caller>, Status> {
        if let Some(value) = headers.get("authorization") {
            let text = value
                .to_str()
                .map_err(|_| Status::unauthenticated("the credentials are not readable"))?;
            let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
            if scheme.eq_ignore_ascii_case("basic") {
                return self.check_basic(rest.trim()).map(|user| {
                    Some(Caller {
                        user,
                        by_password: true,
                    })
                });
            }
            if scheme.eq_ignore_ascii_case("bearer") {
                return self.check_token(rest.trim()).map(|user| {
                    Some(Caller {
                        user,
                        by_password: false,
                    })
                });
            }
            return Err(Status::unauthenticated("only Basic and Bearer are understood"));
        }
        if let Some(value) = headers.get("auth-token-bin") {
            let token = BASE64
                .decode(value.as_bytes())
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok());
            let token = token.ok_or_else(|| Status::unauthenticated("the token is not readable"))?;
            return self.check_token(&token).map(|user| {
                Some(Caller {
                    user,
                    by_password: false,
                })
            });
        }
        Ok(None)
    }

    fn check_basic(&self, encoded: &str) -> Result<String, Status> {
        let decoded = BASE64
            .decode(encoded)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let pair =
            decoded.ok_or_else(|| Status::unauthenticated("the Basic credentials are not readable"))?;
        let (user, password) = pair.split_once(':').unwrap_or((&pair, ""));
        self.check_password(user, password)?;
        Ok(user.to_owned())
    }

    fn check_token(&self, token: &str) -> Result<String, Status> {
        let is_fixed = |fixed: &Mutex<String>| *fixed.lock().unwrap_or_else(PoisonError::into_inner) == token;
        if self.fixed_token.as_ref().is_some_and(is_fixed) {
            return Ok("token".to_owned());
        }
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens
            .owners
            .get(token)
            .cloned()
            .ok_or_else(|| Status::unauthenticated("invalid or expired token"))
    }

    /// Decides about a call; the answer is the token to send back, if any.
    fn admit(&self, path: &str, headers: &HeaderMap) -> Result<Option<String>, Status> {
        if path == HANDSHAKE {
            return Ok(None);
        }
        let mut token = None;
        if self.is_closed() {
            let caller = self.check_headers(headers)?;
            let caller = caller.ok_or_else(|| Status::unauthenticated("credentials are required"))?;
            if self.rotate || caller.by_password {
                token = Some(self.issue(&caller.user));
            }
        }
        for (name, value) in &self.required {
            if headers
                .get(name)
                .is_none_or(|given| given.as_bytes() != value.as_bytes())
            {
                return Err(Status::invalid_argument(format!(
                    "the header \"{name}\" must be \"{value}\""
                )));
            }
        }
        Ok(token)
    }
}

/// Who calls.
pub(crate) struct Caller {
    pub(crate) user: String,
    by_password: bool,
}

/// The header value of a token.
pub(crate) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// Stands before the service.
#[derive(Clone, Debug)]
pub(crate) struct GateLayer(pub(crate) Arc<Gate>);

impl<S> Layer<S> for GateLayer {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated {
            gate: self.0.clone(),
            inner,
        }
    }
}

/// The service behind the gate.
#[derive(Clone, Debug)]
pub(crate) struct Gated<S> {
    gate: Arc<Gate>,
    inner: S,
}

impl<S> Service<http::Request<Body>> for Gated<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        match self.gate.admit(request.uri().path(), request.headers()) {
            Err(status) => {
                self.gate.tally.add(|counters| counters.refused += 1);
                Box::pin(std::future::ready(Ok(status.into_http())))
            }
            Ok(token) => {
                let header = token.and_then(|token| HeaderValue::try_from(bearer(&token)).ok());
                let answer = self.inner.call(request);
                Box::pin(async move {
                    let mut response = answer.await?;
                    if let Some(header) = header {
                        response.headers_mut().insert("authorization", header);
                    }
                    Ok(response)
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose;

    use super::*;

    fn gate() -> Gate {
        let users = HashMap::from([("ada".to_owned(), "s:e=cret?".to_owned())]);
        Gate::new(
            users,
            Some("fixed".into()),
            false,
            Vec::new(),
            Arc::default(),
            Arc::default(),
        )
    }

    fn with(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())])
    }

    #[test]
    fn basic_is_read_with_padding_and_without() {
        let padded = general_purpose::STANDARD.encode("ada:s:e=cret?");
        for encoded in [padded.clone(), padded.trim_end_matches('=').to_owned()] {
            let caller = gate()
                .check_headers(&with("authorization", &format!("Basic {encoded}")))
                .unwrap()
                .unwrap();
            assert_eq!(caller.user, "ada");
        }
        let wrong = general_purpose::STANDARD.encode("ada:wrong");
        assert!(
            gate()
                .check_headers(&with("authorization", &format!("Basic {wrong}")))
                .is_err()
        );
    }

    #[test]
    fn tokens_are_accepted_until_too_many_newer_ones_exist() {
        let gate = gate();
        let token = gate.issue("ada");
        let ask = |token: &str| gate.check_headers(&with("authorization", &bearer(token)));
        assert!(ask(&token).is_ok() && ask("fixed").is_ok() && ask("guessed").is_err());
        for _ in 0..TOKENS_KEPT {
            gate.issue("ada");
        }
        assert!(ask(&token).is_err());
    }
}
