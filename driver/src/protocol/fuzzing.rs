//! The way of foreign bytes into the messages of Flight SQL, for fuzzers and the tests that share their corpus.

use arrow_flight::FlightData;
use bytes::Bytes;
use prost::Message as _;

use super::data::{DataMessage, DataParser};
use super::messages;
use super::{CancelStatus, CloseStatus, FlightEndpoint, SessionOptionValue, decode, read_schema, unpack};
use crate::error::Result;

/// Reads a schema as a server sends it in a FlightInfo, a prepared statement, or a column of GetTables.
pub(crate) fn schema(bytes: &[u8]) -> Result<()> {
    read_schema("schema", &Bytes::copy_from_slice(bytes)).map(drop)
}

/// Takes the messages out of the bytes of a DoGet, which come in pieces: the first byte says how long those are.
///
/// Gives the messages before the first error, or in words which promise of the parser was broken: that it does not matter where the bytes
/// are cut, that a message holds what prost finds in it, that none is made up or lost, and that bodies are aligned.
pub(crate) fn taken(data: &[u8], limit: usize) -> std::result::Result<Vec<DataMessage>, String> {
    let Some((size, wire)) = data.split_first() else {
        return Ok(Vec::new());
    };
    let (messages, end) = parse([wire], limit);
    let (in_pieces, end_in_pieces) = parse(wire.chunks(usize::from(*size) + 1), limit);
    let alike = |(one, other): (&DataMessage, &DataMessage)| {
        one.header == other.header && one.app_metadata == other.app_metadata && one.body == other.body
    };
    if end != end_in_pieces || messages.len() != in_pieces.len() {
        return Err(format!(
            "{} messages, then {end}; in pieces {}, then {end_in_pieces}",
            messages.len(),
            in_pieces.len()
        ));
    }
    if !messages.iter().zip(&in_pieces).all(alike) {
        return Err("a message depends on where its bytes were cut".to_owned());
    }
    let mut rest = wire;
    let mut found = messages.iter();
    while let Some(([_, length @ ..], after)) = rest.split_first_chunk::<5>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some((frame, after)) = after.split_at_checked(length) else {
            break;
        };
        let Some(message) = found.next() else { break };
        rest = after;
        if message.body.len() > length
            || !message.body.is_empty() && !message.body.as_ptr().addr().is_multiple_of(64)
        {
            return Err("a body is not aligned, or longer than its message".to_owned());
        }
        if let Ok(sent) = FlightData::decode(frame)
            && (sent.data_header != message.header
                || sent.app_metadata != message.app_metadata
                || sent.data_body != message.body.as_slice())
        {
            return Err(format!("prost finds {sent:?} in it"));
        }
    }
    if found.next().is_some() || (end == BETWEEN) != rest.is_empty() {
        return Err(format!("{} bytes are left over after {end}", rest.len()));
    }
    Ok(messages)
}

/// How a stream of bytes ended that is whole.
const BETWEEN: &str = "a whole message";

fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limit: usize) -> (Vec<DataMessage>, String) {
    let mut parser = DataParser::new(limit);
    let mut messages = Vec::new();
    for piece in pieces {
        let mut piece = Bytes::copy_from_slice(piece);
        loop {
            match parser.parse(&mut piece) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(status) => return (messages, status.message().to_owned()),
            }
        }
    }
    let end = match parser.is_between_messages() {
        true => BETWEEN,
        false => "a part of one",
    };
    (messages, end.to_owned())
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
