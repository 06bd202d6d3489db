//! The last line of defence against bytes that a library below did not expect.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Error, Result};

/// Runs code of the Arrow libraries on a stranger's bytes: should it panic, that is the server's broken promise and not the end of the program.
pub(crate) fn guard<T>(work: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let words = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no words");
        Error::protocol(format!("the server sent bytes that cannot be decoded: {words}"))
    })
}
