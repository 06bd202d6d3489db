//! How commands end that somebody ends: a reader that goes away, Ctrl-C, SIGTERM; and what a long result costs until then.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;

use crate::{Running, jetbridge, run, serve, stdout};

const LONG: &str = "SELECT value, value * 2 FROM generate_series(1, 2000000)";
/// More than anybody waits for.
const ENDLESS: &str = "SELECT value FROM generate_series(1, 100000000000)";

fn query(format: &str, sql: &str) -> Running {
    Running::start(jetbridge().args(["query", "--embedded", "--format", format, sql]))
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for format in ["csv", "json", "table", "arrow"] {
        let mut child = query(format, ENDLESS);
        let mut first = [0; 6];
        child.0.stdout.take().unwrap().read_exact(&mut first).unwrap();
        assert_eq!(child.end(), (Some(0), String::new()), "{format}");
    }
}

#[test]
fn ctrl_c_ends_a_query_though_nobody_reads_its_output() {
    for (signal, code, note) in [("-INT", 130, "cancelled\n"), ("-TERM", 143, "")] {
        let mut child = query("csv", ENDLESS);
        let mut pipe = child.0.stdout.take().unwrap();
        pipe.read_exact(&mut [0; 6]).unwrap();
        // The pipe stays open, and full.
        child.signal(signal);
        assert_eq!(child.end(), (Some(code), note.to_owned()));
        drop(pipe);
    }
}

#[test]
fn ctrl_c_ends_a_query_whose_server_is_silent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("flightsql://{}?transport=tcp", listener.local_addr().unwrap());
    let child = Running::start(jetbridge().args(["query", &uri, "SELECT 1"]));
    let connection = listener.accept().unwrap();
    child.signal("-INT");
    assert_eq!(child.end().0, Some(130));
    drop(connection);
}

#[test]
fn a_served_database_answers_until_it_is_told_to_end() {
    for signal in ["-INT", "-TERM"] {
        let server = serve();
        let output = run(&[
            "query",
            &server.uri,
            "SELECT count(*) AS n FROM customers",
            "-f",
            "csv",
        ]);
        assert_eq!(stdout(&output), "n\n500\n");
        server.process.signal(signal);
        let (code, notes) = server.process.end();
        assert_eq!(code, Some(0), "{notes}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn many_rows_cost_little_memory() {
    for format in ["csv", "table"] {
        let mut child = query(format, LONG);
        let mut lines = 0_usize;
        let mut peak = 0_usize;
        for line in BufReader::new(child.0.stdout.take().unwrap()).lines() {
            line.unwrap();
            lines += 1;
            if lines == 1_900_000 {
                peak = most_memory(child.0.id());
            }
        }
        assert_eq!(child.end(), (Some(0), String::new()));
        assert!(lines > 2_000_000, "{lines}");
        // The server and its window too; the rows themselves are 32 MB as Arrow and more as text.
        assert!((1..200_000).contains(&peak), "{format}: {peak} KiB");
    }
}

/// The most memory a process has had, in KiB.
#[cfg(target_os = "linux")]
fn most_memory(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
