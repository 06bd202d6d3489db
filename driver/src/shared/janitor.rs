//! One task per session that does what nobody can wait for: a handle was dropped, a transaction forgotten, a result left unread.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
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
    CloseSession,
    /// Answers when all that came before is done.
    Done(oneshot::Sender<()>),
}

/// The sending end; when it is dropped, the task does what is left and ends.
#[derive(Debug)]
pub(super) struct Janitor {
    jobs: mpsc::UnboundedSender<Job>,
    /// Rollbacks under way: the next statement of the session waits for them.
    rollbacks: Arc<AtomicUsize>,
}

impl Janitor {
    pub(super) fn start(protocol: Protocol) -> Self {
        let (jobs, received) = mpsc::unbounded_channel();
        let rollbacks = Arc::new(AtomicUsize::new(0));
        tokio::spawn(work(protocol, received, Arc::clone(&rollbacks)));
        Self { jobs, rollbacks }
    }

    pub(super) fn send(&self, job: Job) {
        if matches!(job, Job::Rollback(_)) {
            self.rollbacks.fetch_add(1, Ordering::AcqRel);
        }
        // The task ends only with its runtime, and then nothing can be sent to the server either.
        let _no_runtime = self.jobs.send(job);
    }

    /// Waits until no rollback is under way.
    pub(super) async fn settle(&self) {
        if self.rollbacks.load(Ordering::Acquire) > 0 {
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

async fn work(protocol: Protocol, mut jobs: mpsc::UnboundedReceiver<Job>, rollbacks: Arc<AtomicUsize>) {
    let options = CallOptions::new();
    while let Some(job) = jobs.recv().await {
        let (operation, result) = match job {
            Job::Done(done) => {
                let _nobody_waits = done.send(());
                continue;
            }
            Job::CloseStatement(handle) => (
                Operation::CloseStatement,
                protocol.close_prepared(handle, &options).await,
            ),
            Job::Rollback(open) => {
                let result = open.end(&protocol, TransactionEnd::Rollback).await;
                rollbacks.fetch_sub(1, Ordering::AcqRel);
                (Operation::Rollback, result)
            }
            Job::Cancel(cancel) => (Operation::Cancel, cancel.await.map(drop)),
            Job::CloseSession => (
                Operation::CloseSession,
                protocol.close_session(&options).await.map(drop),
            ),
        };
        match result {
            // A server that does not know sessions or cancelling has nothing to clean up.
            Err(error) if !matches!(error.kind(), Kind::NotSupported | Kind::NotFound) => {
                trace::cleanup_failed(&operation, &error);
            }
            _ => {}
        }
    }
}
