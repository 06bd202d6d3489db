//! A server that runs, alone or shared by the tests of a file.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::sync::OnceCell;

use super::not_run::NotRun;
use super::port::loopback;
use super::process::Process;

/// A foreign server that is ready. It is stopped when this is dropped.
#[derive(Debug)]
pub struct Running {
    profile: &'static str,
    address: SocketAddr,
    process: Process,
}

impl Running {
    pub(crate) fn new(profile: &'static str, port: u16, process: Process) -> Self {
        Self {
            profile,
            address: loopback(port),
            process,
        }
    }

    /// The name of its profile: what it can and cannot do.
    pub fn profile(&self) -> &'static str {
        self.profile
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The connection string for it.
    pub fn uri(&self) -> String {
        uri_of(self.address)
    }

    /// The process behind it: to kill or to suspend it, and to read what it printed.
    pub fn process(&self) -> &Process {
        &self.process
    }
}

/// The connection string for a server without TLS at this address, or for a proxy in front of one.
pub fn uri_of(address: SocketAddr) -> String {
    format!("flightsql://{address}?transport=tcp")
}

/// One server for all tests of a file, started by the first that asks. It ends with the test process.
///
/// ```no_run
/// # use jetbridge_conformance::{require, server};
/// static SAIL: server::Shared = server::Shared::new();
/// # async fn test() {
/// let sail = require!(SAIL.get(server::sail).await);
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Shared {
    running: OnceCell<Result<Running, NotRun>>,
}

impl Shared {
    /// Nothing is started yet.
    pub const fn new() -> Self {
        Self {
            running: OnceCell::const_new(),
        }
    }

    /// The server, which `start` starts unless it runs already.
    ///
    /// # Errors
    ///
    /// What the first start gave.
    ///
    /// # Cancellation
    ///
    /// A start that was given up is made again by the next who asks.
    pub async fn get(
        &self,
        start: impl AsyncFnOnce() -> Result<Running, NotRun>,
    ) -> Result<&Running, NotRun> {
        self.running
            .get_or_init(|| start())
            .await
            .as_ref()
            .map_err(Clone::clone)
    }
}

/// Awaits an installation, which blocks for minutes the first time.
pub(crate) async fn installed(
    install: impl FnOnce() -> Result<PathBuf, NotRun> + Send + 'static,
) -> Result<PathBuf, NotRun> {
    match tokio::task::spawn_blocking(install).await {
        Ok(installed) => installed,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}
