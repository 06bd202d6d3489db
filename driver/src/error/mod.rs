//! The error type of every fallible call.

mod guard;
mod kind;
mod operation;
mod sqlstate;
mod status;

use std::error::Error as StdError;
use std::fmt;

pub(crate) use guard::guard;
pub use kind::Kind;
pub use operation::Operation;
pub use sqlstate::SqlState;
pub(crate) use status::{SILENT, metadata_of};

use crate::metadata::Metadata;

/// The result of every fallible call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed.
///
/// It prints as one line, the server's own words first:
/// `no such table: t (while executing a query on 127.0.0.1:31337; invalid request, SQLSTATE 42000)`.
/// No secret is ever in it. It is one pointer wide.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    operation: Option<Operation>,
    /// `host:port`, or the path of a Unix socket.
    peer: Option<String>,
    hint: Option<String>,
    sqlstate: SqlState,
    grpc_code: Option<i32>,
    metadata: Metadata,
    details: Vec<u8>,
    refused: bool,
    /// The server dropped this call and kept the connection.
    reset: bool,
    rows_written: Option<u64>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Makes an error of a kind, with a message that starts in lower case and has no full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            peer: None,
            hint: None,
            sqlstate: kind.sqlstate(),
            grpc_code: None,
            metadata: Metadata::default(),
            details: Vec::new(),
            refused: false,
            reset: false,
            rows_written: None,
            source: None,
        }))
    }

    /// Makes an error about a connection string or an option.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config, message).during(Operation::Configure)
    }

    /// Makes an error about a promise the server broke.
    pub fn protocol(message: impl Into<String>) -> Self {
        Self::new(Kind::Protocol, message)
    }

    /// Says what was being done, unless it has been said already.
    #[must_use]
    pub fn during(mut self, operation: Operation) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// Says which server it was about (`host:port`), unless it has been said already.
    #[must_use]
    pub fn on(mut self, peer: impl Into<String>) -> Self {
        if self.0.peer.is_none() {
            self.0.peer = Some(peer.into());
        }
        self
    }

    /// Says what the user can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds to what the user can do about it.
    #[must_use]
    pub(crate) fn and_hint(self, hint: impl fmt::Display) -> Self {
        match self.get_hint().map(|known| format!("{known}; {hint}")) {
            Some(both) => self.hint(both),
            None => self.hint(hint.to_string()),
        }
    }

    /// Replaces the SQLSTATE that goes with the kind.
    #[must_use]
    pub fn state(mut self, sqlstate: SqlState) -> Self {
        self.0.sqlstate = sqlstate;
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Gives it another kind, keeping what was said; the SQLSTATE follows.
    #[must_use]
    pub(crate) fn becomes(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self.0.sqlstate = kind.sqlstate();
        self
    }

    /// Says how many rows of an ingest are known to be in the table.
    #[must_use]
    pub(crate) fn with_rows_written(mut self, rows: u64) -> Self {
        self.0.rows_written = Some(rows);
        self
    }

    /// How many rows of a failed ingest are known to be in the table all the same; there may be more, as what was under way is not known.
    #[must_use]
    pub fn rows_written(&self) -> Option<u64> {
        self.0.rows_written
    }

    /// Replaces the message by one that has it within.
    #[must_use]
    pub(crate) fn saying(mut self, message: String) -> Self {
        self.0.message = message;
        self
    }

    /// Says whether the server broke down over this one call: it dropped the call, or says that it panicked.
    pub(crate) fn is_breakdown(&self) -> bool {
        // UNKNOWN and INTERNAL.
        let vague = matches!(self.0.grpc_code, Some(2 | 13));
        self.0.reset || (vague && self.0.message.to_lowercase().contains("panic"))
    }

    /// The same error for somebody else who waited for the same answer, without the cause.
    pub(crate) fn same(&self) -> Self {
        let Inner {
            kind,
            message,
            operation,
            peer,
            hint,
            sqlstate,
            grpc_code,
            metadata,
            details,
            refused,
            reset,
            rows_written,
            source: _,
        } = &*self.0;
        Self(Box::new(Inner {
            kind: *kind,
            message: message.clone(),
            operation: operation.clone(),
            peer: peer.clone(),
            hint: hint.clone(),
            sqlstate: *sqlstate,
            grpc_code: *grpc_code,
            metadata: metadata.clone(),
            details: details.clone(),
            refused: *refused,
            reset: *reset,
            rows_written: *rows_written,
            source: None,
        }))
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The message alone: the server's words where it sent any.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What was being done.
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        self.0.operation.as_ref()
    }

    /// The server it was about, as `host:port` or the path of a Unix socket.
    #[must_use]
    pub fn peer(&self) -> Option<&str> {
        self.0.peer.as_deref()
    }

    /// What the user can do about it.
    #[must_use]
    pub fn get_hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The SQLSTATE: the server's own where it sent one, else the one of the kind.
    #[must_use]
    pub fn sqlstate(&self) -> SqlState {
        self.0.sqlstate
    }

    /// The gRPC status code, where the error came over the wire.
    #[must_use]
    pub fn grpc_code(&self) -> Option<i32> {
        self.0.grpc_code
    }

    /// The headers and trailers that came with the error.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.0.metadata
    }

    /// The bytes of `grpc-status-details-bin` (a serialised `google.rpc.Status`), empty where none came.
    #[must_use]
    pub fn details(&self) -> &[u8] {
        &self.0.details
    }

    /// Says whether the same call may succeed later and cannot have taken effect: the server was not reached, or refused it unread.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.refused || self.0.kind == Kind::Serialization
    }

    /// Says whether the request never reached the server, or came back unread.
    pub(crate) fn is_unsent(&self) -> bool {
        self.0.refused
    }

    /// Says whether the session can no longer be used.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        matches!(self.0.kind, Kind::Connection | Kind::CommitOutcomeUnknown)
    }

    /// Says whether nobody knows afterwards what state the session is in: the connection broke, an answer made no sense, or the credentials
    /// are not good any more.
    pub(crate) fn leaves_doubt(&self) -> bool {
        self.is_connection() || matches!(self.0.kind, Kind::Protocol | Kind::Authentication)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            message,
            operation,
            peer,
            hint,
            sqlstate,
            ..
        } = &*self.0;
        f.write_str(message)?;
        f.write_str(" (")?;
        if let Some(operation) = operation {
            write!(f, "while {operation}")?;
            if let Some(peer) = peer {
                write!(f, " on {peer}")?;
            }
            f.write_str("; ")?;
        } else if let Some(peer) = peer {
            write!(f, "{peer}; ")?;
        }
        write!(f, "{}, SQLSTATE {sqlstate})", kind.label())?;
        if let Some(hint) = hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every field is named, so that a new one has to be thought about here.
        let Inner {
            kind,
            message,
            operation,
            peer,
            hint,
            sqlstate,
            grpc_code,
            metadata,
            details,
            refused,
            reset,
            rows_written,
            source,
        } = &*self.0;
        f.debug_struct("Error")
            .field("kind", kind)
            .field("message", message)
            .field("operation", operation)
            .field("peer", peer)
            .field("hint", hint)
            .field("sqlstate", sqlstate)
            .field("grpc_code", grpc_code)
            .field("metadata", metadata)
            .field("details", &format_args!("{} bytes", details.len()))
            .field("refused", refused)
            .field("reset", reset)
            .field("rows_written", rows_written)
            .field("source", source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::new(Kind::Conversion, error.to_string()).caused_by(error)
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, Kind, Operation};

    #[test]
    fn an_error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
    }

    #[test]
    fn the_servers_words_come_first() {
        let error = Error::new(Kind::InvalidRequest, "no such table: t")
            .during(Operation::Execute)
            .on("h:1");
        assert_eq!(
            error.to_string(),
            "no such table: t (while executing a query on h:1; invalid request, SQLSTATE 42000)"
        );
    }

    #[test]
    fn what_was_being_done_is_said_once_by_who_knows_best() {
        let error = Error::protocol("x")
            .during(Operation::Commit)
            .during(Operation::Execute);
        assert_eq!(error.operation(), Some(&Operation::Commit));
    }
}
