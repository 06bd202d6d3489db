//! arrow-go's example server: SQLite in memory, with the tables `intTable` and `foreignTable`.

use super::not_run::NotRun;
use super::program::{Program, start_on_own_port};
use super::running::{Running, installed};
use super::tools::GO_SQLITE;

/// arrow-go's SQLite server, with a new database.
///
/// # Errors
///
/// When it cannot be built here.
pub async fn go_sqlite() -> Result<Running, NotRun> {
    let server = installed(|| GO_SQLITE.path()).await?;
    let program = Program::new("go-sqlite", &server).args(["-host", "127.0.0.1", "-port", "0"]);
    let (process, port) = start_on_own_port(program, "Starting SQLite Flight SQL Server on 127.0.0.1:").await;
    Ok(Running::new("go-sqlite", port, process))
}
