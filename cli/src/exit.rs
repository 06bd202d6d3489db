//! How a command ends: the exit code, and the one line that says why.

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use jetbridge::{Error, Kind, Operation};

use crate::interrupt::Signal;

/// Why a command did not do all it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// The driver says so: a connection string is wrong, or the server or the connection failed.
    Driver(Error),
    /// Something on this machine failed: a port, a file.
    Here(String),
    /// The output could not be written.
    Output(io::Error),
    /// The result broke after so many rows had been written.
    Partial(Box<Self>, u64),
    /// Whoever reads the output has closed it, as `head` does.
    ReaderGone,
    /// A signal ended it.
    Stopped(Signal),
}

impl Failure {
    pub(crate) fn usage(words: impl Into<String>) -> Self {
        Self::Usage(words.into())
    }

    pub(crate) fn here(what: &str, error: &dyn fmt::Display) -> Self {
        Self::Here(format!("{what}: {error}"))
    }

    /// Adds how many rows had been written before.
    pub(crate) fn after(self, rows: u64) -> Self {
        match self {
            Self::ReaderGone | Self::Stopped(_) | Self::Partial(..) => self,
            failure => Self::Partial(Box::new(failure), rows),
        }
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::ReaderGone => 0,
            Self::Usage(_) => 2,
            Self::Driver(error) if is_users(error) => 2,
            Self::Driver(_) | Self::Here(_) | Self::Output(_) => 1,
            // Part of the result was there: the server had understood what was asked.
            Self::Partial(..) => 1,
            Self::Stopped(signal) => signal.exit_code(),
        }
    }

    /// The line that says why, if there is anything to say.
    pub(crate) fn line(&self) -> Option<String> {
        match self {
            Self::ReaderGone | Self::Stopped(_) => None,
            failure => Some(one_line(&format!("error: {failure}"))),
        }
    }

    /// Prints the line and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        if let Some(line) = self.line() {
            // Without a standard error there is nobody to tell.
            let _ = writeln!(io::stderr(), "{line}");
        }
        ExitCode::from(self.code())
    }
}

/// Says whether what the user gave is wrong: a connection string, or a parameter that does not fit.
fn is_users(error: &Error) -> bool {
    match error.kind() {
        Kind::Config => true,
        Kind::Conversion => error.operation() == Some(&Operation::Bind),
        _ => false,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(words) | Self::Here(words) => f.write_str(words),
            Self::Driver(error) => write!(f, "{error}"),
            Self::Output(error) => write!(f, "cannot write the output: {error}"),
            Self::Partial(failure, 1) => write!(
                f,
                "{failure}; the result is not complete: 1 row was written before"
            ),
            Self::Partial(failure, rows) => {
                write!(
                    f,
                    "{failure}; the result is not complete: {rows} rows were written before"
                )
            }
            Self::ReaderGone => f.write_str("nobody reads the output"),
            Self::Stopped(signal) => write!(f, "ended by {signal}"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

impl From<io::Error> for Failure {
    /// An error of writing the output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ReaderGone
        } else {
            Self::Output(error)
        }
    }
}

/// Text of a server as one line that cannot command a terminal.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().map(|character| {
            if character.is_control() {
                '\u{fffd}'
            } else {
                character
            }
        }));
    }
    line
}

/// A mistake of ours is one line too, and never a backtrace.
pub(crate) fn report_panics_in_one_line() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(|place| format!(" at {place}"))
            .unwrap_or_default();
        let payload = panic.payload();
        let words = payload.downcast_ref::<&str>().copied();
        let words = words
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        let line = one_line(&format!(
            "error: a mistake in jetbridge, please report it: {words}{place}"
        ));
        let _ = writeln!(io::stderr(), "{line}");
    }));
}

#[cfg(test)]
mod tests {
    use std::io;

    use jetbridge::{Error, Kind, Operation};

    use super::{Failure, one_line};
    use crate::interrupt::Signal;

    #[test]
    fn the_code_says_whose_fault_it_is() {
        assert_eq!(Failure::usage("x").code(), 2);
        assert_eq!(Failure::Driver(Error::config("x")).code(), 2);
        assert_eq!(
            Failure::Driver(Error::new(Kind::Conversion, "x").during(Operation::Bind)).code(),
            2
        );
        assert_eq!(
            Failure::Driver(Error::new(Kind::Conversion, "x").during(Operation::Convert)).code(),
            1
        );
        assert_eq!(Failure::Driver(Error::new(Kind::Connection, "x")).code(), 1);
        assert_eq!(Failure::Stopped(Signal::Interrupt).code(), 130);
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error() {
        let gone = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)).after(7);
        assert_eq!((gone.code(), gone.line()), (0, None));
    }

    #[test]
    fn a_broken_result_says_how_many_rows_were_written() {
        let failure = Failure::Driver(Error::new(Kind::Connection, "gone")).after(3);
        let line = failure.line().unwrap();
        assert!(line.starts_with("error: gone ("), "{line}");
        assert!(
            line.ends_with("; the result is not complete: 3 rows were written before"),
            "{line}"
        );
        assert_eq!(failure.code(), 1);
    }

    #[test]
    fn the_words_of_a_server_stay_on_one_line_and_command_no_terminal() {
        assert_eq!(
            one_line("near \"x\":\n  syntax\terror \u{1b}[2J"),
            "near \"x\": syntax error \u{fffd}[2J"
        );
    }
}
