//! gRPC status → [`Error`]: the only reader of `tonic::Status`.

use std::error::Error as StdError;

use bytes::Bytes;
use tonic::metadata::{KeyAndValueRef, MetadataMap};
use tonic::{Code, ConnectError, Status};

use super::{Error, Kind, SqlState};
use crate::metadata::Metadata;

impl Error {
    /// Reads a gRPC status, and the cause behind it where it never came from the server.
    ///
    /// The kind follows the code (the table of `docs/reference/sqlstate.md`); a SQLSTATE in the trailer `sqlstate` wins over ours.
    pub(crate) fn from_status(status: &Status) -> Self {
        if let Some(cause) = status.source() {
            return Self::from_transport(status, cause);
        }
        if status
            .message()
            .starts_with("protocol error: missing grpc-status")
        {
            return Self::new(Kind::Connection, "the stream was cut before the server ended it")
                .with_status(status)
                .hint(
                    "the server or a proxy between closed the connection; what came before is not complete",
                );
        }
        let message = match status.message() {
            "" => status.code().description().to_lowercase(),
            words => words.trim().to_owned(),
        };
        let error = Self::new(kind_of(status.code()), message).with_status(status);
        if status.code() == Code::OutOfRange && status.message().contains("message length too large") {
            return error
                .becomes(Kind::Resource)
                .hint("raise the option max_message_size, or have the server send smaller batches");
        }
        error
    }

    /// Reads why a channel could not be opened.
    pub(crate) fn from_connect(error: &ConnectError) -> Self {
        let status = Status::unavailable(error.to_string());
        let mut error = Self::from_transport(&status, error);
        if error.kind() == Kind::Connection {
            error = error.state(SqlState::UNABLE_TO_CONNECT);
        }
        error.0.refused = true;
        error
    }

    /// A status that tonic made itself: the connection could not be made, or broke.
    fn from_transport(status: &Status, cause: &(dyn StdError + 'static)) -> Self {
        let mut connecting = false;
        let mut refused = false;
        let mut reset = false;
        let mut timed_out = false;
        let mut refused_here = false;
        let mut words = Vec::new();
        let mut next = Some(cause);
        while let Some(error) = next {
            connecting |= error.is::<ConnectError>();
            if let Some(http) = error.downcast_ref::<h2::Error>() {
                refused |= is_unread(http);
                reset |= http.is_reset() && http.is_remote();
                refused_here |= http.is_reset() && http.is_library();
            }
            if let Some(io) = error.downcast_ref::<std::io::Error>() {
                timed_out |= connecting && io.kind() == std::io::ErrorKind::TimedOut;
            }
            let said = error.to_string();
            // HTTP/2 keeps the words of an I/O error and loses its type.
            timed_out |= said.contains(SILENT);
            words.push(said);
            next = error.source();
        }
        let message = innermost(&words, status);
        let error = Self::new(Kind::Connection, message).with_status(status);
        let mut error = match (connecting, timed_out) {
            (_, true) => error.becomes(Kind::Timeout).state(SqlState::CONNECT_TIMEOUT),
            (true, false) => error.state(SqlState::UNABLE_TO_CONNECT),
            (false, false) => error,
        };
        error.0.refused = connecting || refused;
        error.0.reset = reset && !refused;
        if error.message().contains(HEADERS_TOO_LARGE) {
            error.0.message = "the server sent more headers than the limit".to_owned();
            return error
                .becomes(Kind::Resource)
                .hint("raise the option max_header_size, or have the server send less");
        }
        if refused_here {
            // HTTP/2 does not say which rule the answer broke.
            return error.hint("if the server sends large headers, raise the option max_header_size");
        }
        error
    }

    fn with_status(mut self, status: &Status) -> Self {
        self.0.grpc_code = Some(i32::from(status.code()));
        self.0.metadata = metadata_of(status.metadata());
        self.0.details = status.details().to_vec();
        let sent = self.0.metadata.get("sqlstate").and_then(SqlState::parse);
        match sent {
            Some(sqlstate) => self.state(sqlstate),
            None => self,
        }
    }
}

/// Says whether HTTP/2 itself says that the server has not read the request: it refused the stream, or went away before it.
///
/// Streams up to the last one that a GOAWAY names go on, and end in another way than by it.
fn is_unread(error: &h2::Error) -> bool {
    let refused = error.reason() == Some(h2::Reason::REFUSED_STREAM);
    error.is_remote() && (error.is_go_away() || (error.is_reset() && refused))
}

/// The words for a server that takes a connection and leaves it at that.
pub(crate) const SILENT: &str = "the server accepted the connection and then said nothing";

/// What HTTP/2 says when it ends a connection for headers beyond all measure.
const HEADERS_TOO_LARGE: &str = "header_list_way_too_large";

/// The deepest words of a chain of causes say most; those above it only where they add something.
fn innermost(words: &[String], status: &Status) -> String {
    match words.iter().rev().find(|words| !words.is_empty()) {
        Some(deepest) => match words
            .iter()
            .find(|words| words.contains(deepest.as_str()) && *words != deepest)
        {
            Some(longer) => longer.clone(),
            None => deepest.clone(),
        },
        None => status.message().to_owned(),
    }
}

fn kind_of(code: Code) -> Kind {
    match code {
        Code::Unauthenticated => Kind::Authentication,
        Code::PermissionDenied => Kind::Permission,
        Code::InvalidArgument => Kind::InvalidRequest,
        Code::NotFound => Kind::NotFound,
        Code::AlreadyExists => Kind::AlreadyExists,
        Code::FailedPrecondition => Kind::State,
        Code::Aborted => Kind::Serialization,
        Code::OutOfRange => Kind::Range,
        Code::DeadlineExceeded => Kind::Timeout,
        Code::Cancelled => Kind::Cancelled,
        Code::Unavailable | Code::DataLoss => Kind::Connection,
        Code::ResourceExhausted => Kind::Resource,
        Code::Unimplemented => Kind::NotSupported,
        // A server that says "ok" and fails all the same is as broken as one that says nothing.
        Code::Ok | Code::Internal | Code::Unknown => Kind::Server,
    }
}

/// Copies headers or trailers out of tonic's form.
pub(crate) fn metadata_of(map: &MetadataMap) -> Metadata {
    let pairs = map.iter().filter_map(|entry| match entry {
        KeyAndValueRef::Ascii(name, value) => Some((
            name.as_str().to_owned(),
            Bytes::copy_from_slice(value.as_encoded_bytes()),
        )),
        KeyAndValueRef::Binary(name, value) => Some((name.as_str().to_owned(), value.to_bytes().ok()?)),
    });
    Metadata::received(pairs)
}

#[cfg(test)]
mod tests {
    use tonic::metadata::MetadataMap;
    use tonic::{Code, Status};

    use crate::error::{Error, Kind, SqlState};

    #[test]
    fn a_sqlstate_of_the_server_wins() {
        let mut trailers = MetadataMap::new();
        trailers.insert("sqlstate", "42S22".parse().unwrap());
        let status = Status::with_metadata(Code::InvalidArgument, "no such column", trailers);
        let error = Error::from_status(&status);
        assert_eq!(
            (error.kind(), error.sqlstate()),
            (Kind::InvalidRequest, SqlState::COLUMN_NOT_FOUND)
        );
    }

    #[test]
    fn headers_of_a_failed_call_are_kept() {
        let mut trailers = MetadataMap::new();
        trailers.insert("x-middleware", "expected value".parse().unwrap());
        let error = Error::from_status(&Status::with_metadata(Code::Unknown, "", trailers));
        assert_eq!(error.metadata().get("x-middleware"), Some("expected value"));
        assert_eq!(error.message(), "unknown error");
    }
}
