//! Handshakes, tokens, cookies, headers, and the details of errors.

use jetbridge::Kind;
use tonic::{Code, Status};

use crate::fault::case::{Act, Case};
use crate::fault::data;
use crate::fault::script::{Answer, Script, Step};
use crate::fault::server::Seen;

/// A cookie set with the first FlightInfo, in its header.
fn cookie(cookies: &'static [&'static str]) -> Script {
    Script::new().info(move |call| {
        let answer = Answer::send([data::info(1)]);
        match call.before {
            0 => cookies
                .iter()
                .fold(answer, |answer, cookie| answer.header("set-cookie", cookie)),
            _ => answer,
        }
    })
}

/// Set in the trailers of the first DoGet.
fn cookie_in_trailers(cookie: &'static str) -> Script {
    Script::new().get(move |call, _| match call.before {
        0 => Answer::send(data::result()).trailer("set-cookie", cookie),
        _ => Answer::send(data::result()),
    })
}

/// What the second query sent.
fn second_cookie(seen: &Seen) -> String {
    seen.header("GetFlightInfo", "cookie").pop().unwrap_or_default()
}

/// The token of every query.
fn tokens(seen: &Seen) -> Vec<String> {
    seen.header("GetFlightInfo", "authorization")
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = logins();
    cases.extend(cookies());
    cases.extend(headers());
    cases
}

fn logins() -> Vec<Case> {
    vec![
        Case::new("handshake-loops", "answers the handshake without an end", || {
            Script::new().handshake(|_| Answer::of([Step::Forever(Default::default())]))
        })
        .act(Act::Login)
        .fails(Kind::Server, &["handshake does not end"])
        .seen(|seen| seen.count("Handshake") == 1),
        Case::new("handshake-hangs", "never answers the handshake", || {
            Script::new().handshake(|_| Answer::of([Step::Hang]))
        })
        .act(Act::Login)
        .with("&connect_timeout=1s")
        .fails(Kind::Timeout, &["connect_timeout"]),
        Case::new(
            "handshake-without-a-token",
            "answers the handshake with nothing",
            || Script::new().handshake(|_| Answer::send([])),
        )
        .act(Act::Login)
        .seen(|seen| tokens(seen) == ["Basic YWRhOnNlY3JldA=="]),
        Case::new("handshake-unknown", "does not know the handshake", || {
            Script::new().handshake(|_| Answer::refuse(Status::unimplemented("no handshake here")))
        })
        .act(Act::Login)
        .seen(|seen| tokens(seen) == ["Basic YWRhOnNlY3JldA=="]),
        Case::new("handshake-refused", "refuses the password", || {
            Script::new().handshake(|_| Answer::refuse(Status::unauthenticated("wrong password for ada")))
        })
        .act(Act::Login)
        .fails(Kind::Authentication, &["wrong password for ada"])
        .seen(|seen| seen.count("Handshake") == 1),
        Case::new("two-tokens", "sends two tokens with the handshake", || {
            Script::new().handshake(|_| {
                Answer::send([])
                    .header("authorization", "Bearer first")
                    .header("authorization", "Bearer second")
            })
        })
        .act(Act::Login)
        .seen(|seen| tokens(seen) == ["Bearer first"]),
        Case::new(
            "tokens-rotate",
            "sends a new token with every answer and knows the last one alone",
            || {
                Script::new().info(|call| {
                    let known = format!("Bearer t{}", call.before);
                    match call.header("authorization") == Some(known.as_str()) || call.before == 0 {
                        true => Answer::send([data::info(1)])
                            .header("authorization", &format!("Bearer t{}", call.before + 1)),
                        false => Answer::refuse(Status::unauthenticated("that token was replaced")),
                    }
                })
            },
        )
        .act(Act::Twice)
        .with("&user=ada&password=secret")
        .seen(|seen| tokens(seen) == ["Bearer t0", "Bearer t1"]),
        Case::new("token-refused-once", "calls the token expired once", || {
            Script::new().info(|call| match call.before {
                0 => Answer::refuse(Status::unauthenticated("the token has expired")),
                _ => Answer::send([data::info(1)]),
            })
        })
        .act(Act::Login)
        .seen(|seen| seen.count("Handshake") == 2 && seen.count("GetFlightInfo") == 2),
        Case::new("token-refused-always", "refuses every token it gives", || {
            Script::new().info(|_| Answer::refuse(Status::unauthenticated("never")))
        })
        .act(Act::Login)
        .fails(Kind::Authentication, &["never"])
        .seen(|seen| seen.count("Handshake") == 2 && seen.count("GetFlightInfo") == 2),
    ]
}

fn cookies() -> Vec<Case> {
    vec![
        Case::new("cookie-in-headers", "sets a cookie in its headers", || {
            cookie(&["session=1; Path=/"])
        })
        .act(Act::Twice)
        .seen(|seen| second_cookie(seen) == "session=1"),
        Case::new("cookie-in-trailers", "sets a cookie in its trailers", || {
            cookie_in_trailers("session=2")
        })
        .act(Act::Twice)
        .seen(|seen| second_cookie(seen) == "session=2"),
        Case::new(
            "cookie-in-both",
            "sets a cookie in its headers and another value in its trailers",
            || {
                Script::new().get(|call, _| match call.before {
                    0 => Answer::send(data::result())
                        .header("set-cookie", "session=1")
                        .trailer("set-cookie", "session=2"),
                    _ => Answer::send(data::result()),
                })
            },
        )
        .act(Act::Twice)
        .seen(|seen| second_cookie(seen) == "session=2"),
        Case::new(
            "cookie-with-the-handshake",
            "sets a cookie with the handshake",
            || {
                Script::new().handshake(|_| {
                    Answer::send([])
                        .header("authorization", "Bearer t0")
                        .header("set-cookie", "session=3")
                })
            },
        )
        .act(Act::Login)
        .seen(|seen| second_cookie(seen) == "session=3"),
        Case::new(
            "cookie-deleted",
            "sets a cookie and deletes it by Max-Age=0",
            || cookie(&["session=1", "session=; Max-Age=0"]),
        )
        .act(Act::Twice)
        .seen(|seen| second_cookie(seen).is_empty()),
        Case::new("cookie-expired", "sets a cookie that expired in 2015", || {
            cookie(&["session=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT"])
        })
        .act(Act::Twice)
        .seen(|seen| second_cookie(seen).is_empty()),
        Case::new("two-cookies", "sets two cookies", || cookie(&["a=1", "b=2"]))
            .act(Act::Twice)
            .seen(|seen| ["a=1; b=2", "b=2; a=1"].contains(&second_cookie(seen).as_str())),
        Case::new(
            "cookie-of-another-host",
            "sets a cookie for a host that it is not",
            || cookie(&["session=1; Domain=bank.example"]),
        )
        .act(Act::Twice)
        .seen(|seen| second_cookie(seen).is_empty()),
        Case::new("cookies-of-rubbish", "sets cookies that cannot be read", || {
            cookie(&["=", ";;;", "a", "session=1; Max-Age=never"])
        })
        .act(Act::Twice),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        Case::new("huge-headers", "sends a megabyte of headers", || {
            Script::new().info(|_| Answer::send([data::info(1)]).header("x-padding", &"x".repeat(1 << 20)))
        })
        .fails(Kind::Resource, &["max_header_size"]),
        Case::new(
            "large-headers",
            "sends 100 KiB of headers, where the limit is 64 KiB",
            || {
                Script::new()
                    .info(|_| Answer::send([data::info(1)]).header("x-padding", &"x".repeat(100 << 10)))
            },
        )
        .fails(Kind::Connection, &["max_header_size"]),
        Case::new(
            "headers-of-every-kind",
            "sends a header twice, an empty one, and one of bytes",
            || {
                Script::new().info(|_| {
                    Answer::send([data::info(1)])
                        .header("x-a", "1")
                        .header("x-a", "2")
                        .header("x-b", "")
                })
            },
        ),
        Case::new(
            "error-with-details",
            "sends an error with details of google.rpc",
            || {
                Script::new().info(|_| {
                    Answer::refuse(Status::with_details(
                        Code::InvalidArgument,
                        "no such column: m",
                        b"\x08\x03\x12\x11no such column: m".as_slice().into(),
                    ))
                })
            },
        )
        .fails(Kind::InvalidRequest, &["no such column: m"]),
        Case::new(
            "error-of-many-lines",
            "sends an error of many lines, in several alphabets",
            || {
                Script::new()
                    .info(|_| Answer::refuse(Status::invalid_argument("zeile 1\nSpalte 2: „ß“ 日本\n")))
            },
        )
        .fails(Kind::InvalidRequest, &["zeile 1", "日本"]),
        Case::new("error-without-words", "sends an error without a message", || {
            Script::new().info(|_| Answer::refuse(Status::new(Code::Internal, "")))
        })
        .fails(Kind::Server, &["executing a query"]),
        Case::new("error-with-a-sqlstate", "sends a SQLSTATE with its error", || {
            Script::new().info(|_| {
                let mut trailers = tonic::metadata::MetadataMap::new();
                crate::fault::script::append(&mut trailers, "sqlstate", "42S22");
                Answer::refuse(Status::with_metadata(
                    Code::InvalidArgument,
                    "no such column",
                    trailers,
                ))
            })
        })
        .fails(Kind::InvalidRequest, &["42S22"]),
    ]
}
