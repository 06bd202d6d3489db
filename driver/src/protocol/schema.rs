//! Schemas in answers, read once where the same bytes come again.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{Schema, SchemaRef};
use arrow_flight::IpcMessage;
use bytes::Bytes;

use crate::error::{Error, Result, guard};

/// The longest schema kept for the next query.
const LONGEST_KEPT: usize = 64 << 10;

/// Reads a schema in IPC form; an empty one is none, as several servers leave it out.
pub(crate) fn read_schema(what: &str, bytes: &Bytes) -> Result<Option<SchemaRef>> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let message = IpcMessage(bytes.clone());
    let read = guard(|| Schema::try_from(message));
    let schema = read.and_then(|schema| schema.map_err(Error::from));
    match schema {
        Ok(schema) => Ok(Some(Arc::new(schema))),
        Err(error) => Err(Error::protocol(format!(
            "the server sent a broken {what}: {}",
            error.message()
        ))),
    }
}

/// A schema that was read already, with the bytes that said it.
#[derive(Debug, Clone)]
pub(crate) struct Announced {
    /// As files and FlightInfos have it: a mark, a length, the message itself and padding.
    bytes: Bytes,
    schema: SchemaRef,
}

impl Announced {
    pub(super) fn new(bytes: &Bytes, schema: &SchemaRef) -> Self {
        Self {
            bytes: bytes.clone(),
            schema: Arc::clone(schema),
        }
    }

    /// The schema, where this message of a stream is the one it was read from.
    pub(crate) fn if_said_by(&self, message: &[u8]) -> Option<&SchemaRef> {
        const MARK: [u8; 4] = [0xff; 4];
        let framed = self.bytes.strip_prefix(&MARK)?;
        let padding = framed.get(size_of::<u32>()..)?.strip_prefix(message)?;
        (!message.is_empty() && padding.iter().all(|byte| *byte == 0)).then_some(&self.schema)
    }
}

/// The schema a session has read last: it mostly asks the same again.
#[derive(Debug, Default)]
pub(crate) struct LastSchema(Mutex<Option<Announced>>);

impl LastSchema {
    /// As [`read_schema`]; the same bytes give the same schema, without being read again.
    pub(super) fn read(&self, what: &str, bytes: &Bytes) -> Result<Option<SchemaRef>> {
        let last = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = last().as_ref().filter(|known| known.bytes == *bytes) {
            return Ok(Some(Arc::clone(&known.schema)));
        }
        let schema = read_schema(what, bytes)?;
        if let Some(schema) = schema.as_ref().filter(|_| bytes.len() <= LONGEST_KEPT) {
            // A copy: what came lies in the buffer of its whole answer.
            *last() = Some(Announced::new(&Bytes::copy_from_slice(bytes), schema));
        }
        Ok(schema)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{DataType, Field, Schema};
    use bytes::Bytes;

    use super::LastSchema;

    fn bytes(name: &str) -> (Schema, Bytes) {
        let schema = Schema::new(vec![Field::new(name, DataType::Int64, true)]);
        let info = arrow_flight::FlightInfo::new().try_with_schema(&schema).unwrap();
        (schema, info.schema)
    }

    #[test]
    fn the_same_bytes_give_the_same_schema_and_others_their_own() {
        let last = LastSchema::default();
        let read = |bytes: &Bytes| last.read("schema", bytes).unwrap().unwrap();
        let ((schema, once), (other_schema, other)) = (bytes("a"), bytes("b"));
        let first = read(&once);
        assert_eq!(*first, schema);
        assert!(Arc::ptr_eq(&first, &read(&Bytes::copy_from_slice(&once))));
        assert_eq!(*read(&other), other_schema);
        assert_eq!(*read(&once), schema);
        assert!(last.read("schema", &Bytes::new()).unwrap().is_none());
        assert!(last.read("schema", &once.slice(..once.len() - 9)).is_err());
        assert!(Arc::ptr_eq(&read(&once), &read(&once)));
    }
}
