//! One SQLite connection on a thread of its own.
//!
//! Everything asked of a connection is a job in its queue, reading the next batch of a result included. So several
//! results of one transaction can be read in turns, nothing waits inside SQLite for a slow reader, and a result holds
//! no more memory than the batches that were asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use arrow::array::RecordBatch;
use rusqlite::Connection;
use tokio::sync::oneshot;
use tonic::Status;

use crate::cursor::Cursor;
use crate::status;
use crate::stop::{RaiseOnDrop, Stop};

/// How many instructions of SQLite's machine pass between two looks at the stop flag.
const STEPS_BETWEEN_LOOKS: std::ffi::c_int = 2000;

type Job = Box<dyn for<'c> FnOnce(&mut Desk<'c>) + Send>;

/// What lies on the thread's desk: the connection and the results being read from it.
pub(crate) struct Desk<'c> {
    pub(crate) connection: &'c Connection,
    cursors: HashMap<u64, Cursor<'c>>,
    next: u64,
    watched: Arc<Mutex<Option<Stop>>>,
}

impl<'c> Desk<'c> {
    /// Keeps a result open; the number finds it again.
    pub(crate) fn keep(&mut self, cursor: Cursor<'c>) -> u64 {
        self.next += 1;
        self.cursors.insert(self.next, cursor);
        self.next
    }

    /// Reads the next batch of an open result; nothing at its end.
    pub(crate) fn read(&mut self, cursor: u64) -> Result<Option<RecordBatch>, Status> {
        match self.cursors.get_mut(&cursor) {
            Some(cursor) => cursor.next_batch(),
            None => Err(Status::aborted(
                "the result was closed: its transaction was rolled back",
            )),
        }
    }

    pub(crate) fn close(&mut self, cursor: u64) {
        self.cursors.remove(&cursor);
    }

    pub(crate) fn close_all(&mut self) {
        self.cursors.clear();
    }

    fn watch(&self, stop: Option<Stop>) {
        *self.watched.lock().unwrap_or_else(PoisonError::into_inner) = stop;
    }
}

/// The queue of a connection's thread; the thread ends, and closes the connection, when the queue is dropped.
pub(crate) struct Worker {
    jobs: mpsc::Sender<Job>,
}

impl Worker {
    /// Starts a thread that opens a connection.
    ///
    /// # Errors
    ///
    /// What SQLite says when it cannot open the database.
    pub(crate) async fn start(
        open: impl FnOnce() -> rusqlite::Result<Connection> + Send + 'static,
    ) -> Result<Self, Status> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let (ready, opened) = oneshot::channel();
        std::thread::Builder::new()
            .name("sqlite".into())
            .spawn(move || match open() {
                Ok(connection) => {
                    if ready.send(Ok(())).is_ok() {
                        serve(&connection, &queue);
                    }
                }
                Err(error) => {
                    let _ = ready.send(Err(status::from_sqlite(error)));
                }
            })
            .map_err(|error| Status::resource_exhausted(format!("no thread for a connection: {error}")))?;
        opened.await.map_err(|_| ended())??;
        Ok(Self { jobs })
    }

    /// Runs a job and waits for its answer. When the caller gives up waiting, the running statement is interrupted.
    ///
    /// # Errors
    ///
    /// The job's own; `CANCELLED` when `stop` was raised before it began.
    pub(crate) async fn call<R: Send + 'static>(
        &self,
        stop: &Stop,
        job: impl for<'c> FnOnce(&mut Desk<'c>) -> Result<R, Status> + Send + 'static,
    ) -> Result<R, Status> {
        let (reply, answer) = oneshot::channel();
        let on_drop = RaiseOnDrop::new(stop.clone());
        let stop = stop.clone();
        self.post(move |desk| {
            let result = if stop.raised() {
                Err(Stop::status())
            } else {
                desk.watch(Some(stop));
                let result = job(desk);
                desk.watch(None);
                result
            };
            // Nobody waits any more: the job was interrupted or its answer is not needed.
            let _ = reply.send(result);
        })?;
        let result = answer.await.map_err(|_| ended());
        on_drop.done();
        result?
    }

    /// Runs a job without waiting for it.
    ///
    /// # Errors
    ///
    /// `INTERNAL` when the connection's thread has ended.
    pub(crate) fn post(
        &self,
        job: impl for<'c> FnOnce(&mut Desk<'c>) + Send + 'static,
    ) -> Result<(), Status> {
        self.jobs.send(Box::new(job)).map_err(|_| ended())
    }
}

fn ended() -> Status {
    Status::internal("the thread of this database connection has ended")
}

fn serve(connection: &Connection, queue: &mpsc::Receiver<Job>) {
    let watched = Arc::new(Mutex::new(None::<Stop>));
    let looked_at = watched.clone();
    connection.progress_handler(
        STEPS_BETWEEN_LOOKS,
        Some(move || {
            let watched = looked_at.lock().unwrap_or_else(PoisonError::into_inner);
            watched.as_ref().is_some_and(Stop::raised)
        }),
    );
    let mut desk = Desk {
        connection,
        cursors: HashMap::new(),
        next: 0,
        watched,
    };
    while let Ok(job) = queue.recv() {
        job(&mut desk);
    }
}
