//! What the numbers were measured on.

use std::fs;
use std::process::Command;

/// The versions that count are those of the lock file.
const LOCK: &str = include_str!("../../../../Cargo.lock");
const PYTHON: &str = include_str!("../../../requirements.txt");

/// The machine and the versions, one a line.
pub(crate) fn lines() -> Vec<String> {
    let rust =
        ["arrow-flight", "tonic", "hyper", "h2", "tokio"].map(|name| format!("{name} {}", locked(name)));
    let python = ["adbc-driver-flightsql", "pyarrow", "flightsql-dbapi"].map(|name| {
        let version = PYTHON
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix("=="));
        format!("{name} {}", version.unwrap_or("?"))
    });
    vec![
        format!(
            "Machine: {}, {} cores, {}, {}",
            cpu(),
            cores(),
            memory(),
            said("uname", &["-sr"])
        ),
        format!(
            "Jetbridge {}, {}; {}",
            env!("CARGO_PKG_VERSION"),
            said("rustc", &["--version"]),
            rust.join(", ")
        ),
        format!("{}; {}", said("python3", &["--version"]), python.join(", ")),
        format!(
            "flight-sql-jdbc-driver {}, {}",
            jetbridge_conformance::server::JDBC_VERSION,
            java()
        ),
    ]
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(0, usize::from)
}

fn cpu() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(':'));
    model
        .map_or(std::env::consts::ARCH, |(_, model)| model.trim())
        .to_owned()
}

fn memory() -> String {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = text.lines().find_map(|line| {
        line.strip_prefix("MemTotal:")?
            .trim()
            .strip_suffix(" kB")?
            .parse::<u64>()
            .ok()
    });
    kilobytes.map_or_else(
        || "memory unknown".to_owned(),
        |kilobytes| format!("{} GiB", kilobytes >> 20),
    )
}

/// The first line a program prints.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match text
        .as_deref()
        .map(str::lines)
        .ok()
        .and_then(|mut lines| lines.next())
    {
        Some(line) => line.trim().to_owned(),
        None => format!("no {program}"),
    }
}

/// Java prints its version to standard error.
fn java() -> String {
    let output = Command::new("java").arg("-version").output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stderr).into_owned())
        .unwrap_or_default();
    text.lines().next().unwrap_or("no java").replace('"', "")
}

/// The version of a crate in the lock file.
fn locked(name: &str) -> &'static str {
    let entry = format!("name = \"{name}\"\n");
    let rest = LOCK.split_once(&entry).map(|(_, rest)| rest);
    let version = rest.and_then(|rest| {
        rest.lines()
            .next()?
            .strip_prefix("version = \"")?
            .strip_suffix('"')
    });
    version.unwrap_or("?")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_versions_are_found() {
        assert_ne!(super::locked("tonic"), "?");
        assert!(
            super::lines().iter().all(|line| !line.contains('?')),
            "{:?}",
            super::lines()
        );
    }
}
