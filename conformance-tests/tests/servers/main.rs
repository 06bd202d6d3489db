//! The driver against servers that are not ours. What a test needs is fetched into `target/servers` once; what could not run says so, and fails
//! where `CI=true`.

mod compare;
mod compatibility;
mod cuts;
mod go_sqlite;
mod holes;
mod kills;
mod literals;
mod manners;
mod network;
mod oauth;
mod outcomes;
mod peers;
mod roapi;
mod sail;
mod scenarios;
mod scenarios_sql;
mod soak;
mod web_service;

use jetbridge::{Result, Row, Session};
use jetbridge_conformance::server::Running;

async fn connect(server: &Running) -> Session {
    Session::connect(server.uri()).await.expect("the driver connects")
}

/// Connects with options added to those of the server.
async fn connect_with(server: &Running, options: &str) -> Session {
    let uri = server.uri();
    let separator = if uri.contains('?') { '&' } else { '?' };
    Session::connect(format!("{uri}{separator}{options}"))
        .await
        .expect("the driver connects")
}

async fn rows(session: &Session, sql: &str) -> Result<Vec<Row>> {
    session.query(sql).await?.fetch_all().await
}
