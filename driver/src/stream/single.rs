//! A result with one endpoint.
//!
//! A small one is read by whoever fetches: a task and a channel would cost more than all of it. Once it proves large, a task takes over. That task shares a
//! thread with the connection that wakes it, and what has come is decoded where it lies in the cache; whoever fetches sleeps until a batch is
//! whole, instead of being woken, on another thread, for every frame.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use futures::StreamExt as _;
use futures::future::poll_fn;
use futures::stream::{BoxStream, try_unfold};

use super::endpoint::{EndpointReader, Reading};
use super::fanout::{Bounds, Fanout};
use crate::error::Result;

/// What is read of a result before it counts as large, in bytes.
const LARGE: usize = 1 << 20;

/// Who reads.
enum Reader {
    /// Whoever fetches; so many bytes have been read.
    Caller(Box<EndpointReader>, usize),
    /// A task.
    Task(Fanout),
}

/// The stream of such a result.
pub(super) fn read(
    reading: Arc<Reading>,
    bounds: Bounds,
    first: EndpointReader,
) -> BoxStream<'static, Result<RecordBatch>> {
    try_unfold(Reader::Caller(Box::new(first), 0), move |reader| {
        let reading = Arc::clone(&reading);
        async move {
            let mut fanout = match reader {
                Reader::Caller(mut reader, read) if read < LARGE || !Fanout::may_start() => {
                    let Some(batch) = reader.next().await? else {
                        return Ok(None);
                    };
                    let read = read.saturating_add(batch.get_array_memory_size());
                    return Ok(Some((batch, Reader::Caller(reader, read))));
                }
                Reader::Caller(reader, _) => Fanout::new(reading, bounds, *reader, []),
                Reader::Task(fanout) => fanout,
            };
            let batch = poll_fn(|context| fanout.poll_next(context)).await.transpose()?;
            Ok(batch.map(|batch| (batch, Reader::Task(fanout))))
        }
    })
    .boxed()
}
