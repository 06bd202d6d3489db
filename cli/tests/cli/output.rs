//! Where the output goes, and what is printed besides.

use std::fs;

use crate::{embedded, jetbridge, run, serve_with, stderr, stdout};

#[test]
fn rows_go_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    fs::write(&path, "something longer that was there before").unwrap();
    let output = embedded(&["-f", "csv", "-o", path.to_str().unwrap(), "SELECT 1 AS one"]);
    assert_eq!((stdout(&output), stderr(&output)), (String::new(), String::new()));
    assert_eq!(fs::read_to_string(&path).unwrap(), "one\n1\n");
}

#[test]
fn a_query_that_fails_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    fs::write(&path, "precious").unwrap();
    let output = run(&[
        "query",
        "--embedded",
        "-o",
        path.to_str().unwrap(),
        "SELECT * FROM nowhere",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn logging_is_for_standard_error() {
    let output = embedded(&["-v", "-f", "csv", "SELECT 1 AS one"]);
    assert_eq!(stdout(&output), "one\n1\n");
    assert!(stderr(&output).contains("DEBUG"), "{}", stderr(&output));
    let output = jetbridge()
        .env("JETBRIDGE_LOG", "jetbridge=debug")
        .args(["query", "--embedded", "SELECT 1"])
        .output()
        .unwrap();
    assert!(stderr(&output).contains("DEBUG"));
}

#[test]
fn no_log_holds_a_secret() {
    let server = serve_with(
        jetbridge().env("SERVED", "hunter2"),
        &["--user", "ada", "--password-env", "SERVED"],
    );
    let words = ["query", &server.uri, "SELECT 1 AS one", "-f", "csv"];
    let output = jetbridge()
        .env("JETBRIDGE_PASSWORD", "hunter2")
        .env("JETBRIDGE_LOG", "trace")
        .args(words)
        .output()
        .unwrap();
    assert_eq!(stdout(&output), "one\n1\n");
    // The last is `ada:hunter2` in base64, as the handshake sends it.
    for secret in ["hunter2", "YWRhOmh1bnRlcjI"] {
        assert!(!stderr(&output).contains(secret));
    }
    assert!(stderr(&output).contains("TRACE"));
}

#[test]
fn help_is_plain_text_in_a_pipe() {
    for words in [
        &["--help"][..],
        &["query", "--help"],
        &["serve", "-h"],
        &["--version"],
    ] {
        let output = run(words);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
        assert!(
            stdout(&output).contains("jetbridge") && !stdout(&output).contains('\u{1b}'),
            "{}",
            stdout(&output)
        );
    }
}

#[test]
fn the_options_of_connections_are_listed() {
    let all = stdout(&run(&["options"]));
    assert!(all.contains("query_timeout") && all.contains("pool_max_size"));
    let some = stdout(&run(&["options", "keepalive"]));
    assert!(some.contains("keepalive_interval") && !some.contains("pool_max_size"));
    assert!(stdout(&run(&["options", "--markdown"])).starts_with("# Options\n"));
}
