//! A connection that can be cut when the next answer comes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What stands between the driver and a server.
pub(crate) struct Cut {
    pub(crate) address: SocketAddr,
    armed: Arc<AtomicBool>,
}

impl Cut {
    /// Passes on one connection.
    pub(crate) async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let armed = Arc::new(AtomicBool::new(false));
        let watched = Arc::clone(&armed);
        tokio::spawn(async move {
            let (client, _) = listener.accept().await.unwrap();
            // Nobody else is let in: once cut, the server is out of reach.
            drop(listener);
            let server = TcpStream::connect(server).await.unwrap();
            pass_on(client, server, &watched).await;
        });
        Self { address, armed }
    }

    /// From now on, whatever the server says is lost, and the connection with it.
    pub(crate) fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }
}

async fn pass_on(client: TcpStream, server: TcpStream, armed: &AtomicBool) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async { tokio::io::copy(&mut from_client, &mut to_server).await.map(drop) };
    let down = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let length = from_server.read(&mut buffer).await?;
            if length == 0 || armed.load(Ordering::SeqCst) {
                return Ok(());
            }
            to_client.write_all(&buffer[..length]).await?;
        }
    };
    // Whichever ends first ends both.
    let _: std::io::Result<()> = tokio::select! { up = up => up, down = down => down };
}
