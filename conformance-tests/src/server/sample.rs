//! A sample table of any length, and how pyarrow reads it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::not_run::NotRun;
use super::once::once;
use super::{servers_dir, tools};

const WRITE: &str = include_str!("sample_parquet.py");
const READ: &str = include_str!("sample_csv.py");

/// A Parquet file of `rows` rows, always the same ones, in row groups of 10 000.
///
/// Row `i`, from 0:
///
/// | column | type | value |
/// | --- | --- | --- |
/// | `id` | int64 | `i` |
/// | `small` | int32 | `(i * 7919) mod 100003 - 50000` |
/// | `ratio` | float64 | `(i - 1000) / 8`; NULL where `i mod 11 = 5` |
/// | `text` | utf8 | `row i`, empty where `i mod 5 = 3`, with `é`, `日本` where `i mod 5 = 4`; NULL where `i mod 7 = 0` |
/// | `at` | timestamp(µs), no zone | 2024-01-01 plus `i * 1000003` µs |
/// | `flag` | bool | `i mod 3 = 0`; NULL where `i mod 13 = 1` |
///
/// # Errors
///
/// When there is no Python environment here.
pub fn sample_parquet(rows: usize) -> Result<PathBuf, NotRun> {
    let parquet = samples_dir().join(format!("sample-{rows}.parquet"));
    make(&parquet, WRITE, &[&rows.to_string(), &text(&parquet)])?;
    Ok(parquet)
}

/// The sample of so many rows as pyarrow reads it: one line for each row, in the order of `id`, cells separated by
/// a comma.
///
/// NULL is `\N`, a timestamp the number of microseconds since 1970, a bool `true` or `false`, a float the shortest
/// text that reads back as the same number, with a fraction: what `{:?}` prints in Rust. No text has a comma.
///
/// # Errors
///
/// When there is no Python environment here.
pub fn sample_csv(rows: usize) -> Result<String, NotRun> {
    let parquet = sample_parquet(rows)?;
    let csv = samples_dir().join(format!("sample-{rows}.csv"));
    make(&csv, READ, &[&text(&parquet), &text(&csv)])?;
    std::fs::read_to_string(&csv)
        .map_err(|error| NotRun::new("sample", format!("{}: {error}", csv.display())))
}

/// Runs a script with the Python of the virtual environment, and gives what it printed.
///
/// # Errors
///
/// When there is no Python environment here.
///
/// # Panics
///
/// When the script fails.
pub fn run_python(what: &str, script: &str, arguments: &[&str]) -> Result<String, NotRun> {
    let python = tools::python(what)?;
    // Isolated: neither the directory of the test nor PYTHON* variables change what is imported.
    let output = Command::new(python)
        .args(["-I", "-c", script])
        .args(arguments)
        .output();
    let output = output.unwrap_or_else(|error| panic!("{what}: python cannot be started: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{what}: the script failed ({}):\n{errors}",
        output.status
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The script is the key: another script makes the file again.
fn make(file: &Path, script: &str, arguments: &[&str]) -> Result<(), NotRun> {
    tools::python("sample")?;
    let made = once(file, file, script, || {
        run_python("sample", script, arguments)
            .map(drop)
            .map_err(|not_run| not_run.to_string())
    });
    made.map_err(|reason| NotRun::new("sample", reason))
}

fn samples_dir() -> PathBuf {
    servers_dir().join("samples")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
