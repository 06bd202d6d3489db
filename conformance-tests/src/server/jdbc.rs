//! The JDBC driver of Arrow Flight SQL, fetched by Maven.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use super::not_run::{NotRun, announce};
use super::once::once;
use super::servers_dir;
use super::tools::{find_program, run};

/// Its version.
pub const JDBC_VERSION: &str = "18.3.0";

/// The driver, a jar that holds all it needs; what runs it is `java` 17 or newer.
///
/// # Errors
///
/// When there is no `java` or no `mvn`, or the driver cannot be fetched.
pub fn jdbc_driver() -> Result<PathBuf, NotRun> {
    static DRIVER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let installed = DRIVER.get_or_init(install);
    installed.clone().map_err(|reason| NotRun::new("jdbc", reason))
}

fn install() -> Result<PathBuf, String> {
    find_program("java").ok_or("java not found")?;
    let directory = servers_dir().join("java");
    let driver = directory.join(format!("flight-sql-jdbc-driver-{JDBC_VERSION}.jar"));
    once(&driver, &driver, JDBC_VERSION, || {
        let mvn = find_program("mvn").ok_or("mvn not found")?;
        announce("fetching the JDBC driver into target/servers (once; some seconds)…");
        run(
            Command::new(mvn)
                .args(["-q", "-B"])
                .arg("org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy")
                .arg(format!(
                    "-Dartifact=org.apache.arrow:flight-sql-jdbc-driver:{JDBC_VERSION}"
                ))
                .arg(format!("-DoutputDirectory={}", directory.display())),
            "install-jdbc",
        )
    })?;
    Ok(driver)
}
