//! TCP to wherever a name leads: all of its addresses are tried, so that a dead one keeps nobody waiting.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use tower::{BoxError, Service, ServiceExt as _};

use super::connect::{Connected, Reach};
use super::race;
use super::resolve::{Known, Resolver};
use super::steps::Steps;

/// What makes connections.
#[derive(Debug, Clone)]
pub(super) struct Tcp {
    resolver: Resolver,
    keepalive: Option<Duration>,
    /// How long one address may take.
    patience: Option<Duration>,
}

impl Tcp {
    pub(super) fn new(reach: Reach, steps: Steps, patience: Option<Duration>) -> Self {
        Self {
            resolver: Resolver::new(reach, steps),
            keepalive: None,
            patience,
        }
    }

    pub(super) fn keepalive(mut self, interval: Option<Duration>) -> Self {
        self.keepalive = interval;
        self
    }

    async fn connect(self, uri: Uri) -> Result<Connected, BoxError> {
        let addresses = self.addresses(uri.host().unwrap_or_default()).await?;
        self.first_of(addresses, &uri).await
    }

    /// The addresses of a host, which may be one itself.
    async fn addresses(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, 0)]);
        }
        let name: Name = host
            .parse()
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        Ok(self.resolver.clone().oneshot(name).await?.collect())
    }

    async fn first_of(&self, addresses: Vec<SocketAddr>, uri: &Uri) -> Result<Connected, BoxError> {
        let to = |address| self.to(address).oneshot(uri.clone());
        race::first(addresses, to).await.map_err(|error| match error {
            Some(error) => error.into(),
            None => "the host name has no address".into(),
        })
    }

    /// A connector that leads to one address, at the port of its URI.
    fn to(&self, address: SocketAddr) -> HttpConnector<Known> {
        let mut tcp = HttpConnector::new_with_resolver(Known(address));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(self.keepalive);
        tcp.set_connect_timeout(self.patience);
        tcp
    }
}

impl Service<Uri> for Tcp {
    type Response = Connected;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Connected, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::time::Duration;

    use tokio::net::TcpListener;

    use super::Tcp;
    use crate::transport::connect::Reach;
    use crate::transport::steps::Steps;

    fn tcp() -> Tcp {
        Tcp::new(Reach::Named, Steps::default(), Some(Duration::from_secs(60)))
    }

    fn uri(port: u16) -> http::Uri {
        format!("http://name.example:{port}/").parse().unwrap()
    }

    #[tokio::test]
    async fn an_address_is_no_name_with_and_without_brackets() {
        for (host, address) in [("127.0.0.1", "127.0.0.1:0"), ("[::1]", "[::1]:0")] {
            let addresses = tcp().addresses(host).await.unwrap();
            assert_eq!(addresses, [address.parse().unwrap()]);
        }
    }

    #[tokio::test]
    async fn a_name_without_addresses_and_one_with_dead_ones_alone_are_errors() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let none = tcp().first_of(Vec::new(), &uri(port)).await.err().unwrap();
        assert!(none.to_string().contains("no address"), "{none}");
        let dead = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))];
        assert!(tcp().first_of(dead, &uri(port)).await.is_err());
    }

    /// A listener on 127.0.0.2 that answers no more connections, as a host behind a firewall: its queue is full.
    #[cfg(target_os = "linux")]
    async fn black_hole(port: u16) -> Option<(TcpListener, Vec<tokio::net::TcpStream>)> {
        use tokio::net::{TcpSocket, TcpStream};
        let socket = TcpSocket::new_v4().ok()?;
        let address = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), port));
        socket.bind(address).ok()?;
        let listener = socket.listen(1).ok()?;
        let mut waiting = Vec::new();
        // Linux lets one more wait than it is told. Where others let more wait, those fill the queue as well.
        for _ in 0..2 {
            waiting.push(TcpStream::connect(address).await.ok()?);
        }
        loop {
            let connecting = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address));
            match connecting.await {
                Ok(connected) => waiting.push(connected.ok()?),
                Err(_) => return Some((listener, waiting)),
            }
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_name_whose_first_address_is_dead_connects_through_the_second() {
        let mut found = None;
        // The other address may have somebody at that port.
        for _ in 0..20 {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            found = black_hole(port).await.map(|hole| (listener, port, hole));
            if found.is_some() {
                break;
            }
        }
        let (listener, port, hole) = found.expect("a port that is free on both addresses");
        let addresses = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::LOCALHOST];
        let addresses = addresses.map(|address| SocketAddr::from((address, 0))).to_vec();
        let started = std::time::Instant::now();
        let connected = tcp().first_of(addresses, &uri(port)).await.unwrap();
        let elapsed = started.elapsed();
        assert_eq!(
            connected.inner().peer_addr().unwrap(),
            listener.local_addr().unwrap()
        );
        assert!(elapsed < Duration::from_secs(30), "{elapsed:?}");
        drop(hole);
    }
}
