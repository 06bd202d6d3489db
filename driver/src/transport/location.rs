//! Where the endpoints of a result may be read: which locations are followed, in which order, and which never.
//!
//! A location is a stranger's word. Following one means sending it the session's credentials, so it is followed only to a host that the user
//! named or allowed, and never from TLS to plaintext, unless the user said so.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use url::Url;

use super::{Address, Transport};
use crate::config::{Config, LocationPolicy, TransportKind};
use crate::error::{Error, Kind, Result};
use crate::trace;

/// The marker of the Flight specification for "the connection you have".
const REUSE_CONNECTION: &str = "arrow-flight-reuse-connection:";
/// How many locations of one endpoint are looked at.
const MOST_LOCATIONS: usize = 16;
/// How many channels beside its own a session keeps.
const MOST_CHANNELS: usize = 64;
/// How long a location gets to answer; the session's own connection waits for longer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a location that did not answer is left alone.
const DEAD_FOR: Duration = Duration::from_secs(60);

/// One place to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Candidate {
    /// The session's own connection.
    Original,
    /// Another server.
    Other(Address),
}

/// The places to try for an endpoint, in order, and why others were left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) refused: Vec<String>,
}

/// The channels of a session to other servers, opened when first needed.
pub(crate) struct Locations {
    original: Transport,
    known: tokio::sync::Mutex<HashMap<Address, Known>>,
}

enum Known {
    Open(Transport),
    Dead { until: Instant },
}

impl Locations {
    pub(crate) fn new(original: Transport) -> Arc<Self> {
        Arc::new(Self {
            original,
            known: tokio::sync::Mutex::default(),
        })
    }

    pub(crate) fn original(&self) -> &Transport {
        &self.original
    }

    /// Plans where an endpoint is read.
    pub(crate) fn route(&self, locations: &[String]) -> Route {
        let route = route(self.original.config(), self.original.address(), locations);
        for refused in &route.refused {
            trace::location_skipped(refused, "see the reason in the text");
        }
        route
    }

    /// A channel to one of the places.
    pub(crate) async fn open(&self, candidate: &Candidate) -> Result<Transport> {
        let Candidate::Other(address) = candidate else {
            return Ok(self.original.clone());
        };
        match self.known.lock().await.get(address) {
            Some(Known::Open(transport)) => return Ok(transport.clone()),
            Some(Known::Dead { until }) if *until > Instant::now() => {
                let words = "the location did not answer a short while ago";
                return Err(Error::new(Kind::Connection, words).on(address.peer()));
            }
            _ => {}
        }
        let identity = Arc::clone(self.original.identity());
        let opening = Transport::open(identity, address.clone());
        let opened = super::within(Some(CONNECT_TIMEOUT), "connect_timeout", opening)
            .await
            .and_then(|opened| opened);
        let mut known = self.known.lock().await;
        if known.len() >= MOST_CHANNELS {
            known.clear();
        }
        let entry = match &opened {
            Ok(transport) => Known::Open(transport.clone()),
            Err(_) => Known::Dead {
                until: Instant::now() + DEAD_FOR,
            },
        };
        known.insert(address.clone(), entry);
        opened.map_err(|error| error.on(address.peer()))
    }

    /// Remembers that a location accepts connections and yet fails.
    pub(crate) async fn bury(&self, candidate: &Candidate) {
        if let Candidate::Other(address) = candidate {
            let until = Instant::now() + DEAD_FOR;
            self.known
                .lock()
                .await
                .insert(address.clone(), Known::Dead { until });
        }
    }
}

impl fmt::Debug for Locations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locations")
            .field("original", &self.original)
            .finish_non_exhaustive()
    }
}

/// The session's own connection first where it is named at all, then as listed, and last of all the session's own.
fn route(config: &Config, own: &Address, locations: &[String]) -> Route {
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
    let address = address(config, location)?;
    let same_place = address.host.eq_ignore_ascii_case(&own.host) && address.port == own.port;
    if same_place && address.kind == own.kind {
        return Ok(Candidate::Original);
    }
    if own.kind == TransportKind::Tls
        && address.kind != TransportKind::Tls
        && !config.get_allow_location_downgrade()
    {
        return Err("it is plaintext and the session is TLS (allow_location_downgrade=true would follow it)");
    }
    if !is_allowed(config, &address) {
        if is_of_this_machine(&address.host) && !is_of_this_machine(&own.host) {
            return Err("it is an address of the server's own machine");
        }
        return Err(
            "the host is not one the connection string names (allowed_locations=HOST would follow it)",
        );
    }
    Ok(Candidate::Other(address))
}

fn address(config: &Config, location: &str) -> Result<Address, &'static str> {
    let url = Url::parse(location).map_err(|_| "it is no URI")?;
    let kind = match url.scheme() {
        "grpc" | "grpc+tcp" => TransportKind::Tcp,
        "grpc+tls" => TransportKind::Tls,
        "grpc+unix" => return Err("a socket of the server's machine is not followed"),
        _ => return Err("its scheme is none of grpc, grpc+tcp, grpc+tls"),
    };
    let host = url
        .host_str()
        .filter(|host| !host.is_empty())
        .ok_or("it names no host")?;
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_ascii_lowercase();
    let port = url.port().ok_or("it names no port")?;
    rewrite(config, Address { kind, host, port })
}

/// Applies `location_rewrite`: `host:port=host:port` or `host=host`.
fn rewrite(config: &Config, address: Address) -> Result<Address, &'static str> {
    for rule in config.get_location_rewrite() {
        let (from, to) = (rule.from(), rule.to());
        if *from != address.peer() && !from.eq_ignore_ascii_case(&address.host) {
            continue;
        }
        let whole = Url::parse(&format!("grpc://{to}")).map_err(|_| "location_rewrite gives no address")?;
        let host = whole.host_str().ok_or("location_rewrite gives no address")?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        return Ok(Address {
            kind: address.kind,
            host,
            port: whole.port().unwrap_or(address.port),
        });
    }
    Ok(address)
}

/// The hosts of the connection string, and those of `allowed_locations` (`host`, `host:port`, `*.domain` or `*`).
fn is_allowed(config: &Config, address: &Address) -> bool {
    let named = config
        .get_hosts()
        .iter()
        .any(|host| host.name().eq_ignore_ascii_case(&address.host));
    named
        || config.get_allowed_locations().iter().any(|allowed| {
            let domain = allowed.strip_prefix('*');
            allowed.eq_ignore_ascii_case(&address.host)
                || allowed.eq_ignore_ascii_case(&address.peer())
                || domain.is_some_and(|domain| {
                    address
                        .host
                        .to_ascii_lowercase()
                        .ends_with(&domain.to_ascii_lowercase())
                })
        })
}

fn is_of_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback() || address.is_unspecified())
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
mod tests {
    use super::{Candidate, route};
    use crate::config::{Config, TransportKind};
    use crate::transport::Address;

    fn candidates(string: &str, locations: &[&str]) -> (Vec<String>, usize) {
        let config = Config::parse(string).unwrap();
        let host = &config.get_hosts()[0];
        let own = Address {
            kind: config.get_transport(),
            host: host.name().to_owned(),
            port: host.port(),
        };
        let locations: Vec<_> = locations.iter().map(|location| (*location).to_owned()).collect();
        let route = route(&config, &own, &locations);
        let shown = |candidate: &Candidate| match candidate {
            Candidate::Original => "original".to_owned(),
            Candidate::Other(address) if address.kind == TransportKind::Tls => {
                format!("tls {}", address.peer())
            }
            Candidate::Other(address) => format!("tcp {}", address.peer()),
        };
        (route.candidates.iter().map(shown).collect(), route.refused.len())
    }

    #[test]
    fn without_locations_the_sessions_own_connection_is_used() {
        assert_eq!(candidates("flightsql://a:1", &[]), (vec!["original".into()], 0));
    }

    #[test]
    fn the_reuse_marker_and_the_own_server_come_first() {
        let tried = candidates(
            "flightsql://a:1",
            &["grpc+tls://a:2", "arrow-flight-reuse-connection://?"],
        );
        assert_eq!(tried, (vec!["original".into(), "tls a:2".into()], 0));
        let tried = candidates("flightsql://a:1", &["grpc+tls://a:2", "grpc+tls://a:1"]);
        assert_eq!(tried, (vec!["original".into(), "tls a:2".into()], 0));
    }

    #[test]
    fn when_locations_fail_the_original_is_last() {
        let tried = candidates(
            "flightsql://a:1",
            &["grpc+tls://a:2", "grpc+tls://A:3", "grpc+tls://a:2"],
        );
        assert_eq!(
            tried,
            (vec!["tls a:2".into(), "tls a:3".into(), "original".into()], 0)
        );
    }

    #[test]
    fn a_foreign_host_is_followed_only_when_allowed() {
        assert_eq!(
            candidates("flightsql://a:1", &["grpc+tls://evil:1"]),
            (vec!["original".into()], 1)
        );
        for allowed in ["b", "b:2", "*"] {
            let string = format!("flightsql://a:1?allowed_locations={allowed}");
            assert_eq!(
                candidates(&string, &["grpc+tls://b:2"]),
                (vec!["tls b:2".into(), "original".into()], 0)
            );
        }
        let string = "flightsql://a:1?allowed_locations=*.b.example";
        assert_eq!(candidates(string, &["grpc+tls://x.b.example:2"]).0.len(), 2);
        assert_eq!(candidates(string, &["grpc+tls://xb.example:2"]).1, 1);
    }

    #[test]
    fn tls_never_falls_to_plaintext_unless_the_user_says_so() {
        assert_eq!(
            candidates("flightsql://a:1", &["grpc://a:2", "grpc+tcp://a:2"]),
            (vec!["original".into()], 2)
        );
        let string = "flightsql://a:1?allow_location_downgrade=true";
        assert_eq!(candidates(string, &["grpc://a:2"]).0, ["tcp a:2", "original"]);
    }

    #[test]
    fn rubbish_and_addresses_of_elsewhere_are_passed_over() {
        let locations = [
            "location_not_used",
            "grpc+tcp://127.0.0.1",
            "grpc+tcp://0.0.0.0:1",
            "file:///etc/passwd",
            "",
            "grpc+tls://:1",
        ];
        assert_eq!(
            candidates("flightsql://a:1?transport=tcp", &locations),
            (vec!["original".into()], 6)
        );
    }

    #[test]
    fn a_flood_of_locations_is_cut() {
        let many: Vec<_> = (0..10_000)
            .map(|n| format!("grpc+tls://a:{}", 1000 + n))
            .collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(candidates("flightsql://a:1", &many).0.len(), 17);
    }

    #[test]
    fn an_internal_name_is_rewritten() {
        let string = "flightsql://a:1?transport=tcp&location_rewrite=be-1.internal:8050=a:9000";
        assert_eq!(
            candidates(string, &["grpc://be-1.internal:8050"]).0,
            ["tcp a:9000", "original"]
        );
    }

    #[test]
    fn the_policy_can_keep_everything_on_the_original() {
        let locations = ["grpc+tls://a:2"];
        assert_eq!(
            candidates("flightsql://a:1?location_policy=original-only", &locations).0,
            ["original"]
        );
        assert_eq!(
            candidates("flightsql://a:1?location_policy=prefer-original", &locations).0,
            ["original", "tls a:2"]
        );
    }
}
