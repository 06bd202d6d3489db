//! A program that runs: watched, suspended, killed and stopped by its process id.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::port;

/// Between two looks at a process that is waited for.
pub(crate) const POLL: Duration = Duration::from_millis(10);

/// How long a program may take to end by itself after it was asked to.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// The same where the calling thread waits.
const DROP_LIMIT: Duration = Duration::from_secs(2);

/// A program that was started. It is stopped when this is dropped, and it dies with the test process.
#[derive(Debug)]
pub struct Process {
    name: String,
    pid: Pid,
    // A process id is only ours to signal until the child is reaped: both happen under this lock.
    child: Mutex<Child>,
    log: PathBuf,
    // Removed after the process has ended: fields drop after `Drop::drop`.
    _directory: TempDir,
}

impl Process {
    pub(crate) fn new(name: String, mut child: Child, log: PathBuf, directory: TempDir) -> io::Result<Self> {
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let Some(pid) = pid else {
            child.kill()?;
            return Err(io::Error::other("the process has no usable id"));
        };
        Ok(Self {
            name,
            pid,
            child: Mutex::new(child),
            log,
            _directory: directory,
        })
    }

    /// The name it was started under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Whether it listens on this port of the loopback interface.
    pub fn listens(&self, port: u16) -> bool {
        port::listens(self.pid, port)
    }

    /// All it has printed so far, to either output.
    pub fn log(&self) -> String {
        std::fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// The port that it printed right after these words.
    pub fn printed_port(&self, after: &str) -> Option<u16> {
        let log = self.log();
        let (_, rest) = log.split_once(after)?;
        let end = rest.find(|character: char| !character.is_ascii_digit())?;
        rest.get(..end)?.parse().ok()
    }

    /// The file that takes what it prints; it stays there after the test.
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// How it ended, or `None` while it runs.
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.child().try_wait().ok().flatten()
    }

    /// Ends it at once, as a crash would (SIGKILL), and waits until it is gone.
    pub fn kill(&self) -> io::Result<ExitStatus> {
        let mut child = self.child();
        child.kill()?;
        child.wait()
    }

    /// Stops it from running, without ending it (SIGSTOP): its sockets stay open and say nothing.
    pub fn suspend(&self) -> io::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it run again (SIGCONT).
    pub fn resume(&self) -> io::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Asks it to end (SIGTERM), and ends it when it has not done so in five seconds.
    pub async fn stop(&self) -> io::Result<ExitStatus> {
        self.ask_to_end();
        let deadline = Instant::now() + STOP_LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = self.exit_status() {
                return Ok(status);
            }
            tokio::time::sleep(POLL).await;
        }
        self.kill()
    }

    fn stop_blocking(&self) {
        self.ask_to_end();
        let deadline = Instant::now() + DROP_LIMIT;
        while self.exit_status().is_none() {
            if Instant::now() > deadline {
                // There is nobody to tell, and the kernel ends it with the test process at the latest.
                let _ = self.kill();
                return;
            }
            std::thread::sleep(POLL);
        }
    }

    /// A suspended process takes SIGTERM only once it runs again.
    fn ask_to_end(&self) {
        let _ = self.signal(Signal::TERM);
        let _ = self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        let mut child = self.child();
        if child.try_wait()?.is_some() {
            return Err(io::Error::other(format!("{} has ended", self.name)));
        }
        kill_process(self.pid, signal).map_err(Into::into)
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop_blocking();
    }
}

/// Why a program did not become ready, with what it printed last.
#[derive(Debug)]
pub struct StartFailed {
    name: String,
    why: WhyFailed,
    log: String,
}

#[derive(Debug)]
pub(crate) enum WhyFailed {
    NotSpawned(String),
    Exited(ExitStatus),
    NotReady(Duration),
}

impl StartFailed {
    pub(crate) fn new(process: &Process, why: WhyFailed) -> Self {
        Self {
            name: process.name.clone(),
            why,
            log: process.log(),
        }
    }

    pub(crate) fn not_spawned(name: &str, error: &io::Error) -> Self {
        Self {
            name: name.to_owned(),
            why: WhyFailed::NotSpawned(error.to_string()),
            log: String::new(),
        }
    }

    /// Whether it ended because somebody else had its port: with another one it may start.
    pub fn port_was_taken(&self) -> bool {
        let log = self.log.to_lowercase();
        // The second is how musl, and so ROAPI, says it.
        let taken = ["address already in use", "address in use"]
            .iter()
            .any(|words| log.contains(words));
        taken && matches!(self.why, WhyFailed::Exited(_))
    }
}

impl fmt::Display for StartFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.why {
            WhyFailed::NotSpawned(error) => return write!(f, "{name} cannot be started: {error}"),
            WhyFailed::Exited(status) => write!(f, "{name} ended before it was ready ({status})")?,
            WhyFailed::NotReady(limit) => write!(f, "{name} was not ready within {limit:?}")?,
        }
        write!(f, "; it printed:\n{}", last_lines(&self.log, 30))
    }
}

impl std::error::Error for StartFailed {}

/// The end of a long text.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(count))
        .copied()
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
