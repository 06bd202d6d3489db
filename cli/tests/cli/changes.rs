//! Statements that change something.

use jetbridge_reference_server::ReferenceServer;

use crate::{run, stderr, stdout};

#[test]
fn a_change_runs_once_and_is_counted_on_a_server_that_works_only_when_it_must() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime
        .block_on(ReferenceServer::builder().lazy(true).serve())
        .unwrap();
    let uri = format!("flightsql://{}?transport=tcp", server.address());
    let query = |sql: &str, more: &[&str]| {
        let output = run(&[&["query", &uri, sql], more].concat());
        assert_eq!(output.status.code(), Some(0), "{sql}: {}", stderr(&output));
        output
    };
    query("CREATE TABLE t (a INTEGER)", &[]);
    let (text, bound) = ("INSERT INTO t VALUES (1), (2)", "INSERT INTO t VALUES (?)");
    assert!(stderr(&query(text, &[])).contains("2 rows affected"));
    assert!(stderr(&query(bound, &["--param", "5"])).contains("1 row affected"));
    let counters = server.counters();
    assert_eq!((counters.executions(text), counters.executions(bound)), (1, 1));
    let count = query("SELECT count(*) FROM t", &["--format", "csv", "--no-header"]);
    assert_eq!(stdout(&count).trim(), "3");
}
