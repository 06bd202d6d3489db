//! A TCP relay inside this process whose connections can be cut.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// Passes bytes between its port and a server, until it is told to cut.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    connections: Arc<Mutex<JoinSet<()>>>,
    listening: AbortHandle,
}

impl Relay {
    /// A relay in front of a server, on a port of its own.
    ///
    /// # Panics
    ///
    /// When the machine gives no port.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("the machine gives a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let connections = Arc::<Mutex<JoinSet<()>>>::default();
        let all = Arc::clone(&connections);
        let listening = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                while all.try_join_next().is_some() {}
                all.spawn(async move {
                    if let Ok(mut far) = TcpStream::connect(server).await {
                        // Whichever end hangs up ends it.
                        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                    }
                });
            }
        });
        Self {
            address,
            connections,
            listening: listening.abort_handle(),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection there is; new ones are taken.
    pub fn cut(&self) {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
