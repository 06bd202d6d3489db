//! The server's side: the reference server, which writes down what it holds open.

use std::fmt;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use jetbridge_reference_server::ReferenceServer;

use crate::{Failure, say};

const BETWEEN_REPORTS: Duration = Duration::from_millis(100);

/// Serves until it is killed.
pub(crate) async fn run(port: &str, report: &str) -> Result<(), Failure> {
    let server = ReferenceServer::builder()
        .listen((Ipv4Addr::LOCALHOST, port.parse()?).into())
        .serve()
        .await?;
    say("Listening");
    let draft = format!("{report}.draft");
    loop {
        let counters = server.counters();
        let line = format!(
            "{} {} {} {}",
            counters.open_sessions,
            counters.open_transactions,
            counters.open_statements,
            counters.open_streams
        );
        // Renamed, so that a reader never sees half of it.
        tokio::fs::write(&draft, line).await?;
        tokio::fs::rename(&draft, report).await?;
        tokio::time::sleep(BETWEEN_REPORTS).await;
    }
}

/// What a server holds open.
pub(crate) struct Left {
    counts: [u64; 4],
}

/// What is left once the last farewell has been heard.
pub(crate) async fn left(report: &Path) -> Result<Left, Failure> {
    for _ in 0..20 {
        tokio::time::sleep(2 * BETWEEN_REPORTS).await;
        let left = read(report).await?;
        if left.is_nothing() {
            return Ok(left);
        }
    }
    read(report).await
}

async fn read(report: &Path) -> Result<Left, Failure> {
    let text = tokio::fs::read_to_string(report).await?;
    let counts: Vec<u64> = text.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let counts = counts
        .try_into()
        .map_err(|_| "the report of the server has another form")?;
    Ok(Left { counts })
}

impl Left {
    pub(crate) fn is_nothing(&self) -> bool {
        self.counts == [0; 4]
    }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [sessions, transactions, statements, streams] = self.counts;
        write!(
            f,
            "{sessions} sessions, {transactions} transactions, {statements} statements, {streams} streams"
        )
    }
}
