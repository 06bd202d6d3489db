//! What a query writes.

use std::io::Write as _;
use std::process::Stdio;

use arrow::ipc::reader::StreamReader;

use crate::{embedded, jetbridge, run, serve, stderr, stdout};

#[test]
fn rows_come_as_csv() {
    let text = stdout(&embedded(&[
        "-f",
        "csv",
        "SELECT code, name, vat FROM countries ORDER BY code",
    ]));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        (lines.len(), lines[0], lines[5]),
        (7, "code,name,vat", "JP,日本,10.00")
    );
}

#[test]
fn rows_come_as_json_lines() {
    let output = embedded(&[
        "-f",
        "json",
        "SELECT 1 AS n, 'a' AS t, NULL AS missing UNION ALL SELECT 2, 'b', 0.5",
    ]);
    let lines = [
        "{\"n\":1,\"t\":\"a\",\"missing\":null}",
        "{\"n\":2,\"t\":\"b\",\"missing\":0.5}",
    ];
    assert_eq!(stdout(&output), lines.map(|line| format!("{line}\n")).concat());
}

#[test]
fn rows_come_as_a_table_that_is_not_cut_in_a_pipe() {
    let output = embedded(&["SELECT 7 AS n, 'abc' AS t, hex(zeroblob(150)) AS long"]);
    let (text, zeros) = (stdout(&output), "0".repeat(300));
    assert_eq!(text.lines().nth(2), Some(format!(" 7 | abc | {zeros}").as_str()));
    assert_eq!(stderr(&output), "", "a script is told nothing it did not ask for");
}

#[test]
fn rows_come_as_an_arrow_stream() {
    let output = embedded(&["-f", "arrow", "SELECT value FROM generate_series(1, 20000)"]);
    let reader = StreamReader::try_new(output.stdout.as_slice(), None).unwrap();
    assert_eq!(
        reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(),
        20_000
    );
}

#[test]
fn a_result_without_rows_still_says_its_columns() {
    let sql = "SELECT code, name FROM countries WHERE code = 'XX'";
    assert_eq!(stdout(&embedded(&["-f", "csv", sql])), "code,name\n");
    assert_eq!(stdout(&embedded(&["-f", "json", sql])), "");
    assert_eq!(stdout(&embedded(&[sql])).lines().count(), 2);
    let stream = embedded(&["-f", "arrow", sql]).stdout;
    assert_eq!(
        StreamReader::try_new(stream.as_slice(), None)
            .unwrap()
            .schema()
            .fields()
            .len(),
        2
    );
}

#[test]
fn the_header_and_null_are_as_asked_for() {
    let output = embedded(&["-f", "csv", "--no-header", "--null", "-", "SELECT NULL, '', 'x'"]);
    assert_eq!(stdout(&output), "-,,x\n");
}

#[test]
fn as_many_rows_come_as_asked_for() {
    let rows = |n: &str| {
        stdout(&embedded(&[
            "-f",
            "csv",
            "-n",
            n,
            "SELECT value FROM generate_series(1, 100000000)",
        ]))
    };
    assert_eq!(rows("3"), "value\n1\n2\n3\n");
    assert_eq!(rows("0"), "value\n");
}

#[test]
fn parameters_are_bound_in_order() {
    let sql = "SELECT name FROM products WHERE id = ? AND price > ? AND name <> ?";
    let output = embedded(&["-f", "csv", "-p", "7", "--param", "-1.5", "--param=text:7", sql]);
    assert_eq!(stdout(&output).lines().count(), 2);
}

#[test]
fn a_statement_may_come_from_standard_input() {
    for words in [
        &["query", "--embedded", "-f", "csv", "-"][..],
        &["query", "--embedded", "-f", "csv"],
    ] {
        let mut child = jetbridge()
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(b"SELECT 1\n AS one\n")
            .unwrap();
        assert_eq!(stdout(&child.wait_with_output().unwrap()), "one\n1\n");
    }
}

#[test]
fn the_connection_comes_from_the_environment_too() {
    let server = serve();
    let output = jetbridge()
        .env("JETBRIDGE_URL", &server.uri)
        .args(["query", "SELECT 1 AS one", "-f", "csv"])
        .output();
    assert_eq!(stdout(&output.unwrap()), "one\n1\n");
}

#[test]
fn a_connection_string_alone_takes_the_statement_from_standard_input() {
    let server = serve();
    let mut child = jetbridge()
        .args(["query", &server.uri, "-f", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"SELECT 1 AS one").unwrap();
    assert_eq!(stdout(&child.wait_with_output().unwrap()), "one\n1\n");
}

#[test]
fn an_update_says_how_many_rows_it_changed() {
    let folder = tempfile::tempdir().unwrap();
    let embedded = format!("--embedded={}", folder.path().join("shop.db").display());
    let change = |sql: &str, more: &[&str]| {
        let output = jetbridge()
            .args(["query", &embedded, sql])
            .args(more)
            .output()
            .unwrap();
        assert_eq!(
            (output.status.code(), stdout(&output).as_str()),
            (Some(0), ""),
            "{}",
            stderr(&output)
        );
        stderr(&output)
    };
    change("CREATE TABLE t (a INTEGER, b TEXT)", &[]);
    assert_eq!(
        change("INSERT INTO t VALUES (1, 'x'), (2, 'y')", &[]),
        "2 rows affected\n"
    );
    assert_eq!(
        change("INSERT INTO t VALUES (?, ?)", &["-p", "3", "-p", "NULL"]),
        "1 row affected\n"
    );
    assert_eq!(change("DELETE FROM t WHERE a = 1", &["--quiet"]), "");
    let output = run(&["query", &embedded, "SELECT * FROM t ORDER BY a", "-f", "csv"]);
    assert_eq!(stdout(&output), "a,b\n2,y\n3,\n");
}

#[test]
fn without_autocommit_what_was_done_is_committed() {
    let folder = tempfile::tempdir().unwrap();
    let embedded = format!("--embedded={}", folder.path().join("shop.db").display());
    let run = |sql: &str| run(&["query", &embedded, "-O", "autocommit=false", "-f", "csv", sql]);
    assert_eq!(run("CREATE TABLE t (a INTEGER)").status.code(), Some(0));
    assert_eq!(run("INSERT INTO t VALUES (5)").status.code(), Some(0));
    assert_eq!(stdout(&run("SELECT a FROM t")), "a\n5\n");
}
