//! FlightData → record batches, on the assumption that the sender lies.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow_ipc::reader::{RecordBatchDecoder, read_dictionary};
use arrow_ipc::{Message, MessageHeader, RecordBatch as BatchHeader};

use crate::error::{Error, Kind, Result, guard};
use crate::protocol::{Announced, DataMessage};

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
    announced: Option<Announced>,
    dictionaries: HashMap<i64, ArrayRef>,
    /// The most bytes one message may unpack to.
    limit: usize,
}

impl Decoder {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            schema: None,
            announced: None,
            dictionaries: HashMap::new(),
            limit,
        }
    }

    /// Takes a schema that has been read before, should the stream begin with the message that said it.
    pub(super) fn expecting(self, announced: Option<Announced>) -> Self {
        Self { announced, ..self }
    }

    /// The schema, once its message has come.
    pub(crate) fn schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref()
    }

    /// Reads one message.
    ///
    /// Nothing is allocated beyond the bytes that came, times what their compression honestly claims within the limit.
    pub(crate) fn decode(&mut self, data: &DataMessage) -> Result<Decoded> {
        if data.header.is_empty() {
            return Ok(Decoded::NoBatch);
        }
        if self.schema.is_none()
            && let Some(announced) = self.announced.take()
            && let Some(schema) = announced.if_said_by(&data.header)
        {
            self.schema = Some(Arc::clone(schema));
            return Ok(Decoded::NoBatch);
        }
        guard(|| self.read(data)).and_then(|read| read)
    }

    fn read(&mut self, data: &DataMessage) -> Result<Decoded> {
        let message = arrow_ipc::root_as_message(&data.header).map_err(|error| {
            Error::protocol(format!(
                "the server sent a broken Arrow message: {}",
                on_one_line(&error)
            ))
        })?;
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

    fn read_dictionary(&mut self, message: &Message<'_>, data: &DataMessage) -> Result<Decoded> {
        let schema = self
            .schema
            .as_ref()
            .ok_or_else(|| Error::protocol("a dictionary came before the schema"))?;
        let header = message
            .header_as_dictionary_batch()
            .ok_or_else(|| missing("dictionary"))?;
        let batch = header.data().ok_or_else(|| missing("dictionary"))?;
        self.check(&batch, &data.body)?;
        read_dictionary(
            &data.body,
            header,
            schema,
            &mut self.dictionaries,
            &message.version(),
        )
        .map_err(broken("dictionary"))?;
        Ok(Decoded::NoBatch)
    }

    fn read_batch(&self, message: &Message<'_>, data: &DataMessage) -> Result<Decoded> {
        let schema = self
            .schema
            .as_ref()
            .ok_or_else(|| Error::protocol("a batch came before the schema"))?;
        let header = message.header_as_record_batch().ok_or_else(|| missing("batch"))?;
        self.check(&header, &data.body)?;
        let version = message.version();
        let decoder = RecordBatchDecoder::try_new(
            &data.body,
            header,
            Arc::clone(schema),
            &self.dictionaries,
            &version,
        );
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

fn missing(what: &str) -> Error {
    Error::protocol(format!("the server sent a {what} message without a {what}"))
}

fn broken(what: &'static str) -> impl Fn(arrow::error::ArrowError) -> Error {
    move |error| {
        Error::protocol(format!(
            "the server sent a broken {what}: {}",
            on_one_line(&error)
        ))
        .caused_by(error)
    }
}

/// What a library says in many lines.
fn on_one_line(words: &impl std::fmt::Display) -> String {
    words.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, DictionaryArray, Int64Array, ListArray, RecordBatch, StringArray, StringViewArray,
    };
    use arrow::datatypes::{Field, Int32Type, Schema};
    use arrow::ipc::CompressionType;
    use arrow::ipc::writer::IpcWriteOptions;
    use arrow_flight::FlightData;
    use arrow_flight::encode::{DictionaryHandling, FlightDataEncoderBuilder};
    use futures::TryStreamExt as _;
    use proptest::prelude::*;

    use super::{Decoded, Decoder};
    use crate::error::Kind;
    use crate::metadata::Metadata;
    use crate::protocol::{DataMessage, FlightInfo};
    use crate::types::tests::round_trip::{families, nested};
    use crate::types::{Params, Value};

    const LIMIT: usize = 1 << 20;

    fn batch() -> RecordBatch {
        let lists = vec![Some(vec![Some(1), None]), None, Some(vec![])];
        RecordBatch::try_from_iter([
            (
                "n",
                Arc::new(Int64Array::from(vec![Some(1), None, Some(3)])) as ArrayRef,
            ),
            ("t", Arc::new(StringArray::from(vec![Some("x"), Some("é"), None]))),
            (
                "v",
                Arc::new(StringViewArray::from(vec![
                    "short",
                    "a text that is too long for its view",
                    "",
                ])),
            ),
            (
                "d",
                Arc::new(
                    ["a", "b", "a"]
                        .into_iter()
                        .collect::<DictionaryArray<Int32Type>>(),
                ),
            ),
            (
                "l",
                Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists)),
            ),
        ])
        .unwrap()
    }

    fn encoded(compression: Option<CompressionType>) -> Vec<DataMessage> {
        encoded_batch(batch(), compression)
    }

    fn encoded_batch(batch: RecordBatch, compression: Option<CompressionType>) -> Vec<DataMessage> {
        let options = IpcWriteOptions::default()
            .try_with_compression(compression)
            .unwrap();
        let stream = FlightDataEncoderBuilder::new()
            .with_options(options)
            .with_dictionary_handling(DictionaryHandling::Resend)
            .build(futures::stream::iter([Ok(batch)]));
        let messages: Vec<_> = futures::executor::block_on(stream.try_collect()).unwrap();
        messages.into_iter().map(message).collect()
    }

    fn message(data: FlightData) -> DataMessage {
        DataMessage {
            header: data.data_header,
            app_metadata: data.app_metadata,
            body: data.data_body.as_ref().into(),
        }
    }

    fn decode(messages: &[DataMessage]) -> Vec<crate::Result<Decoded>> {
        let mut decoder = Decoder::new(LIMIT);
        messages.iter().map(|message| decoder.decode(message)).collect()
    }

    /// Parameters after the way over the wire.
    fn over_the_wire(params: &Params, schema: Option<&Schema>) -> Vec<Vec<Value>> {
        let batch = params.to_batch(schema).unwrap();
        let decoded = decode(&encoded_batch(batch, None));
        let Some(Ok(Decoded::Batch(read))) = decoded.last() else {
            panic!("{decoded:?}")
        };
        Params::from(read.clone()).to_rows().unwrap()
    }

    #[test]
    fn every_type_survives_the_wire() {
        for (value, data_types) in families() {
            for data_type in data_types {
                let schema = Schema::new(vec![Field::new("p", data_type.clone(), true)]);
                let rows = Params::rows([(value.clone(),), (Value::Null,), (value.clone(),)]);
                let read = over_the_wire(&rows, Some(&schema));
                assert_eq!(read, rows.to_rows().unwrap(), "{data_type}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_value_survives_the_wire(value in nested()) {
            let params = Params::from((value,));
            prop_assert_eq!(over_the_wire(&params, None), params.to_rows().unwrap());
        }
    }

    #[test]
    fn what_was_encoded_comes_back() {
        for compression in [
            None,
            Some(CompressionType::LZ4_FRAME),
            Some(CompressionType::ZSTD),
        ] {
            let decoded = decode(&encoded(compression));
            let Some(Ok(Decoded::Batch(read))) = decoded.last() else {
                panic!("{decoded:?}")
            };
            assert_eq!(read.columns(), batch().columns());
        }
    }

    #[test]
    fn a_schema_that_was_announced_is_not_read_again_and_another_is() {
        let info = |schema: &Schema| {
            let raw = arrow_flight::FlightInfo::new().try_with_schema(schema).unwrap();
            FlightInfo::new(raw, Metadata::new()).unwrap()
        };
        let (same, other) = (info(&batch().schema()), info(&Schema::empty()));
        for info in [&same, &other] {
            let mut decoder = Decoder::new(LIMIT).expecting(info.announced());
            let decoded: Vec<_> = encoded(None)
                .iter()
                .map(|message| decoder.decode(message).unwrap())
                .collect();
            let Some(Decoded::Batch(read)) = decoded.last() else {
                panic!("{decoded:?}")
            };
            assert_eq!(read.columns(), batch().columns());
            let shared = Arc::ptr_eq(decoder.schema().unwrap(), info.schema().unwrap());
            assert_eq!(shared, std::ptr::eq(info, &same));
        }
    }

    #[test]
    fn a_batch_before_its_schema_or_its_dictionary_is_an_error() {
        let messages = encoded(None);
        for start in 1..messages.len() {
            let decoded = decode(&messages[start..]);
            assert!(
                decoded
                    .iter()
                    .all(|read| read.as_ref().is_err_and(|error| error.kind() == Kind::Protocol))
            );
        }
        let without_dictionary: Vec<_> = [messages.first(), messages.last()]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        assert!(decode(&without_dictionary).last().is_some_and(Result::is_err));
    }

    #[test]
    fn a_schema_that_changes_in_the_middle_is_an_error() {
        let mut decoder = Decoder::new(LIMIT);
        let messages = encoded(None);
        decoder.decode(&messages[0]).unwrap();
        decoder.decode(&messages[0]).unwrap();
        let other: FlightData =
            arrow_flight::SchemaAsIpc::new(&Schema::empty(), &IpcWriteOptions::default()).into();
        assert_eq!(
            decoder.decode(&message(other)).unwrap_err().kind(),
            Kind::Protocol
        );
    }

    #[test]
    fn a_buffer_that_claims_to_unpack_to_more_than_the_limit_is_refused() {
        let mut messages = encoded(Some(CompressionType::LZ4_FRAME));
        let last = messages.len() - 1;
        let mut body = messages[last].body.to_vec();
        // The first buffer that is not empty begins with its length unpacked.
        body[..8].copy_from_slice(&(1_i64 << 40).to_le_bytes());
        messages[last].body = body.into();
        let error = decode(&messages).pop().unwrap().unwrap_err();
        assert_eq!(error.kind(), Kind::Resource, "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn damaged_messages_never_panic(
            damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..6),
            compressed in any::<bool>(),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut messages = encoded(compressed.then_some(CompressionType::LZ4_FRAME));
            for (message, place, byte, in_header) in damage {
                let index = message.index(messages.len());
                let message = &mut messages[index];
                let mut bytes = if in_header { message.header.to_vec() } else { message.body.to_vec() };
                if bytes.is_empty() { continue; }
                let place = place.index(bytes.len());
                bytes[place] = byte;
                if in_header { message.header = bytes.into() } else { message.body = bytes.into() }
            }
            let last = messages.len() - 1;
            let length = cut.index(messages[last].body.len() + 1);
            messages[last].body = messages[last].body.slice_with_length(0, length);
            for decoded in decode(&messages) {
                if let Ok(Decoded::Batch(batch)) = decoded {
                    prop_assert!(batch.num_rows() <= 1 << 31);
                }
            }
        }
    }
}
