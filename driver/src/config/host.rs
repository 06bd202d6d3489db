//! The address of a server.

use std::fmt;
use std::net::Ipv6Addr;

use super::uri;

/// The port that is used where none is given.
pub const DEFAULT_PORT: u16 = 31337;

/// A server: a name or an IP address, and a port.
#[derive(Clone)]
pub struct Host {
    name: String,
    port: u16,
    /// Whether the text named the port; not part of what the host is.
    explicit: bool,
}

impl Host {
    /// Makes an address; brackets around an IPv6 address are taken off, and an international name gets its ASCII form.
    pub fn new(name: impl Into<String>, port: u16) -> Self {
        Self {
            name: plain(&name.into()),
            port,
            explicit: true,
        }
    }

    /// The name or the IP address, without brackets.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Reads `name`, `name:port`, `[v6]`, `[v6]:port` or a bare IPv6 address; the error never repeats the text.
    pub(super) fn read(text: &str, default_port: u16) -> Result<Self, String> {
        let text = text.trim();
        let (name, port) = split(text)?;
        let host = match port {
            None => Self {
                name: plain(name),
                port: default_port,
                explicit: false,
            },
            Some(port) => Self {
                name: plain(name),
                port: read_port(port)?,
                explicit: true,
            },
        };
        host.check().map(|()| host)
    }

    /// Stands for a host of which only the port is known yet.
    pub(super) fn nameless(port: u16) -> Self {
        Self {
            name: String::new(),
            port,
            explicit: true,
        }
    }

    pub(super) fn is_nameless(&self) -> bool {
        self.name.is_empty()
    }

    pub(super) fn names_its_port(&self) -> bool {
        self.explicit
    }

    pub(super) fn set_port(&mut self, port: u16) {
        self.port = port;
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.port == 0 {
            return Err("has the port 0".to_owned());
        }
        if self.name.is_empty() {
            return Err("has no name".to_owned());
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if self.name.contains(':') {
            return self
                .name
                .parse::<Ipv6Addr>()
                .map(drop)
                .map_err(|_| "is not an IPv6 address".to_owned());
        }
        if self.name.len() > 253 || !self.name.bytes().all(plain) {
            return Err("has a name that no host can have".to_owned());
        }
        Ok(())
    }
}

/// Reads a port; the error never repeats the text.
pub(super) fn read_port(text: &str) -> Result<u16, String> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = if digits {
        text.parse().ok().filter(|port| *port > 0)
    } else {
        None
    };
    port.ok_or_else(|| "has a port that is not a number from 1 to 65535".to_owned())
}

fn split(text: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (name, after) = rest.split_once(']').ok_or("has a `[` without `]`")?;
        if !name.contains(':') {
            return Err("has brackets around what is not an IPv6 address".to_owned());
        }
        return match after.strip_prefix(':') {
            Some(port) => Ok((name, Some(port))),
            None if after.is_empty() => Ok((name, None)),
            None => Err("has something between `]` and the port".to_owned()),
        };
    }
    match text.split_once(':') {
        // More than one colon: an address, not a port.
        Some((_, port)) if port.contains(':') => Ok((text, None)),
        Some((name, port)) => Ok((name, Some(port))),
        None => Ok((text, None)),
    }
}

fn plain(name: &str) -> String {
    let name = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .unwrap_or(name);
    uri::ascii_name(name).unwrap_or_else(|| name.to_owned())
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.port == other.port
    }
}

impl Eq for Host {}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Prints `name:port`, with brackets around an IPv6 address.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(':') {
            write!(f, "[{}]:{}", self.name, self.port)
        } else {
            write!(f, "{}:{}", self.name, self.port)
        }
    }
}
