//! The binary, as a person or a script runs it.
#![cfg(feature = "embedded")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
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

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the output is UTF-8")
}

/// The one line a failure prints.
fn complaint(output: &Output, code: i32) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        text.starts_with("error: ") && !text.contains("panicked"),
        "{text}"
    );
    assert!(output.stdout.is_empty(), "{}", stdout(output));
    text
}

/// `jetbridge serve` on a free port; killed with the test.
struct Served {
    child: Child,
    uri: String,
}

fn serve() -> Served {
    let mut child = jetbridge()
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("stdout is piped"))
        .read_line(&mut line)
        .expect("it says its address");
    let uri = line
        .split_whitespace()
        .find(|word| word.contains("://"))
        .expect("a connection string")
        .to_owned();
    Served { child, uri }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn rows_come_as_csv() {
    let output = run(&[
        "query",
        "--embedded",
        "--format",
        "csv",
        "SELECT code, name, vat FROM countries ORDER BY code",
    ]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        (lines.len(), lines[0], lines[5]),
        (7, "code,name,vat", "JP,日本,10.00")
    );
}

#[test]
fn rows_come_as_json_lines_and_as_a_table() {
    let sql = "SELECT 1 AS n, 'a' AS t, NULL AS missing";
    let output = run(&["query", "--embedded", "--format", "json", sql]);
    assert_eq!(stdout(&output).lines().count(), 1);
    assert!(stdout(&output).contains("\"n\":1"), "{}", stdout(&output));
    let output = run(&["query", "--embedded", sql]);
    assert!(stdout(&output).contains("missing"), "{}", stdout(&output));
}

#[test]
fn rows_come_as_an_arrow_stream() {
    let output = run(&[
        "query",
        "--embedded",
        "--format",
        "arrow",
        "SELECT value FROM generate_series(1, 20000)",
    ]);
    let reader = arrow::ipc::reader::StreamReader::try_new(output.stdout.as_slice(), None).unwrap();
    assert_eq!(
        reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(),
        20_000
    );
}

#[test]
fn parameters_are_bound() {
    let sql = "SELECT name FROM products WHERE id = ? OR name = ?";
    let output = run(&[
        "query",
        "--embedded",
        "--format",
        "csv",
        "--param",
        "7",
        "--param",
        "text:x",
        sql,
    ]);
    assert_eq!(
        stdout(&output).lines().count(),
        2,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_served_database_answers_and_ends_on_interrupt() {
    let mut server = serve();
    let output = run(&[
        "query",
        &server.uri,
        "SELECT count(*) AS n FROM customers",
        "--format",
        "csv",
    ]);
    assert_eq!(stdout(&output), "n\n500\n");
    assert_eq!(run(&["ping", &server.uri]).status.code(), Some(0));
    let interrupted = Command::new("kill")
        .args(["-INT", &server.child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_connection_comes_from_the_environment_too() {
    let server = serve();
    let output = jetbridge()
        .env("JETBRIDGE_URL", &server.uri)
        .args(["query", "SELECT 1 AS one", "--format", "csv"])
        .output();
    assert_eq!(stdout(&output.unwrap()), "one\n1\n");
}

#[test]
fn every_failure_is_one_clear_line() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = format!("flightsql://{}?transport=tcp", listener.local_addr().unwrap());
    drop(listener);
    assert!(complaint(&run(&["query", &refused, "SELECT 1"]), 1).contains("refused"));
    let unknown = "flightsql://no-such-host.invalid?transport=tcp";
    assert!(complaint(&run(&["query", unknown, "SELECT 1"]), 1).contains("no-such-host.invalid"));
    let server = serve();
    assert!(
        complaint(&run(&["query", &server.uri, "SELECT a FROM nowhere"]), 1)
            .contains("no such table: nowhere")
    );
    let misspelt = format!("{}&query_timout=3s", server.uri);
    assert!(complaint(&run(&["query", &misspelt, "SELECT 1"]), 2).contains("query_timeout"));
    assert!(complaint(&run(&["query", "nonsense", "SELECT 1"]), 2).contains("flightsql://"));
}

#[test]
fn a_wrong_password_is_one_line_without_the_password() {
    let mut child = jetbridge()
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--user",
            "ada",
            "--password-env",
            "SERVED",
        ])
        .env("SERVED", "right")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let uri = line.trim().rsplit(' ').next().unwrap().to_owned();
    let server = Served { child, uri };
    let ask = |password: &str| {
        jetbridge()
            .env("JETBRIDGE_PASSWORD", password)
            .args(["query", &server.uri, "SELECT 1 AS one", "--format", "csv"])
            .output()
            .unwrap()
    };
    assert_eq!(stdout(&ask("right")), "one\n1\n");
    let line = complaint(&ask("hunter2"), 1);
    assert!(line.contains("logging in") && !line.contains("hunter2"), "{line}");
}

#[test]
fn a_result_that_breaks_says_how_much_was_written() {
    let sql = "SELECT value FROM generate_series(1, 100) /* rows_per_batch=10 die_after=3 */";
    let output = run(&["query", "--embedded", "--format", "csv", sql]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        (output.status.code(), text.lines().count()),
        (Some(1), 1),
        "{text}"
    );
    assert!(
        text.contains("30 rows") && text.contains("asked to die"),
        "{text}"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = jetbridge()
        .args([
            "query",
            "--embedded",
            "--format",
            "csv",
            "SELECT value FROM generate_series(1, 5000000)",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 6];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).as_ref()
        ),
        (Some(0), "")
    );
}

#[test]
fn a_statement_may_come_from_standard_input() {
    let mut child = jetbridge()
        .args(["query", "--embedded", "--format", "csv", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"SELECT 1 AS one").unwrap();
    assert_eq!(stdout(&child.wait_with_output().unwrap()), "one\n1\n");
}

#[cfg(target_os = "linux")]
#[test]
fn many_rows_cost_little_memory() {
    let mut child = jetbridge()
        .args([
            "query",
            "--embedded",
            "--format",
            "csv",
            "SELECT value, value * 2 FROM generate_series(1, 3000000)",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut lines = 0_usize;
    let mut peak = 0_usize;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        line.unwrap();
        lines += 1;
        if lines == 2_900_000 {
            let status = std::fs::read_to_string(&status).unwrap();
            let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
            peak = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        }
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(lines, 3_000_001);
    // The server, the window of 64 MiB and all else; the rows themselves are 48 MB as Arrow and more as text.
    assert!(peak > 0 && peak < 200_000, "{peak} KiB");
}
