//! Where the endpoints of a result may be read: which locations are followed, in which order, and which never.
//!
//! A location is a stranger's word. Following one means sending it the session's credentials, so it is followed only to a host that the user
//! named or allowed, and never from TLS to plaintext, unless the user said so.

mod address;

use std::net::IpAddr;

use url::Url;

use self::address::Located;
use super::Address;
use super::connect::Reach;
use super::resolve;
use crate::config::{Config, LocationPolicy, TransportKind};

/// The marker of the Flight specification for "the connection you have".
const REUSE_CONNECTION: &str = "arrow-flight-reuse-connection:";
/// How many locations of one endpoint are looked at.
const MOST_LOCATIONS: usize = 16;

/// One place to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Candidate {
    /// The session's own connection.
    Original,
    /// Another server.
    Other(Address, Reach),
    /// What HTTP gives at a URL, which holds the rows themselves.
    Object(Url, Reach),
}

/// The places to try for an endpoint, in order, and why others were left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) refused: Vec<String>,
}

/// The session's own connection first where it is named at all, then as listed, and last of all the session's own.
pub(super) fn route(config: &Config, own: &Address, locations: &[String]) -> Route {
    let policy = config.get_location_policy();
    let mut route = Route::default();
    let mut others = Vec::new();
    let mut original = locations.is_empty() || policy != LocationPolicy::Follow;
    if policy != LocationPolicy::OriginalOnly {
        for location in locations.iter().take(MOST_LOCATIONS) {
            match judge(config, own, location) {
                Ok(Candidate::Original) => original = true,
                Ok(candidate) if !others.contains(&candidate) => others.push(candidate),
                Ok(_) => {}
                Err(why) => route.refused.push(format!("{}: {why}", shown(location))),
            }
        }
    }
    if original {
        route.candidates.push(Candidate::Original);
        route.candidates.append(&mut others);
    } else {
        route.candidates.append(&mut others);
        route.candidates.push(Candidate::Original);
    }
    route
}

fn judge(config: &Config, own: &Address, location: &str) -> Result<Candidate, &'static str> {
    if location.starts_with(REUSE_CONNECTION) {
        return Ok(Candidate::Original);
    }
    if let Some((url, address)) = address::of_object(location)? {
        let reach = permit(config, own, &address, false)?;
        return Ok(Candidate::Object(url, reach));
    }
    let Located { address, rewritten } = address::of_server(config, own, location)?;
    let same_place = is_same_host(&address.host, &own.host) && address.port == own.port;
    if same_place && address.kind == own.kind {
        return Ok(Candidate::Original);
    }
    let reach = permit(config, own, &address, rewritten)?;
    Ok(Candidate::Other(address, reach))
}

/// Says whether the user allows an address, by name or by a pattern.
fn permit(config: &Config, own: &Address, address: &Address, named: bool) -> Result<Reach, &'static str> {
    if own.kind == TransportKind::Tls
        && address.kind != TransportKind::Tls
        && !config.get_allow_location_downgrade()
    {
        return Err("it is plaintext and the session is TLS (allow_location_downgrade=true would follow it)");
    }
    let reach = if named || is_named(config, address) {
        Reach::Named
    } else if own.kind == TransportKind::Unix || is_of_this_machine(&own.host) {
        Reach::Anywhere
    } else {
        Reach::Elsewhere
    };
    // `*` allows the hosts of the network; what runs on this machine has to be allowed by its name.
    if reach == Reach::Elsewhere && is_of_this_machine(&address.host) {
        return Err("it is an address of the server's own machine (allowed_locations=HOST would follow it)");
    }
    if reach != Reach::Named && !is_below_an_allowed_domain(config, address) {
        return Err(
            "the host is not one the connection string names (allowed_locations=HOST would follow it)",
        );
    }
    Ok(reach)
}

/// The hosts of the connection string, and those `allowed_locations` has by name (`host` or `host:port`).
fn is_named(config: &Config, address: &Address) -> bool {
    let named = config
        .get_hosts()
        .iter()
        .any(|host| is_same_host(host.name(), &address.host));
    named
        || config.get_allowed_locations().iter().any(|allowed| {
            allowed.eq_ignore_ascii_case(&address.host) || allowed.eq_ignore_ascii_case(&address.peer())
        })
}

/// The patterns of `allowed_locations`: `*.domain`, or `*` for any host.
fn is_below_an_allowed_domain(config: &Config, address: &Address) -> bool {
    let host = address.host.to_ascii_lowercase();
    config
        .get_allowed_locations()
        .iter()
        .filter_map(|allowed| allowed.strip_prefix('*'))
        .any(|domain| host.ends_with(&domain.to_ascii_lowercase()))
}

/// One host under one name; `localhost` and the two loopback addresses are one.
fn is_same_host(a: &str, b: &str) -> bool {
    let is_localhost =
        |host: &str| host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1" || host == "::1";
    a.eq_ignore_ascii_case(b) || (is_localhost(a) && is_localhost(b))
}

fn is_of_this_machine(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(resolve::is_of_this_machine)
}

/// A location as errors print it: bounded, and without what a URI can hide.
fn shown(location: &str) -> String {
    let location = match Url::parse(location) {
        Ok(url) if url.has_host() => format!(
            "{}://{}{}",
            url.scheme(),
            url.host_str().unwrap_or_default(),
            url.port().map(|port| format!(":{port}")).unwrap_or_default()
        ),
        _ => location.to_owned(),
    };
    location.chars().filter(|c| !c.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests;
