//! The driver against the reference server: always runs, needs nothing but this machine.

mod auth;
mod blocking;
mod capabilities;
mod catalog;
mod compression;
mod cut;
mod deadlines;
mod doors;
mod drops;
mod errors;
mod examples;
mod fallbacks;
mod fanout;
mod flight;
mod ingest;
mod literals;
mod locations;
mod long;
mod manners;
mod objects;
mod params;
mod pool;
mod probe;
mod proxy;
mod query;
mod rows;
mod scripted;
mod session;
mod statements;
mod tls;
mod tokens;
mod transaction;
mod variations;

use jetbridge::{Config, Session};
use jetbridge_reference_server::{Builder, ReferenceServer, Running};

/// A server of its own for a test, and a session with it.
async fn start(builder: Builder) -> (Running, Session) {
    let server = builder.serve().await.expect("the reference server starts");
    let session = Session::connect(string(&server))
        .await
        .expect("the driver connects");
    (server, session)
}

async fn start_plain() -> (Running, Session) {
    start(ReferenceServer::builder()).await
}

/// The connection string of a server.
fn string(server: &Running) -> String {
    format!("flightsql://{}?transport=tcp", server.address())
}

fn config(server: &Running) -> Config {
    string(server).parse().expect("the connection string is right")
}
