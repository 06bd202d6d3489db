//! The way of foreign text into cookies and locations, for fuzzers and the tests that share their corpus.

use super::Address;
use super::cookies::CookieJar;
use super::location::{Candidate, route};
use crate::config::{Config, TransportKind};
use crate::metadata::Metadata;

/// The places that a session with this configuration, connected to its first host, would read an endpoint at.
pub(crate) fn followed(config: &Config, locations: &[String]) -> Vec<(String, TransportKind)> {
    let Some(host) = config.get_hosts().first() else {
        return Vec::new();
    };
    let own = Address {
        kind: config.get_transport(),
        host: host.name().to_owned(),
        port: host.port(),
    };
    route(config, &own, locations)
        .candidates
        .into_iter()
        .filter_map(|candidate| match candidate {
            Candidate::Other(address, _) => Some((address.host, address.kind)),
            Candidate::Object(url, _) => {
                let kind = match url.scheme() {
                    "https" => TransportKind::Tls,
                    _ => TransportKind::Tcp,
                };
                Some((url.host_str().unwrap_or_default().to_owned(), kind))
            }
            Candidate::Original => None,
        })
        .collect()
}

/// Takes cookies out of an answer, one a line, and gives what would be sent back.
pub(crate) fn cookies(lines: &[u8]) -> Option<String> {
    let origin = url::Url::parse("https://127.0.0.1:31337/").ok()?;
    let answer: Metadata = lines
        .split(|byte| *byte == b'\n')
        .map(|line| ("set-cookie", line.to_vec()))
        .collect();
    let jar = CookieJar::new();
    jar.absorb(&origin, &answer);
    jar.header(&origin)
}
