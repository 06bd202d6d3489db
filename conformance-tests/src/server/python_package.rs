//! The Python package, put together without installing it: its sources beside the library that cargo has built.

use std::path::Path;
use std::{env, fs, io};

/// Where its sources are.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../bindings/python/python/jetbridge");

/// Makes a directory `jetbridge` in another, for Python to import: the sources, and the library among the artefacts of cargo in `built`.
///
/// # Errors
///
/// When the library has not been built, or a file cannot be copied.
pub fn assemble_python_package(built: &Path, into: &Path) -> io::Result<()> {
    let package = into.join("jetbridge");
    fs::create_dir_all(&package)?;
    for entry in fs::read_dir(SOURCES)? {
        let entry = entry?;
        if entry.path().is_file() {
            fs::copy(entry.path(), package.join(entry.file_name()))?;
        }
    }
    let library = built.join(format!(
        "{}jetbridge_python{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    ));
    // A library that is replaced in place would change below those who have loaded it.
    let (fresh, native) = (package.join("_native.new"), package.join("_native.abi3.so"));
    fs::copy(&library, &fresh).map_err(|error| {
        let words = format!(
            "{}: {error}; `cargo build -p jetbridge-python` makes it",
            library.display()
        );
        io::Error::new(error.kind(), words)
    })?;
    fs::rename(fresh, native)
}
