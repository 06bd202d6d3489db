//! Names to addresses: a name that a server gave must not lead to this machine.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll};
use std::vec;

use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;

use super::connect::Reach;
use super::steps::{Step, Steps};

/// The system's resolver, and a look at what it says.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    system: GaiResolver,
    reach: Reach,
    steps: Steps,
}

impl Resolver {
    pub(super) fn new(reach: Reach, steps: Steps) -> Self {
        Self {
            system: GaiResolver::new(),
            reach,
            steps,
        }
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.system.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let refuses = self.reach == Reach::Elsewhere;
        let steps = self.steps.clone();
        let looked_up = self.system.call(name);
        Box::pin(async move {
            let addresses: Vec<_> = looked_up.await?.collect();
            steps.done(Step::Name);
            if refuses && addresses.iter().any(|address| is_of_this_machine(address.ip())) {
                // Looked at here and not before connecting: the answer may be another one the next time.
                let words = "the name a server gave leads to this machine";
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
            }
            Ok(addresses.into_iter())
        })
    }
}

/// The resolver that knows one address for every name: the name has been looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known(pub(super) SocketAddr);

impl Service<Name> for Known {
    type Response = std::iter::Once<SocketAddr>;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        std::future::ready(Ok(std::iter::once(self.0)))
    }
}

/// Loopback and unspecified addresses, in either version of IP.
pub(super) fn is_of_this_machine(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use hyper_util::client::legacy::connect::dns::Name;
    use tower::ServiceExt as _;

    use super::{Resolver, is_of_this_machine};
    use crate::transport::connect::Reach;
    use crate::transport::steps::Steps;

    async fn resolves(name: &str, reach: Reach) -> bool {
        let name: Name = name.parse().unwrap();
        Resolver::new(reach, Steps::default()).oneshot(name).await.is_ok()
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_where_a_server_gave_it() {
        assert!(!resolves("localhost", Reach::Elsewhere).await);
        assert!(resolves("localhost", Reach::Named).await);
        assert!(resolves("localhost", Reach::Anywhere).await);
    }

    #[test]
    fn every_way_to_write_the_own_machine_is_known() {
        for own in [
            "127.0.0.1",
            "127.8.8.8",
            "::1",
            "0.0.0.0",
            "::",
            "::ffff:127.0.0.1",
        ] {
            assert!(is_of_this_machine(own.parse().unwrap()), "{own}");
        }
        assert!(!is_of_this_machine("192.0.2.1".parse().unwrap()));
    }
}
