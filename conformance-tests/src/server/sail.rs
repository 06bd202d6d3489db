//! Sail: Spark SQL on DataFusion. No prepare, no catalogue commands, no transactions.

use super::not_run::NotRun;
use super::program::{Program, start_on_free_ports};
use super::running::{Running, installed};
use super::tools;

/// How many workers [`sail_cluster()`] has.
pub const CLUSTER_WORKERS: usize = 3;

/// Sail in one process.
///
/// # Errors
///
/// When Sail cannot be had here.
pub async fn sail() -> Result<Running, NotRun> {
    start("sail", &[("SAIL_MODE", "local")]).await
}

/// Sail as a cluster: a driver and several workers, which speak gRPC to each other. They live in one process, and
/// start with the first query.
///
/// # Errors
///
/// When Sail cannot be had here.
pub async fn sail_cluster() -> Result<Running, NotRun> {
    let workers = CLUSTER_WORKERS.to_string();
    let environment = [
        ("SAIL_MODE", "local-cluster"),
        ("SAIL_CLUSTER__WORKER_INITIAL_COUNT", workers.as_str()),
        ("SAIL_CLUSTER__WORKER_MAX_COUNT", workers.as_str()),
        // More partitions than task slots of one worker, so that a query needs several.
        ("SAIL_CLUSTER__WORKER_TASK_SLOTS", "4"),
        ("SAIL_EXECUTION__DEFAULT_PARALLELISM", "6"),
    ];
    start("sail-cluster", &environment).await
}

async fn start(profile: &'static str, environment: &[(&str, &str)]) -> Result<Running, NotRun> {
    let sail = installed(|| tools::python_program("sail")).await?;
    let (process, [port]) = start_on_free_ports(|[port]| {
        let program = Program::new(profile, &sail)
            .args(["flight", "server", "--ip", "127.0.0.1", "--port"])
            .arg(port.to_string())
            // At this level the log tells which workers there are.
            .env("RUST_LOG", "info")
            .listens_on(*port);
        environment
            .iter()
            .fold(program, |program, (key, value)| program.env(*key, *value))
    })
    .await;
    Ok(Running::new(profile, port, process))
}
