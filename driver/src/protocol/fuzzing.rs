//! The way of foreign bytes into the messages of Flight SQL, for fuzzers and the tests that share their corpus.

use bytes::Bytes;
use prost::Message as _;

use super::messages;
use super::{CancelStatus, CloseStatus, FlightEndpoint, SessionOptionValue, decode, read_schema, unpack};
use crate::error::Result;

/// Reads a schema as a server sends it in a FlightInfo, a prepared statement, or a column of GetTables.
pub(crate) fn schema(bytes: &[u8]) -> Result<()> {
    read_schema("schema", &Bytes::copy_from_slice(bytes)).map(drop)
}

/// Reads the answer to an action or an upload; the first byte says which.
pub(crate) fn answer(data: &[u8]) -> Result<()> {
    let Some((kind, bytes)) = data.split_first() else {
        return Ok(());
    };
    match kind % 9 {
        0 => {
            let raw: messages::PreparedStatementResult =
                unpack("ActionCreatePreparedStatementResult", bytes)?;
            schema(&raw.dataset_schema)?;
            schema(&raw.parameter_schema)
        }
        1 => decode::<messages::SetSessionOptionsResult>("SetSessionOptionsResult", bytes).map(drop),
        2 => {
            let raw: messages::GetSessionOptionsResult = decode("GetSessionOptionsResult", bytes)?;
            for (_, value) in raw.session_options {
                let value = SessionOptionValue::from(value);
                let _sent_back = messages::SessionOptionValue::from(value).encode_to_vec();
            }
            Ok(())
        }
        3 => {
            let raw: messages::CloseSessionResult = decode("CloseSessionResult", bytes)?;
            let _status = CloseStatus::from(raw.status);
            Ok(())
        }
        4 => {
            let endpoint = FlightEndpoint::new(decode("FlightEndpoint", bytes)?);
            let _shown = format!("{endpoint:?}");
            Ok(())
        }
        5 => {
            let raw: arrow_flight::PollInfo = decode("PollInfo", bytes)?;
            let _expires = super::info::time(raw.expiration_time.as_ref());
            Ok(())
        }
        6 => {
            let raw: arrow_flight::CancelFlightInfoResult = decode("CancelFlightInfoResult", bytes)?;
            let _status = CancelStatus::from(raw.status);
            Ok(())
        }
        7 => decode::<arrow_flight::sql::DoPutUpdateResult>("DoPutUpdateResult", bytes).map(drop),
        _ => decode::<arrow_flight::sql::DoPutPreparedStatementResult>("DoPutPreparedStatementResult", bytes)
            .map(drop),
    }
}

/// The answer to a CreatePreparedStatement, to start from.
#[cfg(test)]
pub(crate) fn prepared_seed(schema: &Bytes) -> Vec<u8> {
    let result = messages::PreparedStatementResult {
        handle: "h".into(),
        dataset_schema: schema.clone(),
        parameter_schema: schema.clone(),
        is_update: Some(false),
    };
    super::pack("ActionCreatePreparedStatementResult", &result).to_vec()
}

/// The answer to a GetSessionOptions, to start from.
#[cfg(test)]
pub(crate) fn options_seed() -> Vec<u8> {
    let values = [
        SessionOptionValue::Text("t".to_owned()),
        SessionOptionValue::Int(7),
        SessionOptionValue::Double(0.5),
        SessionOptionValue::Bool(true),
        SessionOptionValue::Texts(vec!["a".to_owned(), "b".to_owned()]),
    ];
    let session_options = (0..)
        .zip(values)
        .map(|(index, value): (u32, _)| (format!("option{index}"), value.into()))
        .take(1)
        .collect();
    messages::GetSessionOptionsResult { session_options }.encode_to_vec()
}
