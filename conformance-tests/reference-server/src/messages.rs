//! The protocol messages arrow-flight does not generate: session options, and the newest field of a prepared statement.
//!
//! Written from the specification (`Flight.proto`, `FlightSql.proto`); this server's own copy, so that a mistake in the
//! driver's shows.

use std::collections::HashMap;

use bytes::Bytes;

/// A list of strings as the value of a session option.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct StringList {
    #[prost(string, repeated, tag = "1")]
    pub(crate) values: Vec<String>,
}

/// The value of a session option; without any, the option is to be erased.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct OptionValue {
    #[prost(oneof = "option_value::Kind", tags = "1, 2, 3, 4, 5")]
    pub(crate) kind: Option<option_value::Kind>,
}

/// What an option's value may be.
pub(crate) mod option_value {
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub(crate) enum Kind {
        #[prost(string, tag = "1")]
        Text(String),
        #[prost(bool, tag = "2")]
        Bool(bool),
        #[prost(sfixed64, tag = "3")]
        Int64(i64),
        #[prost(double, tag = "4")]
        Double(f64),
        #[prost(message, tag = "5")]
        List(super::StringList),
    }
}

/// Body of the action `SetSessionOptions`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SetSessionOptionsRequest {
    #[prost(map = "string, message", tag = "1")]
    pub(crate) session_options: HashMap<String, OptionValue>,
}

/// Why an option was not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum OptionErrorValue {
    Unspecified = 0,
    InvalidName = 1,
    InvalidValue = 2,
    Error = 3,
}

/// An option that was not set.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct OptionError {
    #[prost(enumeration = "OptionErrorValue", tag = "1")]
    pub(crate) value: i32,
}

/// Result of the action `SetSessionOptions`: only what failed.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SetSessionOptionsResult {
    #[prost(map = "string, message", tag = "1")]
    pub(crate) errors: HashMap<String, OptionError>,
}

/// Result of the action `GetSessionOptions`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetSessionOptionsResult {
    #[prost(map = "string, message", tag = "1")]
    pub(crate) session_options: HashMap<String, OptionValue>,
}

/// How closing a session went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum CloseStatus {
    Unspecified = 0,
    Closed = 1,
    Closing = 2,
    NotCloseable = 3,
}

/// Result of the action `CloseSession`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct CloseSessionResult {
    #[prost(enumeration = "CloseStatus", tag = "1")]
    pub(crate) status: i32,
}

/// `ActionCreatePreparedStatementResult` with its fourth field.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct PreparedStatementResult {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) prepared_statement_handle: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) dataset_schema: Bytes,
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) parameter_schema: Bytes,
    #[prost(bool, optional, tag = "4")]
    pub(crate) is_update: Option<bool>,
}
