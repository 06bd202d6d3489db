//! The rows every client reads, encoded once.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::SchemaRef;
use arrow_flight::FlightData;
use arrow_flight::utils::batches_to_flight_data;
use bytes::{BufMut as _, Bytes, BytesMut};
use prost::Message as _;

use crate::Failure;

/// Rows of a batch: 1.6 MB, below the 4 MiB that arrow-flight's client takes by default.
pub(crate) const BATCH_ROWS: usize = 32_768;
/// Distinct batches; a longer result repeats them.
const BATCHES: usize = 16;

/// What the last of the six columns is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last {
    Truth,
    Float,
}

/// The pieces of any result, as gRPC messages ready to be sent.
pub(crate) struct Data {
    pub(crate) schema: SchemaRef,
    schema_message: Bytes,
    batches: Vec<(RecordBatch, Bytes)>,
}

impl Data {
    pub(crate) fn new(last: Last) -> Result<Self, Failure> {
        let mut batches = Vec::with_capacity(BATCHES);
        for index in 0..BATCHES {
            let batch = batch(index * BATCH_ROWS, last)?;
            let [_, message] = encode(&batch)?;
            batches.push((batch, message));
        }
        let (first, _) = batches.first().ok_or("no batch")?;
        let [schema_message, _] = encode(first)?;
        Ok(Self {
            schema: first.schema(),
            schema_message,
            batches,
        })
    }

    /// The messages of a result of so many rows: the schema, whole batches, and one with what is left.
    pub(crate) fn messages(self: Arc<Self>, rows: usize) -> Result<Messages, Failure> {
        let left = rows % BATCH_ROWS;
        let last = match self.batches.first() {
            Some((batch, _)) if left > 0 => {
                let [_, message] = encode(&batch.slice(0, left))?;
                Some(message)
            }
            _ => None,
        };
        Ok(Messages {
            whole: rows / BATCH_ROWS,
            last,
            next: None,
            data: self,
        })
    }
}

/// The results there are.
pub(crate) struct Shapes {
    truth: Arc<Data>,
    float: Arc<Data>,
}

impl Shapes {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self {
            truth: Arc::new(Data::new(Last::Truth)?),
            float: Arc::new(Data::new(Last::Float)?),
        })
    }

    pub(crate) fn of(&self, last: Last) -> &Arc<Data> {
        match last {
            Last::Truth => &self.truth,
            Last::Float => &self.float,
        }
    }
}

/// The messages of one result, in order.
pub(crate) struct Messages {
    data: Arc<Data>,
    /// None before the schema, then the number of the next whole batch.
    next: Option<usize>,
    whole: usize,
    last: Option<Bytes>,
}

impl Iterator for Messages {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let Some(index) = self.next else {
            self.next = Some(0);
            return Some(self.data.schema_message.clone());
        };
        if index < self.whole {
            self.next = Some(index + 1);
            let (_, message) = self.data.batches.get(index % BATCHES)?;
            return Some(message.clone());
        }
        self.last.take()
    }
}

/// Forty-eight bytes a row: an integer of each width, a float with NULLs, a text of sixteen bytes, a timestamp,
/// and a truth value or one more float.
fn batch(first: usize, last: Last) -> Result<RecordBatch, Failure> {
    let ids: Vec<i64> = (first..first + BATCH_ROWS)
        .map(i64::try_from)
        .collect::<Result<_, _>>()?;
    let small = ids
        .iter()
        .map(|id| i32::try_from(id * 7919 % 100_003 - 50_000))
        .collect::<Result<Vec<_>, _>>()?;
    let ratio = small
        .iter()
        .zip(&ids)
        .map(|(small, id)| (id % 11 != 5).then(|| f64::from(*small) / 8.0));
    let at = ids.iter().map(|id| 1_700_000_000_000_000 + id * 1_000_003);
    let columns: [(&str, ArrayRef); 6] = [
        ("id", Arc::new(Int64Array::from(ids.clone()))),
        ("small", Arc::new(Int32Array::from(small.clone()))),
        ("ratio", Arc::new(ratio.collect::<Float64Array>())),
        (
            "label",
            Arc::new(StringArray::from_iter_values(
                ids.iter().map(|id| format!("row {id:012}")),
            )),
        ),
        ("at", Arc::new(TimestampMicrosecondArray::from_iter_values(at))),
        match last {
            Last::Truth => (
                "flag",
                Arc::new(BooleanArray::from_iter(ids.iter().map(|id| Some(id % 3 == 0)))),
            ),
            Last::Float => (
                "share",
                Arc::new(Float64Array::from_iter_values(
                    small.iter().map(|small| f64::from(*small) / 100_003.0),
                )),
            ),
        },
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// The messages of a schema and of one batch.
fn encode(batch: &RecordBatch) -> Result<[Bytes; 2], Failure> {
    let messages = batches_to_flight_data(&batch.schema(), [batch])?;
    let [schema, batch] = &messages[..] else {
        return Err("a batch is not one message".into());
    };
    Ok([framed(schema)?, framed(batch)?])
}

/// A message with the five bytes gRPC puts before it.
fn framed(message: &FlightData) -> Result<Bytes, Failure> {
    let length = message.encoded_len();
    let mut bytes = BytesMut::with_capacity(length + 5);
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(length)?);
    message.encode(&mut bytes)?;
    Ok(bytes.freeze())
}
