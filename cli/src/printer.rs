//! The thread that writes the output.
//!
//! Writing may block as long as a pager likes; meanwhile the command still hears Ctrl-C. Batches wait in a short queue, so that a slow reader
//! slows down the server instead of filling the memory.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::time::Duration;

use jetbridge::arrow::array::RecordBatch;
use jetbridge::cursor::RowChunk;
use jetbridge::types::Columns;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::args::Format;
use crate::exit::Failure;
use crate::progress::Progress;
use crate::render::{self, Render, Style};

/// How many batches may wait.
const QUEUE: usize = 2;
/// After so long without a batch, what has come is shown.
const PAUSE: Duration = Duration::from_millis(50);
const BUFFER: usize = 1 << 18;

/// Where the output goes.
#[derive(Debug)]
pub(crate) enum Destination {
    Stdout,
    File(File),
}

impl Destination {
    fn open(self) -> Result<Box<dyn Write + Send>, Failure> {
        Ok(match self {
            Self::Stdout => Box::new(io::stdout()),
            Self::File(file) => {
                // What was in it goes only now that the query has succeeded so far. A pipe or a device has no length.
                if file.metadata()?.is_file() {
                    file.set_len(0)?;
                }
                Box::new(file)
            }
        })
    }
}

enum Message {
    Rows(RecordBatch),
    /// The result is complete. A channel that closes without this is a result that broke.
    End,
}

/// Writes batches in a thread of its own.
pub(crate) struct Printer {
    messages: mpsc::Sender<Message>,
    outcome: oneshot::Receiver<Result<(), Failure>>,
}

/// The printer takes no more rows; [`Printer::finish`] says why.
#[derive(Debug)]
pub(crate) struct Ended;

impl Printer {
    pub(crate) fn start(
        format: Format,
        columns: &Arc<Columns>,
        style: Style,
        destination: Destination,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        let counted = Counted {
            inner: destination.open()?,
            progress: progress.clone(),
        };
        let renderer = render::open(format, columns, style, BufWriter::with_capacity(BUFFER, counted))?;
        let (messages, queue) = mpsc::channel(QUEUE);
        let (sender, outcome) = oneshot::channel();
        let work = Work {
            renderer,
            columns: Arc::clone(columns),
            queue,
            progress: progress.clone(),
        };
        let runtime = Handle::current();
        std::thread::Builder::new()
            .name("output".to_owned())
            // Nobody waits for the outcome when a signal has ended the command.
            .spawn(move || drop(sender.send(work.run(&runtime))))
            .map_err(|error| Failure::here("cannot start a thread", &error))?;
        Ok(Self { messages, outcome })
    }

    /// Gives it rows to write; waits while it has enough.
    pub(crate) async fn print(&self, batch: RecordBatch) -> Result<(), Ended> {
        self.messages.send(Message::Rows(batch)).await.map_err(|_| Ended)
    }

    /// Ends a complete output, and waits until all of it is written.
    pub(crate) async fn finish(self) -> Result<(), Failure> {
        // It has ended already where this fails, and the outcome says why.
        let _ = self.messages.send(Message::End).await;
        self.stop().await
    }

    /// Ends an output that is not complete, and waits until what there is of it is written.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        drop(self.messages);
        self.outcome
            .await
            .unwrap_or_else(|_| Err(Failure::Here("the output ended too early".to_owned())))
    }
}

struct Work {
    renderer: Box<dyn Render>,
    columns: Arc<Columns>,
    queue: mpsc::Receiver<Message>,
    progress: Progress,
}

impl Work {
    fn run(mut self, runtime: &Handle) -> Result<(), Failure> {
        loop {
            match self.next(runtime)? {
                Some(Message::Rows(batch)) => self.write(batch)?,
                Some(Message::End) => return self.renderer.end(),
                None => return self.renderer.pause(),
            }
        }
    }

    fn next(&mut self, runtime: &Handle) -> Result<Option<Message>, Failure> {
        let soon = runtime.block_on(async { tokio::time::timeout(PAUSE, self.queue.recv()).await });
        if let Ok(message) = soon {
            return Ok(message);
        }
        self.renderer.pause()?;
        Ok(self.queue.blocking_recv())
    }

    fn write(&mut self, batch: RecordBatch) -> Result<(), Failure> {
        let count = batch.num_rows();
        let rows = RowChunk::new(Arc::clone(&self.columns), batch, self.progress.rows())?;
        self.renderer.rows(&rows)?;
        self.progress.add_rows(count);
        Ok(())
    }
}

/// Counts what goes through.
struct Counted {
    inner: Box<dyn Write + Send>,
    progress: Progress,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.progress.add_bytes(written);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
