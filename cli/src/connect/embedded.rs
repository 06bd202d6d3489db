//! The reference server inside this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use jetbridge_reference_server::ReferenceServer;
pub(crate) use jetbridge_reference_server::Running;

use crate::exit::Failure;

/// A SQLite file, or none for the sample database.
pub(crate) type Database = Option<PathBuf>;

/// A free port that only this machine reaches.
pub(super) fn anywhere() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// Who may come in, and by what proof the server is known.
#[derive(Default)]
pub(crate) struct Access {
    /// A user and the password.
    pub(crate) user: Option<(String, String)>,
    /// A bearer token.
    pub(crate) token: Option<String>,
    /// Certificate and private key, in PEM.
    pub(crate) tls: Option<(String, String)>,
}

/// Starts the server; it accepts connections when this is done.
pub(crate) async fn listen(
    address: SocketAddr,
    database: Database,
    access: Access,
) -> Result<Running, Failure> {
    let mut server = ReferenceServer::builder().listen(address);
    if let Some(database) = database {
        server = server.database(database);
    }
    server = server.users(access.user);
    if let Some(token) = access.token {
        server = server.token(token);
    }
    if let Some((certificate, key)) = access.tls {
        server = server.tls(certificate, key);
    }
    server
        .serve()
        .await
        .map_err(|error| Failure::here(&format!("cannot serve on {address}"), &error))
}
