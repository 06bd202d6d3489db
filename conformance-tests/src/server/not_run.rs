//! A test that cannot run here says so; it never passes in silence.

use std::fmt;
use std::io::Write;

/// Why a test could not run on this machine: a tool is missing, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRun {
    what: String,
    reason: String,
}

impl NotRun {
    /// Says that `what` cannot be had on this machine, and why.
    pub fn new(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            reason: reason.into(),
        }
    }

    /// Prints the reason past the capture of the test harness, so that it is seen although the test counts as
    /// passed.
    ///
    /// # Panics
    ///
    /// When the environment says `CI=true`: there, whatever a test needs must be present.
    #[track_caller]
    pub fn report(&self) {
        assert!(
            !must_run(std::env::var("CI").ok().as_deref()),
            "{self}, and CI=true allows no gap"
        );
        let test = std::thread::current().name().unwrap_or("unnamed").to_owned();
        announce(&format!("{self} [{test}]"));
    }
}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NOT RUN: {} ({})", self.what, self.reason)
    }
}

impl std::error::Error for NotRun {}

/// Writes one line to the real standard error, which the test harness does not capture.
pub(crate) fn announce(line: &str) {
    // A closed standard error is no reason to fail a test.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

fn must_run(ci: Option<&str>) -> bool {
    matches!(ci, Some("true" | "1"))
}

/// Takes what a launcher gives, or ends the test with a loud `NOT RUN` line (a failure with `CI=true`).
///
/// ```no_run
/// # async fn doc() {
/// let sail = jetbridge_conformance::require!(jetbridge_conformance::server::sail().await);
/// # }
/// ```
#[macro_export]
macro_rules! require {
    ($launched:expr) => {
        match $launched {
            Ok(launched) => launched,
            Err(not_run) => {
                $crate::server::NotRun::report(&not_run);
                return;
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_is_named_with_its_reason() {
        let not_run = NotRun::new("sail", "python3 not found");
        assert_eq!(not_run.to_string(), "NOT RUN: sail (python3 not found)");
    }

    #[test]
    fn only_continuous_integration_allows_no_gap() {
        assert!(must_run(Some("true")));
        assert!(must_run(Some("1")));
        assert!(!must_run(Some("false")));
        assert!(!must_run(None));
    }
}
