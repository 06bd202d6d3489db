//! A worker process and what it answers.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use jetbridge_conformance::server::{NotRun, assemble_python_package, jdbc_driver, servers_dir, tools};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::Failure;

/// No case takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

const PYTHON: &str = include_str!("worker/worker.py");
const JAVA: &str = include_str!("worker/Worker.java");

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// Plain TCP: not a client, but the least there can be.
    Floor,
    Jetbridge,
    JetbridgePython,
    ArrowFlight,
    PyArrow,
    Adbc,
    FlightSqlDbapi,
    Jdbc,
}

impl Name {
    /// The name on the command line.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Jetbridge => "jetbridge",
            Self::JetbridgePython => "jetbridge-python",
            Self::ArrowFlight => "arrow-flight",
            Self::PyArrow => "pyarrow",
            Self::Adbc => "adbc",
            Self::FlightSqlDbapi => "flightsql-dbapi",
            Self::Jdbc => "jdbc",
        }
    }

    /// The name in the tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Floor => "plain TCP, no client",
            Self::Jetbridge => "Jetbridge",
            Self::JetbridgePython => "Jetbridge for Python",
            Self::ArrowFlight => "arrow-flight (Rust), defaults",
            Self::PyArrow => "pyarrow.flight",
            Self::Adbc => "ADBC (adbc-driver-flightsql)",
            Self::FlightSqlDbapi => "flightsql-dbapi",
            Self::Jdbc => "JDBC (flight-sql-jdbc-driver)",
        }
    }

    fn command(self) -> Result<Command, NotRun> {
        let not_run = |reason: String| NotRun::new(self.key(), reason);
        match self {
            Self::Floor | Self::Jetbridge | Self::ArrowFlight => {
                let program = std::env::current_exe().map_err(|error| not_run(error.to_string()))?;
                let mut command = Command::new(program);
                command.args(["work", self.key()]);
                Ok(command)
            }
            Self::PyArrow | Self::Adbc | Self::FlightSqlDbapi => {
                let mut command = Command::new(tools::python(self.key())?);
                command.args(["-I", "-c", PYTHON, self.key()]);
                Ok(command)
            }
            Self::JetbridgePython => {
                let python = tools::python(self.key())?;
                let package = python_package().map_err(|error| not_run(error.to_string()))?;
                let mut command = Command::new(python);
                command.args(["-I", "-c", PYTHON, self.key()]).arg(package);
                Ok(command)
            }
            Self::Jdbc => {
                let driver = jdbc_driver()?;
                let source = servers_dir().join("java").join("Worker.java");
                std::fs::write(&source, JAVA).map_err(|error| not_run(error.to_string()))?;
                let mut command = Command::new("java");
                // Arrow's memory needs the first; the second runs a source file without compiling it beforehand.
                command
                    .arg("--add-opens=java.base/java.nio=ALL-UNNAMED")
                    .arg("-cp")
                    .arg(driver)
                    .arg(source);
                Ok(command)
            }
        }
    }
}

/// A directory with the Python package in it, made of its sources and of the library that cargo has built beside this program.
fn python_package() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe()?;
    let built = program.parent().ok_or("this program lies nowhere")?.join("deps");
    let package = servers_dir().join("compare");
    assemble_python_package(&built, &package)?;
    Ok(package)
}

/// A worker that runs. It ends when this is dropped.
pub(crate) struct Client {
    pub(crate) name: Name,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Client {
    pub(crate) fn start(name: Name) -> Result<Self, NotRun> {
        let mut process = name
            .command()?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| NotRun::new(name.key(), error.to_string()))?;
        let (Some(orders), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(NotRun::new(name.key(), "no pipe to it"));
        };
        Ok(Self {
            name,
            orders,
            answers: BufReader::new(answers).lines(),
            _process: process,
        })
    }

    /// Has it run a case, and gives the numbers it answers.
    pub(crate) async fn ask(
        &mut self,
        case: &str,
        address: SocketAddr,
        rows: u64,
        times: usize,
    ) -> Result<Vec<f64>, Failure> {
        let order = format!("{case} {address} {rows} {times}\n");
        self.orders.write_all(order.as_bytes()).await?;
        tokio::time::timeout(PATIENCE, self.answer())
            .await
            .map_err(|_| format!("no answer within {PATIENCE:?}"))?
    }

    async fn answer(&mut self) -> Result<Vec<f64>, Failure> {
        while let Some(line) = self.answers.next_line().await? {
            // Libraries print what they like.
            if let Some(words) = line.strip_prefix("error ") {
                return Err(words.into());
            }
            if let Some(numbers) = line.strip_prefix("ok") {
                return Ok(numbers
                    .split_whitespace()
                    .map(str::parse)
                    .collect::<Result<_, _>>()?);
            }
        }
        Err("it ended".into())
    }
}
