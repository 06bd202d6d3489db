//! The programs that the suite starts, fetched once into [`servers_dir`].
//!
//! Python packages go into one virtual environment, Go programs are built by `go install`; the versions are exact.
//! The first test that needs one waits for the installation, and so do all others that ask meanwhile, in this
//! process or another.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs};

use super::not_run::{NotRun, announce};
use super::once::{beside, once};
use super::process::last_lines;
use super::{place, servers_dir};

/// Read at compile time, so that a change of the file is a change of the key below.
const REQUIREMENTS: &str = include_str!("../../requirements.txt");

/// Prints nothing when the interpreter will do, otherwise what is missing.
const CHECK_PYTHON: &str = "
import importlib.util, sys
missing = [name for name in ('venv', 'ensurepip') if importlib.util.find_spec(name) is None]
if sys.version_info < (3, 11):
    print('python3 is %d.%d; 3.11 or newer is needed' % sys.version_info[:2])
elif missing:
    print('python3 lacks the module ' + missing[0] + '; on Debian: apt-get install python3-venv')
";

/// The Python of the virtual environment that holds Sail, ROAPI and the peers.
///
/// # Errors
///
/// When there is no suitable `python3`, or the packages cannot be installed; `what` is what the caller needs it for.
pub fn python(what: &str) -> Result<PathBuf, NotRun> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let installed = PYTHON.get_or_init(install_python);
    installed.clone().map_err(|reason| NotRun::new(what, reason))
}

/// The Python of an environment of its own for Authlib, which the OAuth server of the suite is made of.
///
/// # Errors
///
/// As [`python`].
pub fn authlib(what: &str) -> Result<PathBuf, NotRun> {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("requirements-oauth.txt");
    python_with("authlib", &requirements, what)
}

/// A program that a Python package of the virtual environment brought, such as `sail` or `roapi`.
///
/// # Errors
///
/// As [`python`].
pub fn python_program(name: &str) -> Result<PathBuf, NotRun> {
    Ok(python(name)?.with_file_name(name))
}

/// A program that is built from a Go module.
#[derive(Debug)]
pub struct GoProgram {
    /// Its name, also that of the file.
    pub name: &'static str,
    /// The package of its `main`, and the exact version of the module.
    pub package: &'static str,
    installed: OnceLock<Result<PathBuf, String>>,
}

/// The Flight SQL example server of arrow-go, on an SQLite database in memory.
pub static GO_SQLITE: GoProgram = GoProgram::new(
    "sqlite_flightsql_server",
    "github.com/apache/arrow-go/v18/arrow/flight/flightsql/example/cmd/sqlite_flightsql_server@v18.8.0",
);

/// The server side of the official Flight integration scenarios.
pub static GO_INTEGRATION: GoProgram = GoProgram::new(
    "arrow-flight-integration-server",
    "github.com/apache/arrow-go/v18/arrow/internal/flight_integration/cmd/arrow-flight-integration-server@v18.8.0",
);

/// A TCP proxy that spoils connections on command.
pub static TOXIPROXY: GoProgram = GoProgram::new(
    "toxiproxy-server",
    "github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0",
);

impl GoProgram {
    const fn new(name: &'static str, package: &'static str) -> Self {
        Self {
            name,
            package,
            installed: OnceLock::new(),
        }
    }

    /// The path of the program, which is built first where that was not yet done.
    ///
    /// # Errors
    ///
    /// When there is no `go`, or the program cannot be built.
    pub fn path(&self) -> Result<PathBuf, NotRun> {
        let installed = self.installed.get_or_init(|| self.install());
        installed.clone().map_err(|reason| NotRun::new(self.name, reason))
    }

    fn install(&self) -> Result<PathBuf, String> {
        let program = servers_dir().join("bin").join(self.name);
        once(&program, &program, self.package, || {
            let go = find_program("go").ok_or("go not found")?;
            announce(&format!(
                "fetching {} into target/servers (once; a minute or two)…",
                self.name
            ));
            self.build(&go, &program)
        })?;
        Ok(program)
    }

    /// Builds into a directory of its own: go names the file after the package, which may say no more than `server`.
    fn build(&self, go: &Path, program: &Path) -> Result<(), String> {
        let built = beside(program, "build");
        remove_directory(&built)?;
        run(
            Command::new(go)
                .arg("install")
                .arg(self.package)
                .env("GOBIN", &built)
                .env_remove("GOFLAGS"),
            &format!("install-{}", self.name),
        )?;
        let path = self.package.split('@').next().unwrap_or_default();
        let file = path.rsplit('/').next().unwrap_or_default();
        fs::rename(built.join(file), program)
            .map_err(|error| format!("go install left no {file}: {error}"))?;
        remove_directory(&built)
    }
}

fn install_python() -> Result<PathBuf, String> {
    install_environment(
        "python",
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("requirements.txt"),
        REQUIREMENTS,
        "sail, roapi and the Python peers",
    )
}

/// The Python of a virtual environment of its own, with the packages of a requirements file; `what` says what they are for.
///
/// # Errors
///
/// When there is no suitable `python3`, or the packages cannot be installed.
pub fn python_with(name: &str, requirements: &Path, what: &str) -> Result<PathBuf, NotRun> {
    fs::read_to_string(requirements)
        .map_err(|error| format!("{} cannot be read: {error}", requirements.display()))
        .and_then(|pinned| install_environment(name, requirements, &pinned, what))
        .map_err(|reason| NotRun::new(what, reason))
}

fn install_environment(name: &str, requirements: &Path, pinned: &str, what: &str) -> Result<PathBuf, String> {
    let environment = servers_dir().join(name);
    let installed = environment.join("bin").join("python");
    // A virtual environment holds its own path: moved elsewhere it does not work.
    let key = format!("{}\n{pinned}", environment.display());
    once(&environment, &installed, &key, || {
        let python = find_program("python3").ok_or("python3 not found")?;
        check_python(&python)?;
        announce(&format!(
            "fetching {what} into target/servers (once; a minute or two)…"
        ));
        run(
            Command::new(&python)
                .args(["-m", "venv", "--clear"])
                .arg(&environment),
            &format!("install-venv-{name}"),
        )?;
        run(
            Command::new(&installed)
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--disable-pip-version-check",
                    "--no-input",
                    "--requirement",
                ])
                .arg(requirements),
            &format!("install-pip-{name}"),
        )
    })?;
    Ok(installed)
}

fn check_python(python: &Path) -> Result<(), String> {
    let output = Command::new(python)
        .args(["-I", "-c", CHECK_PYTHON])
        .output()
        .map_err(|error| format!("python3 cannot be started: {error}"))?;
    let missing = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match (output.status.success(), missing.is_empty()) {
        (true, true) => Ok(()),
        (true, false) => Err(missing),
        (false, _) => Err(format!("python3 does not work: {}", reason_in(&output.stderr))),
    }
}

/// Runs a step of an installation; all it prints goes to a log of the given name.
pub(super) fn run(command: &mut Command, log: &str) -> Result<(), String> {
    let log = place::logs_dir()
        .map_err(|error| format!("no directory for logs: {error}"))?
        .join(format!("{log}.log"));
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{} cannot be started: {error}", command.get_program().display()))?;
    let all = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    // The log is for people; the reason below is what counts.
    let _ = fs::write(&log, &all);
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "not installed: {}; all of it in {}",
        reason_in(&all),
        log.display()
    ))
}

/// What a failed tool says last is most often why.
fn reason_in(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    last_lines(text.trim_end(), 1).trim().to_owned()
}

fn remove_directory(path: &Path) -> Result<(), String> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", path.display()))
        }
        _ => Ok(()),
    }
}

/// The first file of this name on the search path.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let directories = env::var_os("PATH")?;
    env::split_paths(&directories)
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_on_the_search_path() {
        assert!(find_program("sh").is_some_and(|path| path.is_absolute()));
        assert_eq!(find_program("no-such-program"), None);
    }

    #[test]
    fn a_failed_step_gives_its_last_line() {
        let mut command = Command::new("/bin/sh");
        let failed = run(
            command.args(["-c", "echo first; echo no network >&2; exit 1"]),
            "install-test",
        )
        .unwrap_err();
        assert!(failed.starts_with("not installed: no network; "), "{failed}");
    }

    #[test]
    fn every_requirement_is_pinned() {
        let named = REQUIREMENTS
            .lines()
            .chain(include_str!("../../requirements-oauth.txt").lines())
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        for requirement in named {
            assert!(requirement.contains("=="), "{requirement}");
        }
    }

    #[test]
    fn the_python_that_runs_is_the_installed_one() {
        let python = crate::require!(python("python peers"));
        let output = Command::new(python)
            .args(["-c", "import sys; print(sys.prefix)"])
            .output()
            .unwrap();
        let prefix = String::from_utf8(output.stdout).unwrap();
        assert_eq!(Path::new(prefix.trim()), servers_dir().join("python"));
    }
}
