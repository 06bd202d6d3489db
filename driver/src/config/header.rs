//! Which headers a user may add.

/// Headers that the driver or HTTP/2 itself writes, and what to use instead.
const RESERVED: &[(&str, &str)] = &[
    ("connection", "HTTP/2 has none"),
    ("content-length", "gRPC has none"),
    ("content-type", "gRPC sets it"),
    ("host", "use the option `authority`"),
    ("keep-alive", "HTTP/2 has none"),
    ("proxy-connection", "HTTP/2 has none"),
    ("te", "gRPC sets it"),
    ("transfer-encoding", "HTTP/2 has none"),
    ("upgrade", "HTTP/2 has none"),
    ("user-agent", "use the option `user_agent`"),
];

/// Says why a text, in lower case, cannot be the name of a header.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let token =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Err("is not the name of a header (letters, digits, `-`, `_` and `.`)".to_owned());
    }
    if let Some((_, why)) = RESERVED.iter().find(|(reserved, _)| *reserved == name) {
        return Err(format!("cannot be set: {why}"));
    }
    if name.starts_with("grpc-") {
        return Err("cannot be set: headers that begin with `grpc-` belong to gRPC".to_owned());
    }
    if name.ends_with("-bin") {
        return Err("cannot be set: headers that end with `-bin` hold bytes, not text".to_owned());
    }
    Ok(())
}
