//! The addresses of one name, tried beside each other: one that is dead keeps nobody waiting.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::time::timeout;

/// How long an address has to itself before the next is tried beside it, as RFC 8305 recommends.
const HEAD_START: Duration = Duration::from_millis(250);

/// The first connection that is there. The others are dropped.
///
/// Gives the last failure where all fail, and none where there is no address.
pub(super) async fn first<T, E, F: Future<Output = Result<T, E>>>(
    addresses: Vec<SocketAddr>,
    dial: impl Fn(SocketAddr) -> F,
) -> Result<T, Option<E>> {
    let mut waiting = in_turns(addresses).into_iter();
    let mut under_way = FuturesUnordered::new();
    let mut failure = None;
    loop {
        match waiting.next() {
            Some(address) => under_way.push(dial(address)),
            None if under_way.is_empty() => return Err(failure),
            None => {}
        }
        let outcome = match waiting.len() {
            0 => under_way.next().await,
            _ => match timeout(HEAD_START, under_way.next()).await {
                Ok(outcome) => outcome,
                Err(_) => continue,
            },
        };
        match outcome {
            Some(Ok(connection)) => return Ok(connection),
            Some(Err(error)) => failure = Some(error),
            None => {}
        }
    }
}

/// Both versions of IP in turns, beginning with what the resolver put first.
fn in_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (one, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    std::iter::from_fn(|| match (one.next(), other.next()) {
        (None, None) => None,
        pair => Some(pair),
    })
    .flat_map(|(one, other)| one.into_iter().chain(other))
    .collect()
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::net::SocketAddr;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{HEAD_START, first, in_turns};

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_first_address_delays_the_second_by_its_head_start_alone() {
        let started = Instant::now();
        let found = first(addresses(&["192.0.2.1:1", "192.0.2.2:1"]), async |address| {
            if address.ip().to_string() == "192.0.2.1" {
                pending::<()>().await;
            }
            Ok::<_, ()>(address.ip().to_string())
        })
        .await;
        assert_eq!(found.unwrap(), "192.0.2.2");
        assert_eq!(started.elapsed(), HEAD_START);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_first_address_is_not_given_up_for_one_that_fails() {
        let found = first(addresses(&["192.0.2.1:1", "192.0.2.2:1"]), async |address| {
            if address.ip().to_string() == "192.0.2.2" {
                return Err("refused");
            }
            tokio::time::sleep(Duration::from_secs(3)).await;
            Ok(address)
        })
        .await;
        assert_eq!(found.unwrap().to_string(), "192.0.2.1:1");
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_fails_gives_way_at_once_and_the_last_failure_is_told() {
        let started = Instant::now();
        let failed = first(addresses(&["192.0.2.1:1", "192.0.2.2:1"]), async |address| {
            Err::<(), _>(address.to_string())
        })
        .await;
        assert_eq!(failed.unwrap_err().unwrap(), "192.0.2.2:1");
        assert_eq!(started.elapsed(), Duration::ZERO);
        assert_eq!(first(Vec::new(), async |_| Err::<(), ()>(())).await, Err(None));
    }

    #[test]
    fn versions_of_ip_take_turns() {
        let sorted = in_turns(addresses(&[
            "[::1]:1",
            "[::2]:1",
            "127.0.0.1:1",
            "[::3]:1",
            "127.0.0.2:1",
        ]));
        let wanted = addresses(&["[::1]:1", "127.0.0.1:1", "[::2]:1", "127.0.0.2:1", "[::3]:1"]);
        assert_eq!(sorted, wanted);
    }
}
