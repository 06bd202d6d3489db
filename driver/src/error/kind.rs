//! What kind of error it is.

use super::sqlstate::SqlState;

macro_rules! kinds {
    ($($name:ident => $state:ident, $label:literal, $doc:literal;)*) => {
        /// What went wrong, for a program that branches on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $(#[doc = $doc] $name,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// A short name, as errors print it.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label),* }
            }

            /// The SQLSTATE an error of this kind has, unless the server sent one of its own.
            #[must_use]
            pub fn sqlstate(self) -> SqlState {
                match self { $(Self::$name => SqlState::$state),* }
            }

            /// One line on what it means.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $doc),* }
            }
        }
    };
}

kinds! {
    Config => INVALID_OPTION, "configuration", "A connection string or option is wrong.";
    Authentication => INVALID_AUTHORIZATION, "authentication", "The server refused the credentials.";
    Permission => INSUFFICIENT_PRIVILEGE, "permission", "The user may not do that.";
    InvalidRequest => SYNTAX_OR_ACCESS, "invalid request", "The server refused the statement or its parameters.";
    NotFound => NOT_FOUND, "not found", "The server does not know the table, ticket or handle.";
    AlreadyExists => ALREADY_EXISTS, "already exists", "What was to be made exists already.";
    State => SEQUENCE, "state", "The call is not possible in this state.";
    Serialization => SERIALIZATION_FAILURE, "serialization", "A conflict rolled the transaction back: run all of it again.";
    Range => NUMBER_OUT_OF_RANGE, "out of range", "The server found a value out of range.";
    Timeout => TIMEOUT, "timeout", "A deadline passed.";
    Cancelled => CANCELLED, "cancelled", "The operation was cancelled.";
    Connection => CONNECTION_FAILURE, "connection", "The connection could not be made or broke.";
    Resource => RESOURCE_LIMIT, "resource", "A limit of the server, the pool or this process was reached.";
    NotSupported => NOT_SUPPORTED, "not supported", "The server or this driver lacks the feature.";
    Server => GENERAL, "server", "The server failed.";
    Conversion => TYPE_MISMATCH, "conversion", "A value cannot be read or sent as the type asked for.";
    Protocol => PROTOCOL_VIOLATION, "protocol", "The server broke a promise of the protocol; no result is trusted.";
    CommitOutcomeUnknown => TRANSACTION_OUTCOME_UNKNOWN, "commit outcome unknown", "The connection broke while a commit was under way: it may or may not have happened.";
}
