//! Session options and the end of a session (Flight.proto: SetSessionOptions, GetSessionOptions, CloseSession).

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use prost::Message as _;

use super::messages::{self, OptionValue, StringList};
use super::{Protocol, decode};
use crate::error::{Error, Operation, Result};
use crate::transport::CallOptions;

/// The value of a session option.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SessionOptionValue {
    /// No value: set to it, the option is erased.
    Unset,
    /// A text.
    Text(String),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// A list of texts.
    Texts(Vec<String>),
}

impl From<&str> for SessionOptionValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for SessionOptionValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<bool> for SessionOptionValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for SessionOptionValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for SessionOptionValue {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<Vec<String>> for SessionOptionValue {
    fn from(values: Vec<String>) -> Self {
        Self::Texts(values)
    }
}

impl From<messages::SessionOptionValue> for SessionOptionValue {
    fn from(raw: messages::SessionOptionValue) -> Self {
        match raw.value {
            None => Self::Unset,
            Some(OptionValue::Text(value)) => Self::Text(value),
            Some(OptionValue::Bool(value)) => Self::Bool(value),
            Some(OptionValue::Int(value)) => Self::Int(value),
            Some(OptionValue::Double(value)) => Self::Double(value),
            Some(OptionValue::Texts(list)) => Self::Texts(list.values),
        }
    }
}

impl From<SessionOptionValue> for messages::SessionOptionValue {
    fn from(value: SessionOptionValue) -> Self {
        let value = match value {
            SessionOptionValue::Unset => None,
            SessionOptionValue::Text(value) => Some(OptionValue::Text(value)),
            SessionOptionValue::Bool(value) => Some(OptionValue::Bool(value)),
            SessionOptionValue::Int(value) => Some(OptionValue::Int(value)),
            SessionOptionValue::Double(value) => Some(OptionValue::Double(value)),
            SessionOptionValue::Texts(values) => Some(OptionValue::Texts(StringList { values })),
        };
        Self { value }
    }
}

/// Why a server refused a session option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionOptionError {
    /// It does not say.
    Unspecified,
    /// It knows no option of that name.
    InvalidName,
    /// The option cannot have that value.
    InvalidValue,
    /// It could not set the option.
    Error,
}

impl From<i32> for SessionOptionError {
    fn from(code: i32) -> Self {
        match code {
            1 => Self::InvalidName,
            2 => Self::InvalidValue,
            3 => Self::Error,
            _ => Self::Unspecified,
        }
    }
}

impl fmt::Display for SessionOptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "refused",
            Self::InvalidName => "no option of that name",
            Self::InvalidValue => "not a possible value",
            Self::Error => "could not be set",
        })
    }
}

/// What a server says to the end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseStatus {
    /// It does not say.
    Unspecified,
    /// The session is closed.
    Closed,
    /// The session is being closed.
    Closing,
    /// The session cannot be closed.
    NotCloseable,
}

impl From<i32> for CloseStatus {
    fn from(code: i32) -> Self {
        match code {
            1 => Self::Closed,
            2 => Self::Closing,
            3 => Self::NotCloseable,
            _ => Self::Unspecified,
        }
    }
}

impl Protocol {
    /// SetSessionOptions; gives the options the server refused.
    pub(crate) async fn set_session_options(
        &self,
        options: impl IntoIterator<Item = (String, SessionOptionValue)>,
        call: &CallOptions,
    ) -> Result<BTreeMap<String, SessionOptionError>> {
        let session_options = options
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect();
        let request = messages::SetSessionOptionsRequest { session_options };
        let result: messages::SetSessionOptionsResult = self
            .session_action(
                &Operation::SetSessionOptions,
                "SetSessionOptions",
                request.encode_to_vec().into(),
                call,
            )
            .await?;
        Ok(result
            .errors
            .into_iter()
            .map(|(name, error)| (name, error.value.into()))
            .collect())
    }

    /// GetSessionOptions.
    pub(crate) async fn session_options(
        &self,
        call: &CallOptions,
    ) -> Result<BTreeMap<String, SessionOptionValue>> {
        let request = messages::GetSessionOptionsRequest {};
        let result: messages::GetSessionOptionsResult = self
            .session_action(
                &Operation::SessionOptions,
                "GetSessionOptions",
                request.encode_to_vec().into(),
                call,
            )
            .await?;
        Ok(result
            .session_options
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect())
    }

    /// CloseSession. The cookies of the closed session are forgotten, whatever the server answers.
    pub(crate) async fn close_session(&self, call: &CallOptions) -> Result<CloseStatus> {
        let operation = Operation::CloseSession;
        let body = messages::CloseSessionRequest {}.encode_to_vec().into();
        let answer = self.action(&operation, "CloseSession", body, call).await;
        self.transport.forget_session();
        let answer = answer?;
        let result: messages::CloseSessionResult = match answer.first() {
            Some(answer) => {
                decode("CloseSessionResult", answer).map_err(|error| self.blame(error, &operation))?
            }
            None => messages::CloseSessionResult::default(),
        };
        Ok(result.status.into())
    }

    async fn session_action<M: prost::Message + Default>(
        &self,
        operation: &Operation,
        name: &str,
        body: Bytes,
        call: &CallOptions,
    ) -> Result<M> {
        let answer = self.action(operation, name, body, call).await?;
        let answer = answer.first().ok_or_else(|| {
            self.blame(
                Error::protocol(format!("the server answered {name} with nothing")),
                operation,
            )
        })?;
        decode(name, answer).map_err(|error| self.blame(error, operation))
    }
}
