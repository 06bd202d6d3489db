//! The examples of the driver, as a user runs them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use jetbridge_reference_server::ReferenceServer;

use crate::string;

/// Where the examples lie: beside the tests. `cargo test` of the workspace has built them; a run of this package alone has not.
fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let tests = std::env::current_exe().unwrap();
        let directory = tests.parent().and_then(Path::parent).unwrap().join("examples");
        if !binary(&directory, "structs").exists() {
            let built = Command::new(env!("CARGO"))
                .args(["build", "--quiet", "--workspace", "--examples"])
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .status()
                .expect("cargo runs");
            assert!(built.success(), "the examples do not build");
        }
        directory
    })
}

fn binary(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Runs an example against a server of its own.
async fn run(name: &str) -> String {
    let server = ReferenceServer::builder().serve().await.unwrap();
    let target = string(&server);
    let ran = tokio::task::spawn_blocking({
        let program = binary(directory(), name);
        move || Command::new(program).arg(target).output()
    });
    let output = ran
        .await
        .unwrap()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{name}: {stdout}{stderr}");
    let counters = server.counters();
    assert_eq!(counters.open_statements, 0, "{name} left statements open");
    stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn quickstart_prints_rows() {
    let output = run("quickstart").await;
    assert_eq!(output.lines().count(), 3, "{output}");
    assert!(output.starts_with("1 "), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn prepared_binds_rows_and_names() {
    assert_eq!(
        run("prepared").await,
        "inserted 1 and 99\nup to 10: 4 without a note\nup to 50: 24 without a note\ntotal 210\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn transaction_commits_and_rolls_back() {
    assert_eq!(
        run("transaction").await,
        "after the commit: 150\nafter the savepoint: 170\nafter the drop: 170\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ingest_loads_batches() {
    assert_eq!(
        run("ingest").await,
        "loaded 4000 rows\nfound 4000, the largest is 1999.5\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_ends_a_query() {
    assert_eq!(run("cancel").await, "cancelled\nstill here\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_shows_tables_and_columns() {
    let output = run("metadata").await;
    let lines: Vec<&str> = output.lines().collect();
    assert!(lines[0].ends_with(" customers"), "{output}");
    assert!(lines[lines.len() - 2].starts_with("id "), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn blocking_iterates_and_reads_batches() {
    let output = run("blocking").await;
    assert!(
        output.starts_with("1 ") && output.ends_with(" columns, 500 rows\n"),
        "{output}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn structs_are_read_and_sent() {
    let output = run("structs").await;
    assert!(output.starts_with("[Customer { id: 1, name: \""), "{output}");
    assert!(output.contains("ids 125250, letters "), "{output}");
    assert!(output.ends_with("Ada is number 1000\n"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_read_by_other_processes() {
    let output = run("partitions").await;
    assert_eq!(output.lines().count(), 4, "{output}");
    assert!(output.ends_with("500 rows in all\n"), "{output}");
}

#[test]
fn every_example_is_short_and_is_run() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../driver/examples");
    let suite = include_str!("examples.rs");
    let mut examples = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 80, "{name} has {lines} lines");
        assert!(suite.contains(&format!("run(\"{name}\")")), "{name} is not run");
        examples += 1;
    }
    assert!(examples >= 8);
}
