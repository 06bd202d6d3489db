//! ROAPI: tables from files, read only. Its tickets are good for one read.

use std::path::Path;

use super::not_run::NotRun;
use super::program::{Program, start_on_free_ports};
use super::running::{Running, installed};
use super::tools;

/// ROAPI with one table, read from a Parquet file at the start.
///
/// # Errors
///
/// When ROAPI cannot be had here.
pub async fn roapi(table: &str, parquet: &Path) -> Result<Running, NotRun> {
    let roapi = installed(|| tools::python_program("roapi")).await?;
    let source = format!("{table}={}", parquet.display());
    let (process, [flight, ..]) = start_on_free_ports(|[flight, http, postgres]| {
        let bind = |port: &u16| format!("127.0.0.1:{port}");
        Program::new("roapi", &roapi)
            .args(["--addr-flight-sql".to_owned(), bind(flight)])
            .args(["--addr-http".to_owned(), bind(http)])
            .args(["--addr-postgres".to_owned(), bind(postgres)])
            .args(["--table", &source])
            .env("RUST_LOG", "info")
            .listens_on(*flight)
            .listens_on(*http)
            .listens_on(*postgres)
    })
    .await;
    Ok(Running::new("roapi", flight, process))
}
