//! Rows out of an object in Parquet, which has to be there as a whole before the first of them: what is where stands at its end.
//!
//! Nothing is unpacked on the word of the file alone: its footer and its pages are looked at first ([`footer`], [`pages`]), a row group is the
//! most that is unpacked at once, and texts are read as views into it before they become what the result calls them.

mod footer;
mod pages;
mod thrift;
mod views;

use std::sync::Arc;

use arrow::array::Array as _;
use arrow::compute::cast;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Type as PhysicalType;
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescriptor;

use super::object::Front;
use crate::error::{Error, Kind, Result, guard};

/// What a file ends with, as it begins.
const MAGIC: &[u8] = b"PAR1";
/// The most rows of a batch.
const MOST_ROWS: usize = 8192;

/// Reads the batches of one object.
pub(super) struct ParquetReader {
    front: Front,
    file: File,
}

/// A file that is there, and how far it has been read.
struct File {
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
    /// As its writer meant it: what is read as views becomes this.
    schema: SchemaRef,
    /// The most bytes a row group may unpack to.
    limit: usize,
    rows_per_batch: usize,
    next_group: usize,
    /// The row group at hand, and how many of its rows are still to come.
    group: Option<(ParquetRecordBatchReader, usize)>,
}

impl ParquetReader {
    /// Waits for the whole object.
    pub(super) async fn open(mut front: Front) -> Result<Self> {
        let bytes = front.whole().await?;
        let limit = front.limit();
        let file = guard(|| File::new(bytes, limit)).and_then(|file| file);
        match file {
            Ok(file) => Ok(Self { front, file }),
            Err(error) => Err(front.blame(error)),
        }
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.file.schema
    }

    /// The next batch; `None` after the last row of the last row group.
    pub(super) fn next(&mut self) -> Result<Option<RecordBatch>> {
        let read = guard(|| self.file.next()).and_then(|read| read);
        read.map_err(|error| self.front.blame(error))
    }
}

impl std::fmt::Debug for ParquetReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetReader")
            .field("front", &self.front)
            .field("schema", &self.file.schema)
            .field("next_group", &self.file.next_group)
            .finish_non_exhaustive()
    }
}

impl File {
    fn new(bytes: Bytes, limit: usize) -> Result<Self> {
        if bytes.len() < 3 * MAGIC.len() || !bytes.ends_with(MAGIC) {
            let words = "the object ends before the footer of its Parquet";
            return Err(Error::new(Kind::Connection, words));
        }
        footer::check(&bytes, limit)?;
        let natural = ArrowReaderMetadata::load(&bytes, ArrowReaderOptions::new()).map_err(broken)?;
        let schema = Arc::clone(natural.schema());
        let rows_per_batch = check_columns(&natural, limit)?;
        let views = Arc::new(Schema::new(views::of_fields(schema.fields())));
        let options = ArrowReaderOptions::new().with_schema(views);
        let metadata =
            ArrowReaderMetadata::try_new(Arc::clone(natural.metadata()), options).map_err(broken)?;
        Ok(Self {
            bytes,
            metadata,
            schema,
            limit,
            rows_per_batch,
            next_group: 0,
            group: None,
        })
    }

    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some((reader, missing)) = &mut self.group {
                match reader.next() {
                    Some(batch) => {
                        let batch = batch.map_err(|error| broken(error.into()))?;
                        *missing = missing.checked_sub(batch.num_rows()).ok_or_else(miscounted)?;
                        return self.as_meant(&batch).map(Some);
                    }
                    None if *missing > 0 => return Err(miscounted()),
                    None => self.group = None,
                }
            }
            let groups = self.metadata.metadata().row_groups();
            let Some(group) = groups.get(self.next_group) else {
                return Ok(None);
            };
            pages::check(&self.bytes, group, self.limit)?;
            let rows = usize::try_from(group.num_rows()).map_err(|_| miscounted())?;
            let builder =
                ParquetRecordBatchReaderBuilder::new_with_metadata(self.bytes.clone(), self.metadata.clone());
            let reader = builder
                .with_row_groups(vec![self.next_group])
                .with_batch_size(self.rows_per_batch)
                .build()
                .map_err(broken)?;
            self.group = Some((reader, rows));
            self.next_group += 1;
        }
    }

    /// A batch whose texts are no views any more, where they were none in the file. A view may stand for the same text as a thousand others: what
    /// they are together is looked at first.
    fn as_meant(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let texts = batch.columns().iter().map(|column| views::length(column));
        let unpacked = texts.fold(0, usize::saturating_add);
        if unpacked > self.limit {
            return Err(too_large(unpacked, self.limit));
        }
        let columns = batch.columns().iter().zip(self.schema.fields());
        let columns = columns.map(|(column, field)| match column.data_type() == field.data_type() {
            true => Ok(Arc::clone(column)),
            false => cast(column, field.data_type()),
        });
        let columns = columns
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|error| broken(error.into()))?;
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &rows)
            .map_err(|error| broken(error.into()))
    }
}

/// Reads a file as a result does, up to so many batches.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn batches(bytes: Bytes, limit: usize, most: usize) -> Result<Vec<RecordBatch>> {
    let mut file = guard(|| File::new(bytes, limit)).and_then(|file| file)?;
    let mut batches = Vec::new();
    while batches.len() < most {
        match guard(|| file.next()).and_then(|batch| batch)? {
            Some(batch) => batches.push(batch),
            None => break,
        }
    }
    Ok(batches)
}

/// Refuses columns that unpack to more than can be told beforehand, and says how many rows of the others a batch may have.
fn check_columns(metadata: &ArrowReaderMetadata, limit: usize) -> Result<usize> {
    let columns = metadata.parquet_schema().columns();
    let mut leaves = Vec::new();
    for field in metadata.schema().fields() {
        views::leaves(field.data_type(), &mut leaves)?;
    }
    if columns.len() != leaves.len() {
        return Err(unsupported("columns of a kind that is not known"));
    }
    let mut row = 0_usize;
    for (column, data_type) in columns.iter().zip(leaves) {
        if column.physical_type() == PhysicalType::BYTE_ARRAY && !views::is_text(data_type) {
            return Err(unsupported("numbers of any length"));
        }
        // What is in lists is counted with its pages.
        if column.max_rep_level() == 0 {
            row = row.saturating_add(width(column));
        }
    }
    match limit / row.max(1) {
        0 => Err(too_large(row, limit)),
        rows => Ok(rows.min(MOST_ROWS)),
    }
}

/// What a value of a column takes at most; a text takes a view.
fn width(column: &ColumnDescriptor) -> usize {
    match column.physical_type() {
        PhysicalType::FIXED_LEN_BYTE_ARRAY => usize::try_from(column.type_length()).unwrap_or(usize::MAX),
        _ => size_of::<u128>(),
    }
}

fn too_large(bytes: usize, limit: usize) -> Error {
    let words = format!("the object's Parquet unpacks to {bytes} bytes at once, the limit is {limit}");
    Error::new(Kind::Resource, words)
        .hint("raise the option max_message_size, or have smaller row groups written")
}

fn unsupported(what: &str) -> Error {
    let words = format!("the object is Parquet with {what}, which are not read");
    Error::new(Kind::NotSupported, words)
}

fn miscounted() -> Error {
    Error::protocol("the object's Parquet has other rows than its footer says")
}

fn broken(error: ParquetError) -> Error {
    Error::protocol(format!("the object is broken Parquet: {error}")).caused_by(error)
}

#[cfg(test)]
mod tests;
