//! Batches of a blocking reader as the stream an asynchronous call wants.

use arrow::record_batch::{RecordBatch, RecordBatchReader};
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::mpsc;

use super::Runtime;
use crate::error::{Error, Result};

/// Runs a call that takes a stream of batches, fed by a reader on this thread: the reader may block, as the connection has threads of its own.
pub(super) fn feed<T, F>(
    runtime: Runtime,
    reader: impl RecordBatchReader,
    call: impl FnOnce(BoxStream<'static, Result<RecordBatch>>) -> F,
) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let (sender, mut receiver) = mpsc::channel(1);
    let batches = stream::poll_fn(move |context| receiver.poll_recv(context)).boxed();
    let read = async move {
        for batch in reader {
            // The call has ended, and says why.
            if sender.send(batch.map_err(Error::from)).await.is_err() {
                break;
            }
        }
    };
    runtime.block_on(async { tokio::join!(call(batches), read).0 })
}
