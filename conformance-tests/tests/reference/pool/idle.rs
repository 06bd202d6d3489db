//! Networks that cut what is silent, as load balancers and firewalls do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jetbridge_pool::Pool;
use jetbridge_reference_server::ReferenceServer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::number;

/// How many connections were made, and how many of them were cut.
#[derive(Debug, Default)]
struct Seen {
    made: AtomicUsize,
    cut: AtomicUsize,
}

/// A relay that cuts a connection on which nothing moves for so long.
async fn impatient(server: SocketAddr, patience: Duration) -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::<Seen>::default();
    let watched = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            watched.made.fetch_add(1, Ordering::SeqCst);
            let watched = Arc::clone(&watched);
            tokio::spawn(async move {
                if matches!(pass_on(near, server, patience).await, Ok(true)) {
                    watched.cut.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    (address, seen)
}

/// Says whether it was silence that ended it.
async fn pass_on(mut near: TcpStream, server: SocketAddr, patience: Duration) -> std::io::Result<bool> {
    let mut far = TcpStream::connect(server).await?;
    let (mut up, mut down) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    loop {
        let (from_near, length) = tokio::select! {
            length = near.read(&mut up) => (true, length?),
            length = far.read(&mut down) => (false, length?),
            () = tokio::time::sleep(patience) => return Ok(true),
        };
        match (from_near, length) {
            (_, 0) => return Ok(false),
            (true, length) => far.write_all(&up[..length]).await?,
            (false, length) => near.write_all(&down[..length]).await?,
        }
    }
}

#[tokio::test]
async fn keepalive_carries_idle_sessions_through_a_network_that_cuts_what_is_silent() {
    // Ten seconds, as proxies have it, or less where the time is short.
    let patience = Duration::from_secs(jetbridge_conformance::check::runs(4, 10) as u64);
    let server = ReferenceServer::builder().serve().await.unwrap();
    let (front, seen) = impatient(server.address(), patience).await;
    let string = format!("flightsql://{front}?transport=tcp&pool_max_size=2&keepalive_interval=250ms");
    let pool = Pool::connect(string).await.unwrap();
    number(&pool.get().await.unwrap(), "SELECT 1").await.unwrap();
    tokio::time::sleep(patience + Duration::from_secs(2)).await;
    number(&pool.get().await.unwrap(), "SELECT 1").await.unwrap();
    assert_eq!(
        (seen.made.load(Ordering::SeqCst), seen.cut.load(Ordering::SeqCst)),
        (1, 0)
    );
}
