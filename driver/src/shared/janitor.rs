//! One task per session that does what nobody can wait for: a handle was dropped, a transaction forgotten, a result left unread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use super::transaction::OpenTransaction;
use crate::error::{Kind, Operation, Result};
use crate::protocol::{CancelStatus, Protocol, TransactionEnd};
use crate::trace;
use crate::transport::CallOptions;

/// Something to be cleaned up on the server.
pub(super) enum Job {
    CloseStatement(Bytes),
    Rollback(OpenTransaction),
    Cancel(BoxFuture<'static, Result<CancelStatus>>),
    /// A call that makes something on the server, and whose caller has gone: what it made is taken away again.
    Undo(Made, BoxFuture<'static, Result<Bytes>>),
    CloseSession,
    /// Answers when all that came before is done.
    Done(oneshot::Sender<()>),
}

/// What a call makes on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    Transaction,
    Statement,
}

/// The sending end; when it is dropped, the task does what is left and ends.
#[derive(Debug)]
pub(super) struct Janitor {
    jobs: mpsc::UnboundedSender<Job>,
    under_way: Arc<UnderWay>,
}

/// What has been sent and is not done.
#[derive(Debug, Default)]
struct UnderWay {
    /// The next statement of the session waits for these.
    rollbacks: AtomicUsize,
    all: AtomicUsize,
}

impl Janitor {
    /// Starts the task; it sets `broken` when a rollback failed, as a transaction may then still be open.
    pub(super) fn start(protocol: Protocol, broken: Arc<AtomicBool>) -> Self {
        let (jobs, received) = mpsc::unbounded_channel();
        let under_way = Arc::<UnderWay>::default();
        tokio::spawn(work(protocol, received, Arc::clone(&under_way), broken));
        Self { jobs, under_way }
    }

    pub(super) fn send(&self, job: Job) {
        if matches!(job, Job::Rollback(_) | Job::Undo(Made::Transaction, _)) {
            self.under_way.rollbacks.fetch_add(1, Ordering::AcqRel);
        }
        self.under_way.all.fetch_add(1, Ordering::AcqRel);
        // The task ends only with its runtime, and then nothing can be sent to the server either.
        let _no_runtime = self.jobs.send(job);
    }

    /// Runs a call that makes something on the server. Where its caller stops waiting, the janitor waits in its place, and takes away what was made.
    pub(super) async fn make(
        &self,
        made: Made,
        call: impl Future<Output = Result<Bytes>> + Send + 'static,
    ) -> Result<Bytes> {
        let mut call = Unfinished {
            janitor: self,
            made,
            call: Some(call.boxed()),
        };
        let result = futures::future::poll_fn(|context| match &mut call.call {
            Some(call) => call.poll_unpin(context),
            None => std::task::Poll::Pending,
        })
        .await;
        call.call = None;
        result
    }

    /// Says whether nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.all.load(Ordering::Acquire) == 0
    }

    /// Waits until no rollback is under way.
    pub(super) async fn settle(&self) {
        if self.under_way.rollbacks.load(Ordering::Acquire) > 0 {
            self.drain().await;
        }
    }

    /// Waits until all is done.
    pub(super) async fn drain(&self) {
        let (done, finished) = oneshot::channel();
        self.send(Job::Done(done));
        let _no_runtime = finished.await;
    }
}

struct Unfinished<'a> {
    janitor: &'a Janitor,
    made: Made,
    call: Option<BoxFuture<'static, Result<Bytes>>>,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            self.janitor.send(Job::Undo(self.made, call));
        }
    }
}

async fn work(
    protocol: Protocol,
    mut jobs: mpsc::UnboundedReceiver<Job>,
    under_way: Arc<UnderWay>,
    broken: Arc<AtomicBool>,
) {
    let options = CallOptions::new();
    while let Some(job) = jobs.recv().await {
        let (operation, result) = match job {
            Job::Done(done) => {
                under_way.all.fetch_sub(1, Ordering::AcqRel);
                let _nobody_waits = done.send(());
                continue;
            }
            Job::CloseStatement(handle) => (
                Operation::CloseStatement,
                protocol.close_prepared(handle, &options).await,
            ),
            Job::Rollback(open) => {
                let result = open.end(&protocol, TransactionEnd::Rollback).await;
                if result.as_ref().is_err_and(|error| open.may_be_left_by(error)) {
                    broken.store(true, Ordering::Release);
                }
                under_way.rollbacks.fetch_sub(1, Ordering::AcqRel);
                (Operation::Rollback, result)
            }
            Job::Undo(made, call) => {
                let undone = match (call.await, made) {
                    (Ok(id), Made::Transaction) => protocol.end(id, TransactionEnd::Rollback, &options).await,
                    (Ok(handle), Made::Statement) => protocol.close_prepared(handle, &options).await,
                    (Err(error), _) => Err(error),
                };
                if made == Made::Transaction {
                    under_way.rollbacks.fetch_sub(1, Ordering::AcqRel);
                    (Operation::Rollback, undone)
                } else {
                    (Operation::CloseStatement, undone)
                }
            }
            Job::Cancel(cancel) => (Operation::Cancel, cancel.await.map(drop)),
            Job::CloseSession => (
                Operation::CloseSession,
                protocol.close_session(&options).await.map(drop),
            ),
        };
        under_way.all.fetch_sub(1, Ordering::AcqRel);
        match result {
            // A server that does not know sessions or cancelling has nothing to clean up.
            Err(error) if !matches!(error.kind(), Kind::NotSupported | Kind::NotFound) => {
                trace::cleanup_failed(&operation, &error);
            }
            _ => {}
        }
    }
}
