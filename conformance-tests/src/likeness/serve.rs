//! A likeness that runs.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use super::Likeness;
use super::service::{Playing, State};
use crate::fault::Seen;

/// A running likeness. Dropping it ends it.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    seen: Arc<Seen>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Where it takes queries.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What clients have sent; calls of the port that has the rows begin with `backend `.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Starts a likeness on free ports of the loopback interface.
///
/// # Errors
///
/// When no port can be had.
pub async fn serve(likeness: Likeness) -> std::io::Result<Running> {
    let front = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let back = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = front.local_addr()?;
    let seen = Arc::new(Seen::default());
    let has_rows = if likeness.backend { &back } else { &front };
    let state = Arc::new(State::new(
        likeness,
        has_rows.local_addr()?.port(),
        Arc::clone(&seen),
    ));
    let serve = |listener: TcpListener, is_backend: bool| {
        let playing = Playing::new(Arc::clone(&state), is_backend);
        let serving = Server::builder()
            .add_service(FlightServiceServer::new(playing))
            .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)));
        tokio::spawn(async move { serving.await.expect("the likeness runs") })
    };
    let tasks = vec![serve(front, false), serve(back, true)];
    Ok(Running { address, seen, tasks })
}
