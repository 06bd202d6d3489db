//! Several endpoints at once, or a single one whose result is large: a bounded number of them, each within its share of a bound in bytes.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::Array as _;
use arrow::record_batch::RecordBatch;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::endpoint::{EndpointReader, Reading};
use super::waiting::Waiting;
use crate::error::{Error, Result};
use crate::protocol::FlightEndpoint;

/// Memory is counted in units of this many bytes.
const UNIT: usize = 1024;
/// Batches of one endpoint that may wait, however small they are.
const MOST_WAITING: usize = 1024;

/// How many endpoints are read at once, in which order, within how many bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) parallelism: usize,
    /// How many bytes of one endpoint may wait.
    pub(super) waiting: usize,
    pub(super) ordered: bool,
}

/// The endpoints of a result while they are read.
pub(super) struct Fanout {
    reading: Arc<Reading>,
    bounds: Bounds,
    waiting: Waiting,
    /// Renews what waits, where any of it expires.
    keeper: Option<JoinHandle<()>>,
    running: VecDeque<Lane>,
}

/// One endpoint being read by a task of its own.
struct Lane {
    pieces: mpsc::Receiver<Piece>,
    task: JoinHandle<()>,
}

/// What a task hands over. The end is said, so that a task that vanished is never taken for one.
enum Piece {
    Batch(RecordBatch, Option<OwnedSemaphorePermit>),
    Failed(Error),
    End,
}

impl Fanout {
    /// Starts with the first endpoint already open.
    pub(super) fn new(
        reading: Arc<Reading>,
        bounds: Bounds,
        first: EndpointReader,
        rest: impl IntoIterator<Item = (usize, FlightEndpoint)>,
    ) -> Self {
        let waiting = Waiting::new(rest);
        let mut fanout = Self {
            reading,
            bounds,
            keeper: None,
            waiting,
            running: VecDeque::new(),
        };
        fanout.start(async move { Ok(first) });
        fanout.fill();
        if fanout.waiting.expires() {
            let keep = fanout.waiting.clone().keep(Arc::clone(&fanout.reading));
            fanout.keeper = Some(tokio::spawn(keep));
        }
        fanout
    }

    /// Says whether tasks can be started here: a stream may be polled outside of the runtime as well.
    pub(super) fn may_start() -> bool {
        tokio::runtime::Handle::try_current().is_ok()
    }

    fn fill(&mut self) {
        while self.running.len() < self.bounds.parallelism.max(1) {
            let Some((index, endpoint)) = self.waiting.pop() else {
                return;
            };
            let reading = Arc::clone(&self.reading);
            self.start(EndpointReader::open(reading, endpoint, index));
        }
    }

    fn start(&mut self, opening: impl Future<Output = Result<EndpointReader>> + Send + 'static) {
        let share = (self.bounds.waiting / UNIT).max(1);
        let (sender, pieces) = mpsc::channel(MOST_WAITING);
        let task = tokio::spawn(read(opening, sender, share.min(Semaphore::MAX_PERMITS)));
        self.running.push_back(Lane { pieces, task });
    }

    /// The next batch: of the first unfinished endpoint when order counts, else of whichever has one.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<RecordBatch>>> {
        let mut index = 0;
        while let Some(lane) = self.running.get_mut(index) {
            match lane.pieces.poll_recv(context) {
                Poll::Ready(Some(Piece::Batch(batch, _given_back))) => {
                    if !self.bounds.ordered {
                        self.running.rotate_left(1);
                    }
                    return Poll::Ready(Some(Ok(batch)));
                }
                Poll::Ready(Some(Piece::End)) => {
                    self.running.remove(index);
                    self.fill();
                }
                Poll::Ready(Some(Piece::Failed(error))) => return Poll::Ready(Some(Err(self.fail(error)))),
                Poll::Ready(None) => {
                    let error = Error::protocol("the task that read an endpoint vanished");
                    return Poll::Ready(Some(Err(self.fail(error))));
                }
                Poll::Pending if self.bounds.ordered => return Poll::Pending,
                Poll::Pending => index += 1,
            }
        }
        if self.running.is_empty() {
            Poll::Ready(None)
        } else {
            Poll::Pending
        }
    }

    /// One endpoint that failed ends the whole result: the others are dropped at once.
    fn fail(&mut self, error: Error) -> Error {
        self.waiting.clear();
        self.running.clear();
        error
    }
}

impl Drop for Fanout {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            keeper.abort();
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Fanout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fanout")
            .field("bounds", &self.bounds)
            .field("waiting", &self.waiting.len())
            .field("running", &self.running.len())
            .finish_non_exhaustive()
    }
}

/// Reads an endpoint into its channel, never holding more than its share of bytes beside the batch at hand.
async fn read(
    opening: impl Future<Output = Result<EndpointReader>>,
    sender: mpsc::Sender<Piece>,
    share: usize,
) {
    let budget = Arc::new(Semaphore::new(share));
    let piece = match read_all(opening, &sender, &budget, share).await {
        Ok(()) => Piece::End,
        Err(error) => Piece::Failed(error),
    };
    // Nobody listens any more when the result has been dropped.
    let _dropped = sender.send(piece).await;
}

async fn read_all(
    opening: impl Future<Output = Result<EndpointReader>>,
    sender: &mpsc::Sender<Piece>,
    budget: &Arc<Semaphore>,
    share: usize,
) -> Result<()> {
    let mut reader = opening.await?;
    while let Some(batch) = reader.next().await? {
        let units = size(&batch).div_ceil(UNIT).clamp(1, share);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        // The semaphore is never closed; without a permit the batch goes on uncounted.
        let permit = Arc::clone(budget).acquire_many_owned(units).await.ok();
        if sender.send(Piece::Batch(batch, permit)).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// The bytes of a batch itself: its columns may all lie in one message, whose whole size each of them would count.
fn size(batch: &RecordBatch) -> usize {
    let sizes = batch.columns().iter().map(|column| {
        let whole = column.get_array_memory_size();
        column
            .to_data()
            .get_slice_memory_size()
            .map_or(whole, |slice| slice.min(whole))
    });
    sizes.fold(0, usize::saturating_add)
}
