//! What a failure prints: one clear line, and an exit code.

use std::net::TcpListener;

use crate::{jetbridge, run, serve, serve_with, stderr, stdout};

/// The line a failure prints. Nothing else is printed anywhere.
fn line(output: &std::process::Output, code: i32) -> String {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        text.starts_with("error: ") && !text.contains("panicked"),
        "{text}"
    );
    assert_eq!(stdout(output), "");
    text
}

/// An address that refuses connections.
fn refused() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("flightsql://{}?transport=tcp", listener.local_addr().unwrap())
}

#[test]
fn a_port_that_nobody_listens_on() {
    assert!(line(&run(&["query", &refused(), "SELECT 1"]), 1).contains("refused"));
}

#[test]
fn a_host_that_is_not_there() {
    let uri = "flightsql://no-such-host.invalid?transport=tcp";
    assert!(line(&run(&["query", uri, "SELECT 1"]), 1).contains("no-such-host.invalid"));
}

#[test]
fn a_server_that_speaks_plaintext_where_tls_was_meant() {
    let server = serve();
    let uri = server.uri.replace("transport=tcp", "transport=tls");
    assert!(line(&run(&["query", &uri, "SELECT 1"]), 1).contains("connecting"));
}

#[test]
fn wrong_sql() {
    let server = serve();
    let words = line(&run(&["query", &server.uri, "SELECT a FROM nowhere"]), 1);
    assert!(
        words.contains("no such table: nowhere") && words.contains("executing"),
        "{words}"
    );
    let words = line(&run(&["query", &server.uri, "SELEC\n1"]), 1);
    assert!(words.contains("syntax error"), "{words}");
}

#[test]
fn a_wrong_option_of_the_connection() {
    let uri = "flightsql://127.0.0.1?query_timout=3s";
    assert!(line(&run(&["query", uri, "SELECT 1"]), 2).contains("query_timeout"));
    let option = ["query", "--embedded", "-O", "query_timout=3s", "SELECT 1"];
    assert!(line(&run(&option), 2).contains("query_timeout"));
    assert!(line(&run(&["query", "nonsense", "SELECT 1"]), 2).contains("flightsql://"));
}

#[test]
fn a_wrong_command_line() {
    for words in [
        &["query", "--embedded", "--fromat", "csv", "SELECT 1"][..],
        &["query", "--embedded", "--format", "xml", "SELECT 1"],
        &["query", "--embedded", "--param", "date:soon", "SELECT ?"],
        &["query", "--embedded", "flightsql://h", "SELECT 1"],
        &["query", "--embedded", ""],
        &["query", "--embedded"],
        &["query", "SELECT 1"],
        &["query", "flightsql://h", "SELECT", "1"],
        &["query", "--embedded", "--output", "/nowhere/at/all", "SELECT 1"],
        &[
            "query",
            "--embedded",
            "--password-env",
            "JETBRIDGE_NO_SUCH_VARIABLE",
            "SELECT 1",
        ],
        &["serve", "--listen", "nowhere"],
        &["serve", "--user", "me"],
        &["ping"],
        &["options", "no such word"],
        &["sing"],
        &[],
    ] {
        line(&run(words), 2);
    }
}

#[test]
fn a_parameter_too_many() {
    assert!(
        line(
            &run(&["query", "--embedded", "-p", "1", "-p", "2", "SELECT ?"]),
            2
        )
        .contains("parameter")
    );
}

#[test]
fn a_port_that_is_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    assert!(line(&run(&["serve", "--listen", &address]), 1).contains(&address));
}

#[test]
fn a_wrong_password_is_told_without_the_password() {
    let server = serve_with(
        jetbridge().env("SERVED", "right"),
        &["--user", "ada", "--password-env", "SERVED"],
    );
    let ask = |password: &str| {
        let words = ["query", &server.uri, "SELECT 1 AS one", "--format", "csv"];
        jetbridge()
            .env("JETBRIDGE_PASSWORD", password)
            .args(words)
            .output()
            .unwrap()
    };
    assert_eq!(stdout(&ask("right")), "one\n1\n");
    let words = line(&ask("hunter2"), 1);
    assert!(
        words.contains("logging in") && !words.contains("hunter2"),
        "{words}"
    );
}

#[test]
fn a_wrong_token() {
    let server = serve_with(jetbridge().env("SERVED", "right"), &["--token-env", "SERVED"]);
    let ask = |token: &str| {
        let words = [
            "query",
            &server.uri,
            "SELECT 1 AS one",
            "-f",
            "csv",
            "--token-env",
            "MINE",
        ];
        jetbridge().env("MINE", token).args(words).output().unwrap()
    };
    assert_eq!(stdout(&ask("right")), "one\n1\n");
    assert!(!line(&ask("hunter2"), 1).contains("hunter2"));
}

#[test]
fn a_result_that_breaks_says_how_many_rows_were_written() {
    let sql = "SELECT value FROM generate_series(1, 100) /* rows_per_batch=10 die_after=3 */";
    for (format, written) in [("csv", 31), ("json", 30), ("table", 32)] {
        let output = run(&["query", "--embedded", "--format", format, sql]);
        let text = stderr(&output);
        assert_eq!(
            (output.status.code(), text.lines().count()),
            (Some(1), 1),
            "{text}"
        );
        assert!(text.contains("30 rows were written before"), "{text}");
        assert_eq!(stdout(&output).lines().count(), written, "{format}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full() {
    assert!(
        line(&run(&["query", "--embedded", "-o", "/dev/full", "SELECT 1"]), 1).contains("write the output")
    );
}
