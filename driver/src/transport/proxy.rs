//! The way to a server: straight, or through an HTTP CONNECT or SOCKS5 proxy.

use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tower::{BoxError, Service, ServiceExt as _};

use super::connect::{Connected, Dial, Reach};
use super::tcp::Tcp;
use crate::config::Config;
use crate::error::{Error, Result};

/// How connections of a configuration are made.
#[derive(Clone)]
pub(super) struct Route {
    tcp: Tcp,
    reach: Reach,
    to_proxy: Tcp,
    /// Says for each address whether there is a proxy before it.
    proxies: Option<std::sync::Arc<Matcher>>,
}

impl Route {
    pub(super) fn new(config: &Config, dial: &Dial) -> Result<Self> {
        let proxies = match config.get_proxy().map(crate::secret::Secret::expose) {
            None => None,
            // HTTPS_PROXY, ALL_PROXY and NO_PROXY, as curl reads them.
            Some("env") => Some(Matcher::from_env()),
            Some(url) => Some(named(url)?),
        };
        let tcp =
            |reach| Tcp::new(reach, dial.steps.clone(), dial.patience).keepalive(config.get_tcp_keepalive());
        Ok(Self {
            tcp: tcp(dial.reach),
            // The user named the proxy, and it may be on this machine.
            to_proxy: tcp(Reach::Named),
            reach: dial.reach,
            proxies: proxies.map(std::sync::Arc::new),
        })
    }

    /// Opens a connection that leads to an address.
    pub(super) async fn reach(self, uri: Uri) -> std::result::Result<Connected, BoxError> {
        let Some(proxy) = self
            .proxies
            .and_then(|proxies| proxies.intercept(&tunnelled(&uri)))
        else {
            return self.tcp.oneshot(uri).await;
        };
        let place = proxy
            .uri()
            .authority()
            .map(ToString::to_string)
            .unwrap_or_default();
        // The proxy looks names up, so nobody here sees whether one that a server gave leads to a machine that must not be reached.
        if self.reach != Reach::Named {
            let words = "a location is not reached through a proxy unless its host is named (allowed_locations=HOST names it)";
            return Err(words.into());
        }
        through(self.to_proxy, &proxy, uri).await.map_err(|error| {
            format!("the proxy {place} does not let us through: {}", deepest(&*error)).into()
        })
    }
}

impl Service<Uri> for Route {
    type Response = Connected;
    type Error = BoxError;
    type Future = BoxFuture<'static, std::result::Result<Connected, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().reach(with_port(uri)))
    }
}

/// A proxy is told the port: it does not know what is to go through the tunnel.
fn with_port(uri: Uri) -> Uri {
    let host = match (uri.host(), uri.port()) {
        (Some(host), None) => host,
        _ => return uri,
    };
    let (scheme, port) = match uri.scheme_str() {
        Some("https") => ("https", 443),
        _ => ("http", 80),
    };
    format!("{scheme}://{host}:{port}/").parse().unwrap_or(uri)
}

/// The proxy of a connection string.
fn named(url: &str) -> Result<Matcher> {
    let wrong = || {
        Error::config("option proxy: it is no proxy that can be used")
            .hint("write http://HOST:PORT, socks5://HOST:PORT, or env for the variables HTTPS_PROXY, ALL_PROXY and NO_PROXY")
    };
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    if !matches!(scheme, Some("http" | "socks5" | "socks5h")) {
        return Err(wrong());
    }
    url.parse::<Uri>().map_err(|_| wrong())?;
    Ok(Matcher::builder().all(url).build())
}

/// Every connection is a tunnel, whether TLS goes through it or not: HTTP/2 is nothing a proxy of HTTP/1 can forward.
fn tunnelled(uri: &Uri) -> Uri {
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    format!("https://{authority}/")
        .parse()
        .unwrap_or_else(|_| uri.clone())
}

async fn through(tcp: Tcp, proxy: &Intercept, uri: Uri) -> std::result::Result<Connected, BoxError> {
    if proxy.uri().scheme_str() == Some("http") {
        let mut tunnel = Tunnel::new(proxy.uri().clone(), tcp);
        if let Some(login) = proxy.basic_auth() {
            let mut login: HeaderValue = login.clone();
            login.set_sensitive(true);
            tunnel = tunnel.with_auth(login);
        }
        return Ok(tunnel.oneshot(uri).await?);
    }
    let mut socks = SocksV5::new(proxy.uri().clone(), tcp);
    if let Some((user, password)) = proxy.raw_auth() {
        socks = socks.with_auth(user.to_owned(), password.to_owned());
    }
    socks
        .oneshot(uri)
        .await
        .map_err(|error| format!("{error:?}").into())
}

fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Route;
    use crate::config::Config;
    use crate::transport::connect::{Dial, Reach};
    use crate::transport::steps::Steps;

    #[tokio::test]
    async fn a_location_whose_host_nobody_named_is_not_reached_through_a_proxy() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = listener.local_addr().unwrap();
        let config: Config = format!("grpc://server.example:1?proxy=http://{proxy}")
            .parse()
            .unwrap();
        for reach in [Reach::Elsewhere, Reach::Anywhere] {
            let dial = Dial {
                reach,
                patience: Some(Duration::from_secs(60)),
                steps: Steps::default(),
            };
            let route = Route::new(&config, &dial).unwrap();
            let refused = route.reach("http://elsewhere.example:1/".parse().unwrap()).await;
            let words = refused.err().unwrap().to_string();
            assert!(words.contains("allowed_locations"), "{words}");
        }
        // Nobody was asked either.
        let asked = std::pin::pin!(listener.accept());
        assert!(futures::poll!(asked).is_pending());
    }

    #[test]
    fn a_proxy_is_told_the_port_of_the_scheme() {
        for (uri, full) in [
            ("http://h/a?b", "http://h:80/"),
            ("https://h/a", "https://h:443/"),
            ("https://[::1]/", "https://[::1]:443/"),
            ("http://h:8080/a", "http://h:8080/a"),
        ] {
            assert_eq!(super::with_port(uri.parse().unwrap()).to_string(), full);
        }
    }

    #[tokio::test]
    async fn a_host_that_is_named_is_asked_of_the_proxy() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = listener.local_addr().unwrap();
        let config: Config = format!("grpc://server.example:1?proxy=http://{proxy}")
            .parse()
            .unwrap();
        let dial = Dial {
            reach: Reach::Named,
            patience: Some(Duration::from_secs(60)),
            steps: Steps::default(),
        };
        let route = Route::new(&config, &dial).unwrap();
        let reaching = route.reach("http://server.example:1/".parse().unwrap());
        let (reached, asked) = tokio::join!(reaching, async {
            // Taken and hung up.
            listener.accept().await.map(drop)
        });
        assert!(asked.is_ok());
        assert!(reached.err().unwrap().to_string().contains("the proxy"));
    }
}
