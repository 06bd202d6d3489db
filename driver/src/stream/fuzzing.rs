//! The way of foreign bytes into the decoder, for fuzzers and the tests that share their corpus.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::conform::{agree, conform};
use super::decode::{Decoded, Decoder};
use crate::config::SchemaCheck;
use crate::protocol::DataMessage;

/// The most bytes a message may unpack to here: small, so that a fuzzer's own limit on memory means something.
pub(crate) const LIMIT: usize = 1 << 20;

/// Reads messages as a result does, up to the first error.
pub(crate) fn batches(messages: &[DataMessage]) -> (Option<SchemaRef>, Vec<RecordBatch>) {
    let mut decoder = Decoder::new(LIMIT);
    let mut batches = Vec::new();
    let mut schema: Option<SchemaRef> = None;
    for message in messages {
        let Ok(decoded) = decoder.decode(message) else {
            break;
        };
        if let (None, Some(sent)) = (&schema, decoder.schema()) {
            schema = agree(Some(sent), sent, SchemaCheck::Lenient).ok();
        }
        let (Decoded::Batch(batch), Some(schema)) = (decoded, &schema) else {
            continue;
        };
        match conform(batch, schema, SchemaCheck::Lenient) {
            Ok(batch) => batches.push(batch),
            Err(_) => break,
        }
    }
    // Another endpoint may say it differently: the first schema has to fit the last batch of the other or be refused.
    if let (Some(first), Some(last)) = (batches.first(), batches.last()) {
        let _refused = conform(last.clone(), &first.schema(), SchemaCheck::Strict);
        let _refused = agree(
            Some(&last.schema()),
            &Arc::clone(&first.schema()),
            SchemaCheck::Strict,
        );
    }
    (schema, batches)
}

/// Reads a Parquet file as a result does; of one that claims rows without end only the first.
#[cfg(feature = "parquet-locations")]
pub(crate) fn parquet(data: &[u8]) -> Vec<RecordBatch> {
    const MOST: usize = 32;
    super::parquet::batches(data.to_vec().into(), LIMIT, MOST).unwrap_or_default()
}

/// Splits bytes into messages: the length of the header and of the body, two bytes each, before both.
pub(crate) fn messages(mut data: &[u8]) -> Vec<DataMessage> {
    let mut messages = Vec::new();
    while let Some((lengths, rest)) = data.split_first_chunk::<4>() {
        let [header_low, header_high, body_low, body_high] = *lengths;
        let header_length = usize::from(u16::from_le_bytes([header_low, header_high])).min(rest.len());
        let (header, rest) = rest.split_at(header_length);
        let body_length = usize::from(u16::from_le_bytes([body_low, body_high])).min(rest.len());
        let (body, rest) = rest.split_at(body_length);
        messages.push(DataMessage {
            header: header.to_vec().into(),
            body: body.into(),
            ..DataMessage::default()
        });
        data = rest;
    }
    messages
}
