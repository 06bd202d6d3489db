//! Runs the tests of the Python package, written in Python, against servers that are started here.
//!
//! The package is put together from `python/jetbridge` and the library that cargo has just built; nothing is installed outside of `target`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{LazyLock, OnceLock};

use jetbridge_conformance::likeness::{likenesses, serve};
use jetbridge_conformance::require;
use jetbridge_conformance::server::{self, NotRun, tools};
use jetbridge_reference_server::{ReferenceServer, Running};
use tokio::runtime::Runtime;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Drives the servers, which live as long as the tests.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime starts"));

/// The reference server, open to everybody, and one that wants a password. Each file of tests has its own: SQLite lets one transaction write at a time.
fn reference_servers() -> (Running, Running) {
    RUNTIME.block_on(async {
        let open = ReferenceServer::builder().sample(true).serve().await;
        let closed = ReferenceServer::builder()
            .sample(true)
            .users([("ada", "l0velace")])
            .token("a-token")
            .require_header("database", "sensors")
            .serve()
            .await;
        (
            open.expect("the reference server starts"),
            closed.expect("the reference server starts"),
        )
    })
}

fn python() -> Result<PathBuf, NotRun> {
    tools::python_with(
        "python-package",
        &Path::new(ROOT).join("requirements.txt"),
        "the tests of the Python package",
    )
}

/// A directory with the package `jetbridge` in it.
fn package() -> &'static Path {
    static PACKAGE: OnceLock<tempfile::TempDir> = OnceLock::new();
    PACKAGE
        .get_or_init(|| {
            let directory = tempfile::tempdir().expect("there is room for the package");
            let test = env::current_exe().expect("the test knows where it is");
            // Cargo puts the library that it builds for this test beside the test itself.
            let built = test.parent().expect("the test lies in a directory");
            server::assemble_python_package(built, directory.path()).expect("the library has been built");
            // With the settings of the type checkers, which look for them where they run.
            let settings = "pyproject.toml";
            std::fs::copy(Path::new(ROOT).join(settings), directory.path().join(settings))
                .expect("the settings can be copied");
            directory
        })
        .path()
}

fn run(command: &mut Command) -> Output {
    command.output().expect("Python starts")
}

fn check(output: &Output) {
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// pytest over the package, which leaves nothing behind in the source tree.
fn pytest_command(python: &Path) -> Command {
    let mut command = Command::new(python);
    command
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short"])
        .current_dir(package())
        .env("PYTHONPATH", package())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Runs one file of tests; what the open server was asked is to be seen afterwards.
fn pytest(python: &Path, file: &str, more: &[(&str, &str)]) -> Running {
    let (open, closed) = reference_servers();
    let output = run(pytest_command(python)
        .arg(Path::new(ROOT).join("tests").join(file))
        .env("JETBRIDGE_TEST_URI", uri(&open))
        .env("JETBRIDGE_TEST_LOCKED", closed.address().to_string())
        .envs(more.iter().copied()));
    check(&output);
    open
}

fn uri(server: &Running) -> String {
    format!("flightsql://{}?transport=tcp", server.address())
}

#[test]
fn the_interface_is_that_of_pep_249() {
    let python = require!(python());
    pytest(&python, "test_dbapi.py", &[]);
}

#[test]
fn a_statement_that_comes_again_stays_prepared() {
    let python = require!(python());
    let server = pytest(&python, "test_prepared.py", &[]);
    let counters = server.counters();
    let prepared = [
        ("on one cursor and then on others", 1),
        ("rows of parameters and single ones", 1),
        ("in two transactions", 2),
        ("where nothing is kept", 4),
        ("values of five types", 1),
        ("with a deadline that passed, and without", 2),
        ("by asyncio", 1),
        ("in a pool", 1),
    ];
    assert_eq!(
        counters.action("CreatePreparedStatement"),
        prepared.iter().map(|(_, count)| count).sum::<u64>(),
        "{prepared:?}"
    );
    assert_eq!(counters.open_statements, 0);
}

#[test]
fn the_compliance_suite_of_pep_249_passes() {
    let python = require!(python());
    pytest(&python, "test_compliance.py", &[]);
}

#[test]
fn every_value_survives_the_way_there_and_back() {
    let python = require!(python());
    pytest(&python, "test_values.py", &[]);
}

#[test]
fn pyarrow_pandas_polars_and_duckdb_read_a_result() {
    let python = require!(python());
    pytest(&python, "test_arrow.py", &[]);
}

#[test]
fn what_is_handed_over_broken_is_an_exception_and_never_the_end_of_the_process() {
    let python = require!(python());
    pytest(&python, "test_broken.py", &[]);
}

#[test]
fn programs_for_flightsql_dbapi_run_after_changing_their_import() {
    let python = require!(python());
    pytest(&python, "test_flight.py", &[]);
}

#[test]
fn the_same_works_with_asyncio() {
    let python = require!(python());
    pytest(&python, "test_aio.py", &[]);
}

#[test]
fn connections_come_from_a_pool() {
    let python = require!(python());
    pytest(&python, "test_pool.py", &[]);
}

#[test]
fn sqlalchemy_speaks_the_dialect() {
    let python = require!(python());
    pytest(&python, "test_sqlalchemy.py", &[]);
}

#[test]
fn it_works_on_servers_that_are_not_ours() {
    let python = require!(python());
    let sail = require!(RUNTIME.block_on(server::sail()));
    let sample = require!(server::sample_parquet(1000));
    let roapi = require!(RUNTIME.block_on(server::roapi("sample", &sample)));
    let go = require!(RUNTIME.block_on(server::go_sqlite()));
    pytest(
        &python,
        "test_servers.py",
        &[
            ("JETBRIDGE_TEST_SAIL", &sail.uri()),
            ("JETBRIDGE_TEST_ROAPI", &roapi.uri()),
            ("JETBRIDGE_TEST_GO", &go.uri()),
        ],
    );
}

#[test]
fn sqlalchemy_writes_what_each_server_of_the_field_reads() {
    let python = require!(python());
    let mut running = Vec::new();
    let mut lines = Vec::new();
    for likeness in likenesses() {
        let server = RUNTIME.block_on(serve(likeness.clone()));
        let server = server.expect("the likeness starts");
        for (evidence, named) in [("name", false), ("option", true)] {
            let uri = likeness.connection(named, &server);
            lines.push(format!("{} {evidence} {uri}", likeness.name));
        }
        running.push(server);
    }
    pytest(
        &python,
        "test_manners.py",
        &[("JETBRIDGE_TEST_LIKENESSES", &lines.join("\n"))],
    );
}

#[test]
fn the_types_are_right_in_strict_mode() {
    let python = require!(python());
    let output = run(Command::new(&python)
        .args([
            "-m",
            "mypy",
            "--strict",
            "--no-incremental",
            "--package",
            "jetbridge",
        ])
        .current_dir(package()));
    check(&output);
}

#[test]
fn pyright_finds_the_types_right_in_strict_mode() {
    let python = require!(python());
    let output = run(Command::new(&python)
        .args(["-m", "basedpyright", "--pythonpath"])
        .arg(&python)
        .arg("jetbridge")
        .current_dir(package()));
    check(&output);
}

#[test]
fn the_suite_that_sqlalchemy_has_for_dialects_passes() {
    let python = require!(python());
    // It counts tables: there must be none but its own.
    let server = RUNTIME
        .block_on(ReferenceServer::builder().sample(false).serve())
        .expect("the reference server starts");
    let suite = Path::new(ROOT).join("tests").join("sqlalchemy_suite");
    let output = run(pytest_command(&python)
        .arg("-rfE")
        .arg("--dburi")
        .arg(uri(&server).replace("flightsql:", "flightsql+jetbridge:"))
        .arg(suite.join("test_suite.py"))
        .arg(format!("--rootdir={}", suite.display()))
        .env(
            "PYTHONPATH",
            env::join_paths([package(), &suite]).expect("paths can be joined"),
        ));
    check(&output);
}
