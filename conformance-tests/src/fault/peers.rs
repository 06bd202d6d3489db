//! Clients that are not ours, each in a process of its own: one that hangs is killed, one that crashes takes nobody with it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{ChildStdout, Command};

use super::case::{Act, Case};
use crate::server::{NotRun, tools};

/// How long a peer may take once it has started.
const LIMIT: Duration = Duration::from_secs(5);
/// How long its start may take.
const START: Duration = Duration::from_secs(60);
/// The most memory of a peer, in kibibytes: some believe every length.
const MEMORY: &str = "8000000";

/// A client that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// `adbc-driver-flightsql`, in Python.
    Adbc,
    /// `pyarrow.flight`.
    PyArrow,
    /// The client of the Rust crate `arrow-flight`.
    ArrowFlight,
}

impl Peer {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Adbc, Self::PyArrow, Self::ArrowFlight];

    /// Its name, as the page has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adbc => "adbc-driver-flightsql",
            Self::PyArrow => "pyarrow.flight",
            Self::ArrowFlight => "arrow-flight (Rust)",
        }
    }

    /// Whether it has what the case is about.
    fn can(self, case: &Case) -> bool {
        // A limit that the case sets is Jetbridge's own option.
        if case.options.contains("max_message_size") {
            return false;
        }
        match self {
            Self::Adbc => true,
            Self::PyArrow => {
                matches!(case.act, Act::Query | Act::Twice | Act::Login) && !case.about_locations
            }
            Self::ArrowFlight => !case.about_locations,
        }
    }

    /// Runs a case against the server at this address and says in a few words what came of it; `program` is the `fault` binary of the suite.
    ///
    /// # Errors
    ///
    /// When there is no Python environment here.
    pub async fn run(self, case: &Case, address: SocketAddr, program: &Path) -> Result<String, NotRun> {
        if !self.can(case) {
            return Ok("–".to_owned());
        }
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        let script = match self {
            Self::Adbc => Some(include_str!("peer_adbc.py")),
            Self::PyArrow => Some(include_str!("peer_pyarrow.py")),
            Self::ArrowFlight => None,
        };
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "ulimit -v $0; ulimit -c 0; exec \"$@\"", MEMORY]);
        match script {
            Some(script) => {
                let python = tokio::task::spawn_blocking(|| tools::python("the Python peers")).await;
                command.arg(python.expect("the installation ends")?);
                command.args(["-I", "-c", script, case.act.word(), &host, &port]);
            }
            None => {
                command.arg(program);
                command.args([
                    "--plain-client",
                    case.act.word(),
                    "--address",
                    &address.to_string(),
                ]);
            }
        }
        Ok(watch(command, case).await)
    }
}

async fn watch(mut command: Command, case: &Case) -> String {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = child.expect("a peer can be started");
    let mut lines = BufReader::new(child.stdout.take().expect("its output"));
    let ready = tokio::time::timeout(START, line(&mut lines)).await;
    assert_eq!(
        ready.ok().flatten().as_deref(),
        Some("READY"),
        "a peer does not start"
    );
    let Ok(said) = tokio::time::timeout(LIMIT, line(&mut lines)).await else {
        child.kill().await.expect("a peer can be killed");
        return "**hangs** (killed after 5 s)".to_owned();
    };
    let ended = tokio::time::timeout(LIMIT, child.wait()).await;
    match (said, ended) {
        (Some(said), _) => judged(case, &said),
        (None, Ok(Ok(status))) if status.code() == Some(101) => "**panics**".to_owned(),
        (None, Ok(Ok(status))) => format!("**crashes** ({status})"),
        (None, _) => "**hangs** (killed after 5 s)".to_owned(),
    }
}

async fn line(lines: &mut BufReader<ChildStdout>) -> Option<String> {
    let mut line = String::new();
    let read = lines.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end().to_owned())
}

/// Holds what a peer reports against what there was to be had.
fn judged(case: &Case, said: &str) -> String {
    let (word, rest) = said.split_once(' ').unwrap_or((said, ""));
    match word {
        "ROWS" => {
            let numbers = rest.trim_matches(['[', ']']).split(',');
            let rows: Vec<i64> = numbers.filter_map(|number| number.trim().parse().ok()).collect();
            judged_rows(case.rows, &rows)
        }
        "COUNT" => format!("runs it, count {rest}"),
        _ if rest.contains("panicked") => "**panics**".to_owned(),
        _ => "error".to_owned(),
    }
}

fn judged_rows(all: &[i64], rows: &[i64]) -> String {
    let twice = |part: &[i64]| {
        part.iter()
            .any(|row| rows.iter().filter(|other| *other == row).count() > 1)
    };
    match rows {
        rows if rows == all => "complete".to_owned(),
        rows if all.starts_with(rows) => format!("**short result** ({} of {} rows)", rows.len(), all.len()),
        rows if all.len() == 6 && rows.len() > all.len() && twice(all) => {
            format!("**doubled** ({} rows)", rows.len())
        }
        rows => format!("**accepts it** ({} rows)", rows.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::judged_rows;
    use crate::fault::data::ROWS;

    #[test]
    fn rows_are_held_against_those_there_are() {
        let judged = |rows: &[i64]| judged_rows(&ROWS, rows);
        assert_eq!(judged(&ROWS), "complete");
        assert_eq!(judged(&ROWS[..4]), "**short result** (4 of 6 rows)");
        assert_eq!(judged(&[1, 2, 1, 2, 3, 4, 5, 6]), "**doubled** (8 rows)");
        assert_eq!(judged(&[7]), "**accepts it** (1 rows)");
    }
}
