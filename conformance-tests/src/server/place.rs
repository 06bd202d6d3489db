//! Where the suite keeps what it fetches and what its servers write: `servers` in cargo's target directory.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};
use std::{env, fs, io};

/// What earlier runs left is removed after this long.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// `target/servers`, wherever cargo's target directory is.
pub fn servers_dir() -> PathBuf {
    target_dir(env::var_os("CARGO_TARGET_DIR").map(PathBuf::from)).join("servers")
}

/// The logs of the servers that the suite starts, one file for each process.
pub(crate) fn logs_dir() -> io::Result<PathBuf> {
    static LOGS: LazyLock<io::Result<PathBuf>> = LazyLock::new(|| prepared("logs"));
    shared(&LOGS)
}

/// Working directories of the servers: Sail, for one, writes its tables into the current directory.
pub(crate) fn work_dir() -> io::Result<PathBuf> {
    static WORK: LazyLock<io::Result<PathBuf>> = LazyLock::new(|| prepared("work"));
    shared(&WORK)
}

fn shared(prepared: &io::Result<PathBuf>) -> io::Result<PathBuf> {
    match prepared {
        Ok(directory) => Ok(directory.clone()),
        Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
    }
}

/// A relative CARGO_TARGET_DIR is relative to where cargo was started: the workspace, as a test runs elsewhere.
fn target_dir(chosen: Option<PathBuf>) -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = manifest.parent().unwrap_or(manifest);
    workspace.join(chosen.unwrap_or_else(|| PathBuf::from("target")))
}

fn prepared(name: &str) -> io::Result<PathBuf> {
    let directory = servers_dir().join(name);
    fs::create_dir_all(&directory)?;
    for entry in fs::read_dir(&directory)?.flatten() {
        if is_old(&entry.path()) {
            remove(&entry.path());
        }
    }
    Ok(directory)
}

fn is_old(path: &Path) -> bool {
    let changed = fs::metadata(path).and_then(|metadata| metadata.modified());
    changed.is_ok_and(|changed| {
        SystemTime::now()
            .duration_since(changed)
            .is_ok_and(|age| age > KEPT)
    })
}

/// Another test process may be removing the same leftovers: then it is gone, which is what was wanted.
fn remove(path: &Path) {
    let _ = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_target_directory_lies_in_the_workspace() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        assert_eq!(target_dir(None), workspace.join("target"));
        assert_eq!(target_dir(Some("elsewhere".into())), workspace.join("elsewhere"));
        assert_eq!(target_dir(Some("/elsewhere".into())), Path::new("/elsewhere"));
    }
}
