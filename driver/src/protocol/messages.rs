//! Messages of Flight.proto and FlightSql.proto that arrow-flight does not have, field by field as the specification numbers them.

use std::collections::HashMap;

use bytes::Bytes;

/// `ActionCreatePreparedStatementResult` with its newer field 4.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PreparedStatementResult {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) handle: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) dataset_schema: Bytes,
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) parameter_schema: Bytes,
    #[prost(bool, optional, tag = "4")]
    pub(crate) is_update: Option<bool>,
}

/// `SessionOptionValue`: what a session option holds.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SessionOptionValue {
    #[prost(oneof = "OptionValue", tags = "1, 2, 3, 4, 5")]
    pub(crate) value: Option<OptionValue>,
}

/// The value inside, absent to erase the option.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum OptionValue {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Bool(bool),
    #[prost(sfixed64, tag = "3")]
    Int(i64),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(message, tag = "5")]
    Texts(StringList),
}

/// `SessionOptionValue.StringListValue`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StringList {
    #[prost(string, repeated, tag = "1")]
    pub(crate) values: Vec<String>,
}

/// `SetSessionOptionsRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SetSessionOptionsRequest {
    #[prost(map = "string, message", tag = "1")]
    pub(crate) session_options: HashMap<String, SessionOptionValue>,
}

/// `SetSessionOptionsResult`: one entry for each option that was refused.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SetSessionOptionsResult {
    #[prost(map = "string, message", tag = "1")]
    pub(crate) errors: HashMap<String, SetSessionOptionError>,
}

/// `SetSessionOptionsResult.Error`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SetSessionOptionError {
    #[prost(int32, tag = "1")]
    pub(crate) value: i32,
}

/// `GetSessionOptionsRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetSessionOptionsRequest {}

/// `GetSessionOptionsResult`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetSessionOptionsResult {
    #[prost(map = "string, message", tag = "1")]
    pub(crate) session_options: HashMap<String, SessionOptionValue>,
}

/// `CloseSessionRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CloseSessionRequest {}

/// `CloseSessionResult`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CloseSessionResult {
    #[prost(int32, tag = "1")]
    pub(crate) status: i32,
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::{OptionValue, PreparedStatementResult, SessionOptionValue};

    #[test]
    fn an_older_answer_has_no_is_update() {
        let older = arrow_flight::sql::ActionCreatePreparedStatementResult {
            prepared_statement_handle: "h".into(),
            ..Default::default()
        };
        let read = PreparedStatementResult::decode(older.encode_to_vec().as_slice()).unwrap();
        assert_eq!((read.handle.as_ref(), read.is_update), (b"h".as_slice(), None));
        let newer = PreparedStatementResult {
            is_update: Some(false),
            ..Default::default()
        };
        assert_eq!(newer.encode_to_vec(), [4 << 3, 0]);
    }

    #[test]
    fn an_integer_option_is_a_fixed_eight_bytes() {
        let option = SessionOptionValue {
            value: Some(OptionValue::Int(123)),
        };
        assert_eq!(option.encode_to_vec(), [(3 << 3) | 1, 123, 0, 0, 0, 0, 0, 0, 0]);
    }
}
