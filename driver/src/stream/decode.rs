//! FlightData → record batches, on the assumption that the sender lies.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::buffer::Buffer;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow_flight::FlightData;
use arrow_ipc::reader::{RecordBatchDecoder, read_dictionary};
use arrow_ipc::{Message, MessageHeader, RecordBatch as BatchHeader};

use crate::error::{Error, Kind, Result, guard};

/// The most rows of one batch: columns without buffers let a message of a hundred bytes claim any number.
const MOST_ROWS: i64 = 1 << 31;

/// What a message held.
#[derive(Debug)]
pub(crate) enum Decoded {
    Batch(RecordBatch),
    /// A schema, a dictionary, or application metadata alone.
    NoBatch,
}

/// The state of one stream of FlightData.
#[derive(Debug)]
pub(crate) struct Decoder {
    schema: Option<SchemaRef>,
    dictionaries: HashMap<i64, ArrayRef>,
    /// The most bytes one message may unpack to.
    limit: usize,
}

impl Decoder {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            schema: None,
            dictionaries: HashMap::new(),
            limit,
        }
    }

    /// The schema, once its message has come.
    pub(crate) fn schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref()
    }

    /// Reads one message.
    ///
    /// Nothing is allocated beyond the bytes that came, times what their compression honestly claims within the limit.
    pub(crate) fn decode(&mut self, data: &FlightData) -> Result<Decoded> {
        if data.data_header.is_empty() {
            return Ok(Decoded::NoBatch);
        }
        guard(|| self.read(data)).and_then(|read| read)
    }

    fn read(&mut self, data: &FlightData) -> Result<Decoded> {
        let message = arrow_ipc::root_as_message(&data.data_header)
            .map_err(|error| Error::protocol(format!("the server sent a broken Arrow message: {error}")))?;
        match message.header_type() {
            MessageHeader::NONE => Ok(Decoded::NoBatch),
            MessageHeader::Schema => self.read_schema(&message),
            MessageHeader::DictionaryBatch => self.read_dictionary(&message, data),
            MessageHeader::RecordBatch => self.read_batch(&message, data),
            other => Err(Error::protocol(format!(
                "the server sent an Arrow message of kind {}",
                other.0
            ))),
        }
    }

    fn read_schema(&mut self, message: &Message<'_>) -> Result<Decoded> {
        let header = message.header_as_schema().ok_or_else(|| missing("schema"))?;
        let schema: Schema = arrow_ipc::convert::try_fb_to_schema(header).map_err(broken("schema"))?;
        match &self.schema {
            Some(known) if known.as_ref() != &schema => {
                let words = format!("the schema changed in the middle of a stream, from {known} to {schema}");
                Err(Error::protocol(words))
            }
            _ => {
                self.schema = Some(Arc::new(schema));
                self.dictionaries.clear();
                Ok(Decoded::NoBatch)
            }
        }
    }

    fn read_dictionary(&mut self, message: &Message<'_>, data: &FlightData) -> Result<Decoded> {
        let schema = self
            .schema
            .as_ref()
            .ok_or_else(|| Error::protocol("a dictionary came before the schema"))?;
        let header = message
            .header_as_dictionary_batch()
            .ok_or_else(|| missing("dictionary"))?;
        let batch = header.data().ok_or_else(|| missing("dictionary"))?;
        self.check(&batch, &data.data_body)?;
        let body = Buffer::from(data.data_body.clone());
        read_dictionary(&body, header, schema, &mut self.dictionaries, &message.version())
            .map_err(broken("dictionary"))?;
        Ok(Decoded::NoBatch)
    }

    fn read_batch(&self, message: &Message<'_>, data: &FlightData) -> Result<Decoded> {
        let schema = self
            .schema
            .as_ref()
            .ok_or_else(|| Error::protocol("a batch came before the schema"))?;
        let header = message.header_as_record_batch().ok_or_else(|| missing("batch"))?;
        self.check(&header, &data.data_body)?;
        let body = aligned(data);
        let version = message.version();
        let decoder =
            RecordBatchDecoder::try_new(&body, header, Arc::clone(schema), &self.dictionaries, &version);
        decoder
            .and_then(RecordBatchDecoder::read_record_batch)
            .map(Decoded::Batch)
            .map_err(broken("batch"))
    }

    /// Refuses what would make the decoder allocate more than the sender paid for.
    fn check(&self, header: &BatchHeader<'_>, body: &[u8]) -> Result<()> {
        if !(0..=MOST_ROWS).contains(&header.length()) {
            return Err(Error::protocol(format!(
                "the server claims a batch of {} rows",
                header.length()
            )));
        }
        let mut claimed = 0_usize;
        for buffer in header.buffers().iter().flatten() {
            let range = usize::try_from(buffer.offset())
                .ok()
                .zip(usize::try_from(buffer.length()).ok())
                .and_then(|(start, length)| body.get(start..start.checked_add(length)?));
            let Some(bytes) = range else {
                return Err(Error::protocol(
                    "the server sent a batch whose buffers lie outside of its message",
                ));
            };
            let unpacked = match (header.compression(), bytes.first_chunk::<8>()) {
                (Some(_), Some(length)) => {
                    usize::try_from(i64::from_le_bytes(*length)).unwrap_or(bytes.len())
                }
                _ => bytes.len(),
            };
            claimed = claimed.saturating_add(unpacked);
        }
        if claimed > self.limit {
            let words = format!(
                "the server sent a batch that unpacks to {claimed} bytes, the limit is {}",
                self.limit
            );
            return Err(Error::new(Kind::Resource, words)
                .hint("raise the option max_message_size, or have the server send smaller batches"));
        }
        Ok(())
    }
}

/// The body in place where it lies well, copied once where it does not: else each of its buffers would be.
fn aligned(data: &FlightData) -> Buffer {
    const ALIGNMENT: usize = 64;
    if data.data_body.as_ptr().addr().is_multiple_of(ALIGNMENT) {
        Buffer::from(data.data_body.clone())
    } else {
        Buffer::from(data.data_body.as_ref())
    }
}

fn missing(what: &str) -> Error {
    Error::protocol(format!("the server sent a {what} message without a {what}"))
}

fn broken(what: &'static str) -> impl Fn(arrow::error::ArrowError) -> Error {
    move |error| Error::protocol(format!("the server sent a broken {what}: {error}")).caused_by(error)
}
