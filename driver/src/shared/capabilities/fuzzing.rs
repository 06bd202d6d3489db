//! The way of foreign rows into [`Capabilities`], for fuzzers and the tests that share their corpus.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::Capabilities;
use super::read::Reader;
use crate::error::Result;

/// Reads an answer to GetSqlInfo.
pub(crate) fn capabilities(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Capabilities> {
    let mut reader = Reader::new(schema)?;
    for batch in batches {
        reader.read(batch.clone())?;
    }
    Ok(reader.end())
}
