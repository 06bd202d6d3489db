//! Something made once per machine, however many tests of however many processes ask for it at the same time.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// Makes what is at `place` by `make`, unless that was done before with the same `key`.
///
/// A lock file beside it holds back other threads and processes meanwhile; a marker, written last, holds the key.
/// An attempt that was interrupted therefore leaves no marker and is repeated. So is one whose `artefact`, the file
/// that counts at that place, is no longer there.
pub(crate) fn once(
    place: &Path,
    artefact: &Path,
    key: &str,
    make: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let marker = beside(place, "done");
    if is_made(artefact, &marker, key) {
        return Ok(());
    }
    let lock = beside(place, "lock");
    let _held = lock_file(&lock).map_err(|error| format!("cannot lock {}: {error}", lock.display()))?;
    if is_made(artefact, &marker, key) {
        return Ok(());
    }
    remove_if_present(&marker).map_err(|error| format!("cannot remove {}: {error}", marker.display()))?;
    make()?;
    write_whole(&marker, key).map_err(|error| format!("cannot write {}: {error}", marker.display()))
}

/// Whether a finished artefact of this key is there.
fn is_made(artefact: &Path, marker: &Path, key: &str) -> bool {
    artefact.exists() && fs::read_to_string(marker).is_ok_and(|made| made == key)
}

/// The lock is given back when the file is closed, also by the death of the process.
fn lock_file(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let file = File::create(path)?;
    loop {
        match flock(&file, FlockOperation::LockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes under another name first: a reader without the lock sees all of it or nothing.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let draft = beside(path, "draft");
    fs::write(&draft, text)?;
    fs::rename(&draft, path)
}

fn remove_if_present(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The same path with one more ending.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Barrier};

    use super::*;

    fn make(artefact: &Path, made: &AtomicU32) -> Result<(), String> {
        // Long enough for the other asker to arrive while this one works.
        for _ in 0..100 {
            std::thread::yield_now();
        }
        fs::write(artefact, "artefact").map_err(|error| error.to_string())?;
        made.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    #[test]
    fn two_askers_install_once() {
        let directory = tempfile::tempdir().unwrap();
        let artefact = directory.path().join("tool");
        let made = Arc::new(AtomicU32::new(0));
        let together = Arc::new(Barrier::new(8));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    once(&artefact, &artefact, "1.0", || make(&artefact, &made)).unwrap();
                    assert!(artefact.exists());
                });
            }
        });
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn another_version_is_installed_again() {
        let directory = tempfile::tempdir().unwrap();
        let artefact = directory.path().join("tool");
        let made = AtomicU32::new(0);
        for key in ["1.0", "1.0", "1.1", "1.1"] {
            once(&artefact, &artefact, key, || make(&artefact, &made)).unwrap();
        }
        assert_eq!(made.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_failed_installation_is_tried_again() {
        let directory = tempfile::tempdir().unwrap();
        let artefact = directory.path().join("tool");
        let made = AtomicU32::new(0);
        let half = || {
            fs::write(&artefact, "half").map_err(|error| error.to_string())?;
            Err("cut off".to_owned())
        };
        assert_eq!(once(&artefact, &artefact, "1.0", half), Err("cut off".to_owned()));
        once(&artefact, &artefact, "1.0", || make(&artefact, &made)).unwrap();
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_deleted_installation_is_made_again() {
        let directory = tempfile::tempdir().unwrap();
        let artefact = directory.path().join("tool");
        let made = AtomicU32::new(0);
        once(&artefact, &artefact, "1.0", || make(&artefact, &made)).unwrap();
        fs::remove_file(&artefact).unwrap();
        once(&artefact, &artefact, "1.0", || make(&artefact, &made)).unwrap();
        assert_eq!(made.load(Ordering::SeqCst), 2);
    }
}
