//! The binary, as a person or a script runs it.

mod catalog;
mod changes;
mod endings;
mod failures;
mod output;
mod ping;
mod profiles;
mod rows;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

/// The binary, without whatever the environment of the test says.
fn jetbridge() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jetbridge"));
    for name in [
        "JETBRIDGE_URL",
        "JETBRIDGE_PASSWORD",
        "JETBRIDGE_TOKEN",
        "JETBRIDGE_LOG",
    ] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    jetbridge().args(arguments).output().expect("the binary runs")
}

/// `jetbridge query --embedded` with these arguments, which has to succeed.
fn embedded(arguments: &[&str]) -> Output {
    let output = jetbridge()
        .args(["query", "--embedded"])
        .args(arguments)
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    output
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the output is UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("the notes are UTF-8")
}

/// A child process that does not outlive its test.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the binary runs"),
        )
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.0.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(sent.success());
    }

    /// Waits for its end: the exit code, and what it said on standard error.
    fn end(mut self) -> (Option<i32>, String) {
        let mut notes = String::new();
        let mut pipe = self.0.stderr.take().expect("stderr is piped");
        std::io::Read::read_to_string(&mut pipe, &mut notes).expect("the notes are UTF-8");
        (self.0.wait().expect("it ends").code(), notes)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `jetbridge serve` on a free port, and the connection string it prints.
struct Served {
    process: Running,
    uri: String,
}

fn serve() -> Served {
    serve_with(&mut jetbridge(), &[])
}

fn serve_with(command: &mut Command, arguments: &[&str]) -> Served {
    let mut process = Running::start(command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments));
    let mut line = String::new();
    let out = process.0.stdout.as_mut().expect("stdout is piped");
    BufReader::new(out)
        .read_line(&mut line)
        .expect("it prints a line");
    let uri = line.trim_end().to_owned();
    assert!(uri.starts_with("flightsql://"), "{uri:?}");
    Served { process, uri }
}
