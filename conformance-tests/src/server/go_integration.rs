//! The server side of the official Flight integration scenarios, as arrow-go has it.
//!
//! It checks what the client sends, and answers with an error where that is not what the scenario says.

use super::not_run::NotRun;
use super::program::{Program, start_on_own_port};
use super::running::{Running, installed};
use super::tools::GO_INTEGRATION;

/// Every scenario that this server knows.
pub const SCENARIOS: [&str; 14] = [
    "auth:basic_proto",
    "middleware",
    "ordered",
    "expiration_time:do_get",
    "expiration_time:list_actions",
    "expiration_time:cancel_flight_info",
    "expiration_time:renew_flight_endpoint",
    "location:reuse_connection",
    "poll_flight_info",
    "app_metadata_flight_info_endpoint",
    "flight_sql",
    "flight_sql:extension",
    "flight_sql:ingestion",
    "session_options",
];

/// The server for one of the [`SCENARIOS`].
///
/// # Errors
///
/// When it cannot be built here.
pub async fn go_integration(scenario: &str) -> Result<Running, NotRun> {
    let server = installed(|| GO_INTEGRATION.path()).await?;
    let program = Program::new("go-integration", &server).args(["-scenario", scenario, "-port", "0"]);
    let (process, port) = start_on_own_port(program, "Server listening on localhost:").await;
    Ok(Running::new("go-integration", port, process))
}
