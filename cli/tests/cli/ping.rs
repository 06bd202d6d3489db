//! `jetbridge ping`: each step, and the one that fails with what to do.

use std::net::TcpListener;

use crate::{jetbridge, run, serve, serve_with, stderr, stdout};

/// The step that failed and the advice below it; the exit code is 1, and standard error has one line.
fn failed(connection: &str) -> (String, String) {
    let output = run(&["ping", connection]);
    let (text, notes) = (stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(1), "{text}{notes}");
    assert_eq!(notes.lines().count(), 1, "{notes}");
    let mut lines = text.lines().skip_while(|line| !line.starts_with("  ✗ "));
    let failed = lines.next().unwrap_or_else(|| panic!("no step failed: {text}"));
    let advice = lines.next().unwrap_or_else(|| panic!("no advice: {text}"));
    assert!(advice.starts_with("    → "), "{text}");
    (failed.trim_start_matches("  ✗ ").to_owned(), advice.to_owned())
}

#[track_caller]
fn says(found: &(String, String), step: &str, reason: &str, advice: &str) {
    assert!(found.0.starts_with(step), "{found:?}");
    assert!(found.0.contains(reason) && found.1.contains(advice), "{found:?}");
}

fn at(listener: &TcpListener, options: &str) -> String {
    format!("flightsql://{}?{options}", listener.local_addr().unwrap())
}

#[test]
fn a_server_that_is_well_shows_every_step_and_its_time() {
    let server = serve();
    let output = run(&["ping", &server.uri.replace("127.0.0.1", "localhost")]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}{}", stderr(&output));
    let steps: Vec<_> = text.lines().skip(1).collect();
    for (line, step) in steps.iter().zip(["name", "connect", "HTTP/2", "first query"]) {
        assert!(line.starts_with(&format!("  ✓ {step}")), "{text}");
        assert!(line.ends_with(" ms") || line.ends_with(" s"), "{text}");
    }
    assert_eq!(steps.len(), 4, "{text}");
}

#[test]
fn a_port_that_is_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connection = at(&listener, "transport=tcp");
    drop(listener);
    says(
        &failed(&connection),
        "connect",
        "refused",
        "is the server running",
    );
}

#[test]
fn a_name_that_nobody_has() {
    says(
        &failed("flightsql://no-such-host.invalid?transport=tcp"),
        "name",
        "",
        "host name",
    );
}

#[test]
fn plaintext_where_tls_was_meant() {
    let server = serve();
    let connection = server.uri.replace("transport=tcp", "transport=tls");
    says(&failed(&connection), "TLS", "", "transport=tcp");
}

#[test]
fn something_that_takes_connections_and_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = at(&listener, "transport=tcp&connect_timeout=300ms");
    says(&failed(&plain), "HTTP/2", "said nothing", "connect_timeout");
    let tls = at(&listener, "transport=tls&connect_timeout=300ms");
    assert!(failed(&tls).0.starts_with("TLS"));
}

#[test]
fn a_wrong_password_fails_at_the_login_and_is_not_repeated() {
    let server = serve_with(
        jetbridge().env("SERVED", "right"),
        &["--user", "ada", "--password-env", "SERVED"],
    );
    let connection = server.uri.replace("flightsql://", "flightsql://ada:wr0ng@");
    let connection = connection.replace("ada@ada", "ada");
    let found = failed(&connection);
    says(&found, "login", "", "password");
    assert!(!format!("{found:?}").contains("wr0ng"));
}
