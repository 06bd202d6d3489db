//! A stream of batches that can begin again, for as long as little of it has been taken.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use arrow::record_batch::RecordBatch;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};

use crate::error::Result;

/// How much is kept until the server is known to take it. One that refuses an upload says so before it has read this much.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// A stream of batches, and those taken of it so far.
#[derive(Clone)]
pub(super) struct Replay(Arc<Mutex<State>>);

struct State {
    source: BoxStream<'static, Result<RecordBatch>>,
    kept: VecDeque<RecordBatch>,
    bytes: usize,
    /// Too much has been taken, or the stream has failed: it cannot begin again.
    gone: bool,
}

impl Replay {
    pub(super) fn new(source: impl Stream<Item = Result<RecordBatch>> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(State {
            source: source.boxed(),
            kept: VecDeque::new(),
            bytes: 0,
            gone: false,
        })))
    }

    /// The batches, kept while they are taken.
    pub(super) fn first_time(&self) -> impl Stream<Item = Result<RecordBatch>> + Send + 'static {
        let state = Arc::clone(&self.0);
        futures::stream::poll_fn(move |context| {
            state.lock().unwrap_or_else(PoisonError::into_inner).take(context)
        })
    }

    /// All batches from the first on; none where that is not possible any more.
    pub(super) fn second_time(self) -> Option<impl Stream<Item = Result<RecordBatch>> + Send + 'static> {
        let mut kept = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            (!state.gone).then(|| std::mem::take(&mut state.kept))?
        };
        let state = self.0;
        Some(futures::stream::poll_fn(move |context| {
            if let Some(batch) = kept.pop_front() {
                return Poll::Ready(Some(Ok(batch)));
            }
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.source.poll_next_unpin(context)
        }))
    }
}

impl State {
    fn take(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<RecordBatch>>> {
        let item = futures::ready!(self.source.poll_next_unpin(context));
        match &item {
            Some(Ok(batch)) if !self.gone => {
                self.bytes = self.bytes.saturating_add(batch.get_array_memory_size());
                self.gone = self.bytes > MOST_BYTES;
                match self.gone {
                    true => self.kept.clear(),
                    false => self.kept.push_back(batch.clone()),
                }
            }
            Some(Err(_)) => self.gone = true,
            _ => {}
        }
        Poll::Ready(item)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use futures::StreamExt as _;

    use super::Replay;

    fn batch(rows: usize) -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![7; rows]));
        RecordBatch::try_from_iter([("n", numbers)]).unwrap()
    }

    fn rows(stream: impl futures::Stream<Item = crate::Result<RecordBatch>>) -> Vec<usize> {
        let batches = futures::executor::block_on(stream.collect::<Vec<_>>());
        batches
            .into_iter()
            .map(|batch| batch.unwrap().num_rows())
            .collect()
    }

    #[test]
    fn what_was_taken_comes_again_before_the_rest() {
        let replay = Replay::new(futures::stream::iter([Ok(batch(1)), Ok(batch(2)), Ok(batch(3))]));
        assert_eq!(rows(replay.first_time().take(2)), [1, 2]);
        assert_eq!(rows(replay.second_time().unwrap()), [1, 2, 3]);
    }

    #[test]
    fn a_stream_of_which_much_was_taken_does_not_begin_again() {
        let large = 1024 * 1024;
        let replay = Replay::new(futures::stream::iter([
            Ok(batch(large)),
            Ok(batch(large)),
            Ok(batch(large)),
        ]));
        assert_eq!(rows(replay.first_time().take(3)).len(), 3);
        assert!(replay.second_time().is_none());
    }
}
