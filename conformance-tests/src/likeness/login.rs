//! Who is let in, and what the answer says about it.

use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_flight::HandshakeResponse;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::{Likeness, Login, Token};

const TOKEN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const COOKIE: &str = "deephaven-session=s1";
const ASKS_FOR_COOKIES: &str = "x-deephaven-auth-cookie-request";

/// The door of a server.
#[derive(Debug, Default)]
pub(super) struct Door {
    /// How often Deephaven's token has changed.
    rotations: AtomicUsize,
}

fn header<'a>(headers: &'a MetadataMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

impl Door {
    /// Lets a call in, and gives the headers of its answer.
    pub(super) fn admit(&self, likeness: &Likeness, headers: &MetadataMap) -> Result<MetadataMap, Status> {
        let sent = header(headers, "authorization");
        let refused = || Status::unauthenticated(format!("{} does not let this in", likeness.name));
        match likeness.login {
            Login::Anybody => {}
            Login::Headers(known) if known.contains(&sent) => {}
            Login::Handshake(..) if sent == format!("Bearer {TOKEN}") => {}
            Login::Deephaven => return self.deephaven(headers).ok_or_else(refused),
            Login::Headers(_) | Login::Handshake(..) => return Err(refused()),
        }
        Ok(MetadataMap::new())
    }

    /// A session is a cookie for who asks for one, and else a token that every answer replaces.
    fn deephaven(&self, headers: &MetadataMap) -> Option<MetadataMap> {
        let mut answer = MetadataMap::new();
        if header(headers, "cookie") == COOKIE {
            return Some(answer);
        }
        let sent = header(headers, "authorization");
        let now = self.rotations.load(Ordering::SeqCst);
        let is_ours = |token: &str| token.parse().is_ok_and(|number: usize| number <= now);
        let is_known =
            ["Anonymous", "psk secret"].contains(&sent) || sent.strip_prefix("Bearer r").is_some_and(is_ours);
        if !is_known {
            return None;
        }
        if header(headers, ASKS_FOR_COOKIES) == "true" {
            answer.insert("set-cookie", COOKIE.parse().expect("a cookie"));
        } else {
            let next = self.rotations.fetch_add(1, Ordering::SeqCst) + 1;
            answer.insert(
                "authorization",
                format!("Bearer r{next}").parse().expect("a token"),
            );
        }
        Some(answer)
    }
}

/// Answers the handshake.
pub(super) fn handshake(
    likeness: &Likeness,
    headers: &MetadataMap,
) -> Result<(HandshakeResponse, MetadataMap), Status> {
    let (expected, place) = match likeness.login {
        Login::Anybody => return Ok((HandshakeResponse::default(), MetadataMap::new())),
        Login::Headers(_) | Login::Deephaven => {
            return Err(Status::unimplemented("there is no handshake here"));
        }
        Login::Handshake(expected, place) => (expected, place),
    };
    if header(headers, "authorization") != expected {
        return Err(Status::unauthenticated("wrong user or password"));
    }
    let mut answer = MetadataMap::new();
    let value = match place {
        Token::Header | Token::Both => Some(format!("Bearer {TOKEN}")),
        Token::Bare => Some(TOKEN.to_owned()),
        Token::Payload => None,
    };
    if let Some(value) = value {
        answer.insert("authorization", value.parse().expect("a token"));
    }
    let payload = match place {
        Token::Payload | Token::Both => TOKEN.into(),
        Token::Header | Token::Bare => bytes::Bytes::new(),
    };
    let response = HandshakeResponse {
        payload,
        ..HandshakeResponse::default()
    };
    Ok((response, answer))
}
