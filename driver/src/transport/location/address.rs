//! From the text of a location to an address.

use url::Url;

use crate::config::{Config, TransportKind};
use crate::transport::Address;

/// Why a location leads nowhere.
type Reason = &'static str;

/// The address of a Flight server.
pub(super) struct Located {
    pub(super) address: Address,
    /// The user said to go there instead of where the server said.
    pub(super) rewritten: bool,
}

/// Reads the location of a Flight server and applies `location_rewrite`.
pub(super) fn of_server(config: &Config, own: &Address, location: &str) -> Result<Located, Reason> {
    let url = Url::parse(location).map_err(|_| "it is no URI")?;
    let kind = kind(url.scheme())?;
    let host = host(&url)?;
    let port = url.port().ok_or("it names no port")?;
    rewrite(config, own, Address { kind, host, port })
}

/// Reads the location of an object, where it is one.
#[cfg(feature = "http-locations")]
pub(super) fn of_object(location: &str) -> Result<Option<(Url, Address)>, Reason> {
    let Ok(url) = Url::parse(location) else {
        return Ok(None);
    };
    let kind = match url.scheme() {
        "http" => TransportKind::Tcp,
        "https" => TransportKind::Tls,
        _ => return Ok(None),
    };
    let host = host(&url)?;
    let port = url.port_or_known_default().ok_or("it names no port")?;
    Ok(Some((url, Address { kind, host, port })))
}

/// Refuses the location of an object: this build cannot read it.
#[cfg(not(feature = "http-locations"))]
pub(super) fn of_object(location: &str) -> Result<Option<(Url, Address)>, Reason> {
    match Url::parse(location) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            Err("it is read over HTTP only with the feature http-locations")
        }
        _ => Ok(None),
    }
}

fn kind(scheme: &str) -> Result<TransportKind, Reason> {
    match scheme {
        "grpc" | "grpc+tcp" => Ok(TransportKind::Tcp),
        "grpc+tls" => Ok(TransportKind::Tls),
        "grpc+unix" => Err("a socket of the server's machine is not followed"),
        _ => Err("its scheme is none of grpc, grpc+tcp, grpc+tls"),
    }
}

fn host(url: &Url) -> Result<String, Reason> {
    let host = url
        .host_str()
        .filter(|host| !host.is_empty())
        .ok_or("it names no host")?;
    Ok(host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_ascii_lowercase())
}

/// Applies the first rule that is for the address.
fn rewrite(config: &Config, own: &Address, address: Address) -> Result<Located, Reason> {
    let rules = config.get_location_rewrite();
    let Some(rule) = rules.iter().find(|rule| is_for(rule.from(), &address)) else {
        return Ok(Located {
            address,
            rewritten: false,
        });
    };
    let (scheme, place) = split(rule.to());
    if place == "*" && own.kind != TransportKind::Unix {
        let address = Address {
            kind: scheme.map_or(Ok(address.kind), kind)?,
            host: own.host.clone(),
            port: address.port,
        };
        return Ok(Located {
            address,
            rewritten: true,
        });
    }
    let no_address = "location_rewrite gives no address";
    let url = Url::parse(&format!("grpc://{place}")).map_err(|_| no_address)?;
    let address = Address {
        kind: scheme.map_or(Ok(address.kind), kind)?,
        host: host(&url).map_err(|_| no_address)?,
        port: url.port().unwrap_or(address.port),
    };
    Ok(Located {
        address,
        rewritten: true,
    })
}

fn is_for(from: &str, address: &Address) -> bool {
    let (scheme, place) = split(from);
    let same_kind = scheme.is_none_or(|scheme| kind(scheme) == Ok(address.kind));
    let same_place = place == "*"
        || place.eq_ignore_ascii_case(&address.peer())
        || place
            .trim_start_matches('[')
            .trim_end_matches(']')
            .eq_ignore_ascii_case(&address.host);
    same_kind && same_place
}

fn split(text: &str) -> (Option<&str>, &str) {
    match text.split_once("://") {
        Some((scheme, place)) => (Some(scheme), place),
        None => (None, text),
    }
}
