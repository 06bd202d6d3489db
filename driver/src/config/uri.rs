//! The URL forms: `flightsql://`, `grpc…://` and `jdbc:arrow-flight-sql://`. The only place that uses the `url` crate.

use super::assign::{Pair, assign, is_known};
use super::choice::TransportKind;
use super::value::Reveal;
use super::{Config, address};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// A scheme, what it says about the transport, and whether its options follow JDBC's rules.
struct Scheme {
    name: &'static str,
    transport: Option<TransportKind>,
    jdbc: bool,
}

const fn scheme(name: &'static str, transport: Option<TransportKind>) -> Scheme {
    Scheme {
        name,
        transport,
        jdbc: false,
    }
}

const fn jdbc(name: &'static str) -> Scheme {
    Scheme {
        name,
        transport: None,
        jdbc: true,
    }
}

const SCHEMES: &[Scheme] = &[
    scheme("flightsql", None),
    scheme("grpc", Some(TransportKind::Tcp)),
    scheme("grpc+tcp", Some(TransportKind::Tcp)),
    scheme("grpc+tls", Some(TransportKind::Tls)),
    scheme("grpc+unix", Some(TransportKind::Unix)),
    scheme("datafusion+flightsql", None),
    jdbc("jdbc:arrow-flight-sql"),
    jdbc("jdbc:arrow-flight"),
];

/// The parts of a URL, still escaped.
struct Parts<'a> {
    authority: &'a str,
    path: &'a str,
    query: &'a str,
    separator: char,
}

/// Says whether a text is meant as a URL.
pub(super) fn is_uri(text: &str) -> bool {
    let scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte))
    };
    text.split_once("://").is_some_and(|(name, _)| scheme(name))
}

/// The ASCII form of an international name; a name that is ASCII is left alone.
pub(super) fn ascii_name(name: &str) -> Option<String> {
    if name.is_ascii() {
        return None;
    }
    url::Host::parse(name).ok().map(|host| host.to_string())
}

pub(super) fn parse(text: &str) -> Result<Config> {
    let (scheme, rest) = split_scheme(text)?;
    if rest.contains('#') {
        return Err(Error::config("a connection string has no fragment").hint("write `#` as %23"));
    }
    if rest.chars().any(char::is_control) {
        return Err(Error::config("the URL holds a control character").hint("escape it, such as %0A"));
    }
    let parts = split(rest, scheme.jdbc);
    let (user_info, hosts) = parts
        .authority
        .rsplit_once('@')
        .map_or(("", parts.authority), |(u, h)| (u, h));
    // An `@` further on may mean that a `/` or `?` in a password cut the address short: then nothing is repeated.
    let cut_short = user_info.is_empty() && rest.contains('@');
    if !parts.authority.is_empty() && parts.path.contains('@') {
        return Err(Error::config("the path holds an `@`")
            .hint("in a user or password write `/` as %2F; in a database write `@` as %40"));
    }

    let mut pairs = login(user_info)?;
    if !hosts.is_empty() {
        pairs.push(Pair {
            key: "host".to_owned(),
            value: Secret::new(unescape(hosts, false)?),
            repeat: false,
        });
    }
    options(&parts, scheme.jdbc, !cut_short, &mut pairs)?;

    let mut config = Config::default().transport(scheme.transport.unwrap_or(TransportKind::Tls));
    assign(&mut config, &pairs)?;
    if scheme
        .transport
        .is_some_and(|transport| transport != config.get_transport())
    {
        return Err(Error::config(format!(
            "the scheme `{}` contradicts `transport={}`",
            scheme.name,
            config.get_transport()
        )));
    }
    apply_path(config, parts.path)
}

fn split_scheme(text: &str) -> Result<(&'static Scheme, &str)> {
    let (name, rest) = text.split_once("://").unwrap_or((text, ""));
    let scheme = SCHEMES
        .iter()
        .find(|scheme| scheme.name.eq_ignore_ascii_case(name));
    let scheme = scheme.ok_or_else(|| {
        let names: Vec<_> = SCHEMES.iter().map(|scheme| scheme.name).collect();
        Error::config("unknown scheme in the URL")
            .hint(format!("write flightsql://… ({} are known)", names.join(", ")))
    })?;
    Ok((scheme, rest))
}

fn split(rest: &str, jdbc: bool) -> Parts<'_> {
    // JDBC strings may use `;` throughout; with a `?`, a `;` is part of a value, so that no password is cut.
    let separator = if jdbc && !rest.contains('?') { ';' } else { '&' };
    let mark = if separator == ';' { ';' } else { '?' };
    let (address, query) = rest.split_once(mark).unwrap_or((rest, ""));
    let (authority, path) = address.split_at(address.find('/').unwrap_or(address.len()));
    Parts {
        authority,
        path,
        query,
        separator,
    }
}

fn login(user_info: &str) -> Result<Vec<Pair>> {
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let mut pairs = Vec::new();
    for (key, text) in [("user", user), ("password", password)] {
        if !text.is_empty() {
            pairs.push(Pair {
                key: key.to_owned(),
                value: Secret::new(unescape(text, false)?),
                repeat: false,
            });
        }
    }
    Ok(pairs)
}

fn options(parts: &Parts<'_>, jdbc: bool, repeat: bool, pairs: &mut Vec<Pair>) -> Result<()> {
    let segments = parts
        .query
        .split(parts.separator)
        .filter(|segment| !segment.is_empty());
    for (index, segment) in segments.enumerate() {
        let (key, value) = segment.split_once('=').ok_or_else(|| {
            Error::config(format!("option number {} of the URL has no `=`", index + 1))
                .hint("in a password or token write `&` as %26 and `?` as %3F")
        })?;
        let mut after_semicolons = value.split(';').skip(1).filter_map(|piece| piece.split_once('='));
        if after_semicolons.any(|(key, _)| unescape(key, jdbc).is_ok_and(|key| is_known(&key))) {
            return Err(Error::config(format!(
                "option number {} of the URL holds another one after a `;`",
                index + 1
            ))
            .hint("write `&` between options, or %3B for a `;` in a value"));
        }
        let (key, value) = (unescape(key, jdbc)?, Secret::new(unescape(value, jdbc)?));
        pairs.push(Pair { key, value, repeat });
    }
    Ok(())
}

/// The path is the database, or with `transport=unix` the socket.
fn apply_path(config: Config, path: &str) -> Result<Config> {
    if config.get_transport() == TransportKind::Unix {
        if path.is_empty() || path == "/" {
            return Ok(config);
        }
        if config.get_socket_path().is_some() {
            return Err(Error::config(
                "the option `socket_path` is given twice, as an option and as the path",
            ));
        }
        return Ok(config.socket_path(unescape(path, false)?));
    }
    let database = path.strip_prefix('/').unwrap_or(path);
    let database = database.strip_suffix('/').unwrap_or(database);
    if database.is_empty() {
        return Ok(config);
    }
    if config.get_database().is_some() {
        return Err(Error::config(
            "the option `database` is given twice, as an option and as the path",
        ));
    }
    Ok(config.database(unescape(database, false)?))
}

/// Undoes percent-encoding. A `+` is a plus, for tokens are full of them; only JDBC's form has it as a space.
fn unescape(text: &str, plus_is_space: bool) -> Result<String> {
    let wrong = || {
        Error::config(
            "the URL holds a `%` that is not followed by two hexadecimal digits, or bytes that are not UTF-8",
        )
        .hint("write `%` as %25")
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
                let (high, low) = (digit().ok_or_else(wrong)?, digit().ok_or_else(wrong)?);
                u8::try_from(high * 16 + low).map_err(|_| wrong())?
            }
            b'+' if plus_is_space => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// Percent-encodes all but letters, digits and what the caller lets through.
fn escape(text: &str, keep: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if byte.is_ascii_alphanumeric() || (byte.is_ascii() && ("-._~".contains(c) || keep.contains(c))) {
            escaped.push(c);
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// Prints `flightsql://…`: the login before the hosts, the database or the socket as the path, all else as options.
pub(super) fn print(config: &Config, reveal: Reveal) -> String {
    let unix = config.get_transport() == TransportKind::Unix;
    let path = match (unix, config.get_socket_path(), config.get_database()) {
        (true, Some(socket), _) if socket.starts_with('/') && socket != "/" => escape(socket, "/"),
        (false, _, Some(database)) => format!("/{}", escape(database, "")),
        _ => String::new(),
    };
    // Without a host there is nothing a login could stand before.
    let login = if config.hosts.is_empty() {
        String::new()
    } else {
        print_login(config, reveal)
    };
    let printed = |key: &str| match key {
        "host" => true,
        "user" | "password" => !login.is_empty(),
        "socket_path" => unix && !path.is_empty(),
        "database" => !unix && !path.is_empty(),
        _ => false,
    };
    let options: Vec<_> = config
        .entries(reveal)
        .into_iter()
        .filter(|(key, _)| !printed(key))
        .map(|(key, value)| format!("{}={}", escape(&key, ""), escape(&value, "/:,*")))
        .collect();
    let query = if options.is_empty() {
        String::new()
    } else {
        format!("?{}", options.join("&"))
    };
    format!(
        "flightsql://{login}{}{path}{query}",
        address::show_hosts(&config.hosts)
    )
}

fn print_login(config: &Config, reveal: Reveal) -> String {
    let Some(user) = config.get_user() else {
        return String::new();
    };
    let password = config
        .get_password()
        .map(|password| format!(":{}", escape(&reveal.secret(password), "*")));
    format!("{}{}@", escape(user, ""), password.unwrap_or_default())
}
