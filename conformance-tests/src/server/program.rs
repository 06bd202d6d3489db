//! A program to start: its command line, and how it shows that it is ready.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use super::port::free_port;
use super::process::{POLL, Process, StartFailed, WhyFailed};
use super::{place, tools};

/// A cold start from a slow disk included; the slowest server here is ready within a second.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// How often a server that found its port taken is started with another one.
const ATTEMPTS: usize = 5;

/// An external program, not yet started.
#[derive(Debug, Clone)]
pub struct Program {
    name: String,
    path: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    listens_on: Vec<u16>,
    says: Option<String>,
    ready_limit: Duration,
}

impl Program {
    /// A program by its path; the name is for logs and errors.
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            path: path.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            listens_on: Vec::new(),
            says: None,
            ready_limit: READY_LIMIT,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable, beside those of the test.
    #[must_use]
    pub fn env(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((key.into(), value.into()));
        self
    }

    /// It is not ready before it listens on this port of the loopback interface. Several may be named.
    #[must_use]
    pub fn listens_on(mut self, port: u16) -> Self {
        self.listens_on.push(port);
        self
    }

    /// It is not ready before this text is in its output.
    #[must_use]
    pub fn says(mut self, text: impl Into<String>) -> Self {
        self.says = Some(text.into());
        self
    }

    /// How long to wait for it to be ready; a minute otherwise.
    #[must_use]
    pub fn ready_within(mut self, limit: Duration) -> Self {
        self.ready_limit = limit;
        self
    }

    /// Starts the program and waits until it is ready.
    ///
    /// # Errors
    ///
    /// When it cannot be started, ends by itself, or is not ready in time. The error holds what it printed.
    ///
    /// # Cancellation
    ///
    /// A program that is not ready yet is stopped.
    pub async fn start(self) -> Result<Process, StartFailed> {
        let process = self
            .spawn()
            .map_err(|error| StartFailed::not_spawned(&self.name, &error))?;
        let started = Instant::now();
        loop {
            if let Some(status) = process.exit_status() {
                return Err(StartFailed::new(&process, WhyFailed::Exited(status)));
            }
            if self.is_ready(&process) {
                return Ok(process);
            }
            if started.elapsed() > self.ready_limit {
                return Err(StartFailed::new(&process, WhyFailed::NotReady(self.ready_limit)));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn is_ready(&self, process: &Process) -> bool {
        self.listens_on.iter().all(|port| process.listens(*port))
            && self.says.as_ref().is_none_or(|text| process.log().contains(text))
    }

    fn spawn(&self) -> io::Result<Process> {
        let log = log_file(&self.name)?;
        let directory = tempfile::Builder::new()
            .prefix(&format!("{}-", self.name))
            .tempdir_in(place::work_dir()?)?;
        let output = File::options().append(true).open(&log)?;
        let mut command = dies_with_us(&self.path);
        command
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        Process::new(self.name.clone(), spawn_for_good(command)?, log, directory)
    }
}

/// Starts a server that takes a free port by itself, as port 0 asks, and prints it right after these words.
///
/// # Panics
///
/// When the program cannot be started: a tool that is there has to work.
pub async fn start_on_own_port(program: Program, says: &str) -> (Process, u16) {
    let process = program
        .says(says)
        .start()
        .await
        .unwrap_or_else(|failed| panic!("{failed}"));
    let port = process.printed_port(says);
    let port = port.unwrap_or_else(|| panic!("{} printed no port:\n{}", process.name(), process.log()));
    (process, port)
}

/// Starts a server on ports that were free a moment ago, and on others when somebody else took one meanwhile.
///
/// # Panics
///
/// When the program cannot be started for any other reason: a tool that is there has to work.
pub async fn start_on_free_ports<const N: usize>(
    program: impl Fn(&[u16; N]) -> Program,
) -> (Process, [u16; N]) {
    for attempt in 1.. {
        let ports = [0; N].map(|_| free_port().expect("the machine gives a free port"));
        match program(&ports).start().await {
            Ok(process) => return (process, ports),
            Err(failed) if failed.port_was_taken() && attempt < ATTEMPTS => {}
            Err(failed) => panic!("{failed}"),
        }
    }
    unreachable!("the last attempt returns or panics")
}

/// A command that the kernel ends when the test process dies, even by SIGKILL. util-linux' `setpriv` asks for it;
/// without it (macOS) a killed test process leaves its servers behind.
fn dies_with_us(program: &Path) -> Command {
    static SETPRIV: LazyLock<Option<PathBuf>> = LazyLock::new(|| tools::find_program("setpriv"));
    match SETPRIV.as_deref() {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL"]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

type Order = (Command, Sender<io::Result<Child>>);

/// Spawns from a thread that lives as long as the process.
///
/// The kernel's death signal follows the *thread* that started the child. A test's thread ends with the test, and
/// would take a server along that other tests still use.
fn spawn_for_good(command: Command) -> io::Result<Child> {
    static SPAWNER: LazyLock<Sender<Order>> = LazyLock::new(|| {
        let (orders, taken) = channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, answer) in taken {
                // Whoever asked is gone: nobody would stop the child.
                if let Err(unsent) = answer.send(command.spawn())
                    && let Ok(mut child) = unsent.0
                {
                    let _ = child.kill();
                    let _ = child.wait();
                }
            }
        });
        orders
    });
    let (answer, spawned) = channel();
    let gone = || io::Error::other("the thread that starts programs is gone");
    SPAWNER.send((command, answer)).map_err(|_| gone())?;
    spawned.recv().map_err(|_| gone())?
}

/// A new, empty log of this name; it is kept for reading after the test.
fn log_file(name: &str) -> io::Result<PathBuf> {
    let prefix = format!("{name}-");
    let log = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(".log")
        .tempfile_in(place::logs_dir()?)?;
    let (_, path) = log.keep()?;
    Ok(path)
}
