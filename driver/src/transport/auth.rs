//! Logging in, and the token that goes with every call afterwards.

use std::borrow::Cow;
use std::fmt;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use arrow_flight::{BasicAuth, HandshakeRequest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures::StreamExt as _;
use prost::Message as _;
use tonic::{Code, Request};

use super::Client;
use super::deadline::within;
use super::headers::{append, apply};
use super::retry::pause;
use super::sources::secret_in;
use crate::config::{Config, HandshakeMode};
use crate::error::{Error, Operation, Result};
use crate::metadata::Metadata;
use crate::secret::Secret;
use crate::token::{Failures, Tokens};

/// How many messages of a handshake are read before it is called endless.
const MOST_HANDSHAKE_MESSAGES: usize = 16;

/// The credentials of a session and the token they earned, shared by all its channels.
pub(crate) struct Auth {
    /// What stands before a token that is not the server's.
    scheme: String,
    mode: HandshakeMode,
    basic: Option<Login>,
    tokens: Option<Tokens>,
    /// How long the user's own source may take; those of the driver mind their own time.
    patience: Option<Duration>,
    current: RwLock<Current>,
    /// Held while logging in, so that many callers with one stale token log in once.
    login: tokio::sync::Mutex<()>,
    failures: Failures,
}

struct Login {
    user: String,
    password: Secret,
    /// Where the password is instead.
    file: Option<String>,
}

impl Login {
    fn of(config: &Config) -> Option<Self> {
        Some(Self {
            user: config.get_user()?.to_owned(),
            password: config.get_password().cloned().unwrap_or_default(),
            file: config.get_password_file().map(str::to_owned),
        })
    }

    fn password(&self) -> Result<Cow<'_, Secret>> {
        match &self.file {
            Some(path) => secret_in("password_file", path).map(Cow::Owned),
            None => Ok(Cow::Borrowed(&self.password)),
        }
    }

    fn header(&self) -> Result<Secret> {
        Ok(basic(&self.user, self.password()?.as_ref()))
    }
}

/// What is sent now; the generation tells a caller whether somebody else has renewed it meanwhile.
#[derive(Default)]
struct Current {
    token: Option<Token>,
    generation: u64,
    /// Which token of the source it is, unless the server has rotated it since.
    from_source: Option<u64>,
}

#[derive(Clone)]
enum Token {
    /// A whole `authorization` header.
    Authorization(Secret),
    /// What the handshake of the Flight specification's BasicAuth message gives.
    Binary(Vec<u8>),
}

impl Auth {
    pub(crate) fn new(config: &Config, tokens: Option<Tokens>) -> Self {
        let scheme = config.get_token_scheme().unwrap_or("Bearer").to_owned();
        let bearer = config.get_token().map(|token| with_scheme(&scheme, token));
        let token = config.get_authorization().cloned().or(bearer);
        Self {
            scheme,
            mode: config.get_handshake(),
            basic: Login::of(config),
            patience: config.tokens().and(config.get_connect_timeout()),
            tokens,
            current: RwLock::new(Current {
                token: token.map(Token::Authorization),
                ..Current::default()
            }),
            login: tokio::sync::Mutex::new(()),
            failures: Failures::default(),
        }
    }

    /// Sees to it that there is a token that is good now, where one comes from a source.
    pub(crate) async fn ready(&self) -> Result<()> {
        let Some(tokens) = &self.tokens else { return Ok(()) };
        let answer = Box::pin(within(self.patience, "connect_timeout", tokens.get()));
        let (token, number) = answer
            .await
            .and_then(|answer| answer)
            .map_err(|error| error.during(Operation::Token))?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.from_source != Some(number) {
            current.token = Some(Token::Authorization(with_scheme(&self.scheme, &token)));
            current.from_source = Some(number);
        }
        Ok(())
    }

    /// The header of a call, unless the session has no credentials.
    pub(crate) fn authorize<T>(&self, request: &mut Request<T>) -> Result<()> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        match &current.token {
            Some(Token::Authorization(value)) => {
                append(request.metadata_mut(), "authorization", value.expose().as_bytes())
            }
            Some(Token::Binary(token)) => append(request.metadata_mut(), "auth-token-bin", token),
            None => Ok(()),
        }
    }

    /// Takes a bearer token that the server put into an answer in place of the last one.
    pub(crate) fn absorb(&self, answer: &Metadata) {
        let Some(header) = answer.get("authorization") else {
            return;
        };
        let fresh = Secret::new(header);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let rotates = match &current.token {
            Some(Token::Authorization(known)) => *known != fresh,
            _ => true,
        };
        if rotates && scheme_is(header, "bearer") && self.mode != HandshakeMode::Never {
            current.token = Some(Token::Authorization(fresh));
        }
    }

    /// Where the session's tokens come from.
    pub(crate) fn tokens(&self) -> Option<&Tokens> {
        self.tokens.as_ref()
    }

    /// Which login, or which token of the source, calls go out with.
    pub(crate) fn generation(&self) -> u64 {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        match &self.tokens {
            // Of the token that is sent: the source may have a newer one by now, and a refusal of the old one does not speak against that.
            Some(_) => current.from_source.unwrap_or_default(),
            None => current.generation,
        }
    }

    /// Says whether connecting has to begin with a handshake.
    pub(crate) fn wants_handshake(&self) -> bool {
        let has_token = self
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .token
            .is_some();
        match self.mode {
            HandshakeMode::Always | HandshakeMode::Proto => true,
            HandshakeMode::Auto => self.basic.is_some() && !has_token,
            HandshakeMode::Never => false,
        }
    }

    /// Says whether a refused token can be replaced by logging in again.
    pub(crate) fn can_login_again(&self) -> bool {
        self.tokens.is_some() || (self.basic.is_some() && self.mode != HandshakeMode::Never)
    }

    /// Prepares a session that does not shake hands: the password goes with each call.
    pub(crate) fn without_handshake(&self) -> Result<()> {
        if let (Some(login), false) = (&self.basic, self.wants_handshake()) {
            let header = login.header()?;
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            if current.token.is_none() {
                current.token = Some(Token::Authorization(header));
            }
        }
        Ok(())
    }

    /// Replaces a token that the server refused, unless somebody else has since the caller saw `generation`: by one of the source, else by
    /// a handshake.
    pub(crate) async fn renew(
        &self,
        client: &mut Client,
        headers: &Metadata,
        generation: u64,
        again: impl Fn(u32, &Error) -> bool,
    ) -> Result<Metadata> {
        let Some(tokens) = &self.tokens else {
            return self.login(client, headers, generation, again).await;
        };
        within(self.patience, "connect_timeout", tokens.renew(generation))
            .await
            .and_then(|renewed| renewed)
            .map_err(|error| error.during(Operation::Token))?;
        self.ready().await?;
        Ok(Metadata::new())
    }

    /// Logs in, unless somebody else has since the caller saw `generation`.
    ///
    /// A server that does not know the handshake, or that answers it without a token, gets the password with each call instead. Whether a failed
    /// handshake is tried again, `again` says of the attempt and its error.
    pub(crate) async fn login(
        &self,
        client: &mut Client,
        headers: &Metadata,
        generation: u64,
        again: impl Fn(u32, &Error) -> bool,
    ) -> Result<Metadata> {
        let failed_before = self.failures.count();
        let _one_at_a_time = self.login.lock().await;
        if self.generation() != generation {
            return Ok(Metadata::new());
        }
        // Who waited for somebody else's wrong password does not try it again.
        self.failures.since(failed_before)?;
        let mut attempt = 0;
        let (token, answer) = loop {
            match self.handshake(client, headers).await {
                Ok(answer) => break answer,
                Err(status) if status.code() == Code::Unimplemented && self.mode == HandshakeMode::Auto => {
                    break (None, Metadata::new());
                }
                Err(status) => {
                    let error = Error::from_status(&status);
                    attempt += 1;
                    if !again(attempt, &error) {
                        self.failures.note(&error);
                        return Err(error);
                    }
                }
            }
            tokio::time::sleep(pause(attempt)).await;
        };
        let token = match (token, &self.basic) {
            (None, Some(login)) => Some(Token::Authorization(login.header()?)),
            (token, _) => token,
        };
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if token.is_some() {
            current.token = token;
        }
        current.generation = current.generation.wrapping_add(1);
        drop(current);
        Ok(answer)
    }

    async fn handshake(
        &self,
        client: &mut Client,
        headers: &Metadata,
    ) -> std::result::Result<(Option<Token>, Metadata), tonic::Status> {
        let refuse = |error: Error| tonic::Status::invalid_argument(error.to_string());
        let proto = self.mode == HandshakeMode::Proto;
        let mut first = HandshakeRequest::default();
        if let (true, Some(login)) = (proto, &self.basic) {
            let password = login.password().map_err(refuse)?;
            let message = BasicAuth {
                username: login.user.clone(),
                password: password.expose().to_owned(),
            };
            first.payload = message.encode_to_vec().into();
        }
        let mut request = Request::new(futures::stream::iter([first]));
        apply(&mut request, headers, &Metadata::new()).map_err(refuse)?;
        match &self.basic {
            Some(login) if !proto => {
                let header = login.header().map_err(refuse)?;
                append(
                    request.metadata_mut(),
                    "authorization",
                    header.expose().as_bytes(),
                )
                .map_err(refuse)?;
            }
            _ => self.authorize(&mut request).map_err(refuse)?,
        }
        let response = client.handshake(request).await?;
        let mut answer = crate::error::metadata_of(response.metadata());
        let mut messages = response.into_inner();
        let mut payload = Vec::new();
        let mut read = 0;
        while let Some(message) = messages.next().await {
            let message = message?;
            read += 1;
            if read > MOST_HANDSHAKE_MESSAGES {
                return Err(tonic::Status::internal("the handshake does not end"));
            }
            if payload.is_empty() {
                payload = message.payload.to_vec();
            }
        }
        if let Some(trailers) = messages.trailers().await? {
            answer.extend(&crate::error::metadata_of(&trailers));
        }
        Ok((token_of(&answer, payload, proto), answer))
    }
}

/// The token is in the header, or else in the payload (ROAPI sends both, some servers only the second).
fn token_of(answer: &Metadata, payload: Vec<u8>, proto: bool) -> Option<Token> {
    if proto {
        return (!payload.is_empty()).then_some(Token::Binary(payload));
    }
    if let Some(header) = answer.get("authorization") {
        // Any scheme the server chooses is sent back as it is; a bare token is a bearer's (StarRocks sends a plain UUID).
        let whole = header.contains(' ');
        let value = if whole {
            header.to_owned()
        } else {
            format!("Bearer {header}")
        };
        return Some(Token::Authorization(Secret::new(value)));
    }
    let text = String::from_utf8(payload).ok()?;
    let visible = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    visible.then(|| {
        let value = if scheme_is(&text, "bearer") {
            text
        } else {
            format!("Bearer {text}")
        };
        Token::Authorization(Secret::new(value))
    })
}

fn scheme_is(header: &str, scheme: &str) -> bool {
    header
        .split_once(' ')
        .is_some_and(|(first, rest)| first.eq_ignore_ascii_case(scheme) && !rest.is_empty())
}

fn with_scheme(scheme: &str, token: &Secret) -> Secret {
    Secret::new(format!("{scheme} {}", token.expose()))
}

/// Padded, as RFC 7617 has it: strict servers (Databend) refuse the unpadded form of arrow-go.
fn basic(user: &str, password: &Secret) -> Secret {
    Secret::new(format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("{user}:{}", password.expose()))
    ))
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Auth")
            .field("mode", &self.mode)
            .field("user", &self.basic.as_ref().map(|login| &login.user))
            .field("token", &current.token.as_ref().map(|_| "***"))
            .field("generation", &current.generation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Token, token_of};
    use crate::metadata::Metadata;

    fn text(token: Option<Token>) -> Option<String> {
        match token {
            Some(Token::Authorization(secret)) => Some(secret.expose().to_owned()),
            Some(Token::Binary(bytes)) => Some(format!("{bytes:?}")),
            None => None,
        }
    }

    #[test]
    fn the_token_is_taken_from_header_or_payload() {
        let header = |value: &str| {
            [("authorization", value.as_bytes().to_vec())]
                .into_iter()
                .collect::<Metadata>()
        };
        assert_eq!(
            text(token_of(&header("Bearer a"), vec![], false)).as_deref(),
            Some("Bearer a")
        );
        assert_eq!(
            text(token_of(&header("3f2504e0"), vec![], false)).as_deref(),
            Some("Bearer 3f2504e0")
        );
        assert_eq!(
            text(token_of(&Metadata::new(), b"b".to_vec(), false)).as_deref(),
            Some("Bearer b")
        );
        assert_eq!(
            text(token_of(&Metadata::new(), b"Bearer c".to_vec(), false)).as_deref(),
            Some("Bearer c")
        );
        assert_eq!(text(token_of(&Metadata::new(), vec![], false)), None);
        assert_eq!(text(token_of(&Metadata::new(), vec![0, 255], false)), None);
        assert_eq!(
            text(token_of(&Metadata::new(), vec![0, 255], true)).as_deref(),
            Some("[0, 255]")
        );
    }
}
