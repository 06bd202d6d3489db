//! The servers that are measured.

use jetbridge::{Result, Session};
use jetbridge_conformance::server::{self, NotRun};
use jetbridge_reference_server::ReferenceServer;

/// A server, and how its SQL says what the probes need.
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) version: String,
    pub(super) what: &'static str,
    uri: String,
    /// A table that is there, and its column of integers.
    pub(super) table: &'static str,
    pub(super) column: &'static str,
    /// Keeps the server running.
    _server: Box<dyn std::any::Any + Send + Sync>,
}

impl Subject {
    /// A session of its own for each probe; nothing waits for long.
    pub(super) async fn session(&self) -> Result<Session> {
        let timeouts = "query_timeout=30s&update_timeout=30s&metadata_timeout=30s";
        Session::connect(format!("{}&{timeouts}", self.uri)).await
    }
}

/// The version a requirement of Python is pinned to.
fn pinned(package: &str) -> String {
    let requirements = include_str!("../../../requirements.txt");
    let pin = format!("{package}==");
    let line = requirements.lines().find_map(|line| line.strip_prefix(&pin));
    line.expect("the package is pinned").to_owned()
}

pub(super) async fn all() -> std::result::Result<Vec<Subject>, NotRun> {
    let reference = ReferenceServer::builder()
        .serve()
        .await
        .expect("the reference server starts");
    let sail = server::sail().await?;
    let parquet = server::sample_parquet(1000)?;
    let roapi = server::roapi("sample", &parquet).await?;
    let go = server::go_sqlite().await?;
    let go_version = server::tools::GO_SQLITE
        .package
        .rsplit('@')
        .next()
        .unwrap_or_default();
    let prepared = Session::connect(sail.uri()).await.expect("the driver connects");
    prepared
        .execute("CREATE TABLE numbers (n INT)")
        .await
        .expect("Sail makes a table");
    Ok(vec![
        Subject {
            name: "reference server",
            version: env!("CARGO_PKG_VERSION").to_owned(),
            what: "SQLite behind Flight SQL, in this repository",
            uri: server::uri_of(reference.address()),
            table: "orders",
            column: "id",
            _server: Box::new(reference),
        },
        Subject {
            name: "Sail",
            version: pinned("pysail"),
            what: "Spark SQL on DataFusion",
            uri: sail.uri(),
            table: "numbers",
            column: "n",
            _server: Box::new(sail),
        },
        Subject {
            name: "ROAPI",
            version: pinned("roapi"),
            what: "tables from files, read only",
            uri: roapi.uri(),
            table: "sample",
            column: "id",
            _server: Box::new(roapi),
        },
        Subject {
            name: "arrow-go SQLite",
            version: go_version.to_owned(),
            what: "the example server of arrow-go",
            uri: go.uri(),
            table: "intTable",
            column: "value",
            _server: Box::new(go),
        },
    ])
}
