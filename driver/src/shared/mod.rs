//! What every handle of a session stands on.

mod capabilities;
mod features;
mod janitor;
mod manners;
mod release;
mod transaction;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use futures::FutureExt as _;

use self::capabilities::Asked;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use self::capabilities::fuzzing;
pub use self::capabilities::{
    Capabilities, IsolationLevel, NameCase, SqlInfo, SqlInfoValue, TransactionSupport,
};
use self::features::Features;
pub(crate) use self::features::{Feature, NamedForm};
use self::janitor::{Janitor, Job, Made};
pub(crate) use self::transaction::OpenTransaction;
use self::transaction::TransactionState;
use crate::config::{Config, Recognized};
use crate::error::{Error, Kind, Operation, Result, SqlState};
use crate::protocol::{CancelStatus, FlightInfo, Prepared, Protocol, TransactionEnd};
use crate::sql::Dialect;
use crate::stream::{BatchStream, CancelHandle, WeakCancelHandle};
use crate::transport::{CallOptions, Locations, Transport, expired};

/// The session behind its handles: the last one dropped ends it on the server.
pub(crate) struct Shared {
    protocol: Protocol,
    locations: Arc<Locations>,
    features: Features,
    asked: Asked,
    /// How the server reads texts, once it has been asked.
    dialect: tokio::sync::OnceCell<Dialect>,
    /// Which server it is, once that was asked.
    recognized: tokio::sync::OnceCell<Recognized>,
    transaction: tokio::sync::Mutex<TransactionState>,
    janitor: Janitor,
    closed: AtomicBool,
    /// Set by an error after which the session's state on the server is unknown.
    broken: Arc<AtomicBool>,
    /// Set when an answer did not come in time: the server may not hear any more.
    in_doubt: AtomicBool,
    /// Session options set since it began.
    altered: Mutex<BTreeSet<String>>,
    /// The results that are open.
    results: Mutex<Vec<WeakCancelHandle>>,
}

impl Shared {
    pub(crate) fn new(transport: Transport) -> Arc<Self> {
        let autocommit = transport.config().get_autocommit();
        let protocol = Protocol::new(transport.clone());
        let broken = Arc::<AtomicBool>::default();
        let shared = Self {
            janitor: Janitor::start(protocol.clone(), Arc::clone(&broken)),
            locations: Locations::new(transport),
            protocol,
            features: Features::default(),
            asked: Asked::default(),
            dialect: tokio::sync::OnceCell::new(),
            recognized: tokio::sync::OnceCell::new(),
            transaction: tokio::sync::Mutex::new(TransactionState::new(autocommit)),
            closed: AtomicBool::new(false),
            broken,
            in_doubt: AtomicBool::new(false),
            altered: Mutex::default(),
            results: Mutex::default(),
        };
        shared.spare(shared.config());
        Arc::new(shared)
    }

    pub(crate) fn config(&self) -> &Config {
        self.protocol.transport().config()
    }

    /// The protocol, unless the session has been closed.
    pub(crate) fn protocol(&self) -> Result<&Protocol> {
        if self.closed.load(Ordering::Acquire) {
            let error = Error::new(Kind::State, "the session is closed").state(SqlState::CONNECTION_CLOSED);
            return Err(error.on(self.peer()));
        }
        Ok(&self.protocol)
    }

    pub(crate) fn peer(&self) -> &str {
        self.protocol.transport().peer()
    }

    /// Says whether the server has said that it lacks something.
    pub(crate) fn lacks(&self, feature: Feature) -> bool {
        self.features.lacks(feature)
    }

    /// Refuses what the server has said it lacks.
    pub(crate) fn demand(&self, feature: Feature, operation: Operation) -> Result<()> {
        self.features
            .demand(feature, operation)
            .map_err(|error| error.on(self.peer()))
    }

    /// Takes note when an error says that the server lacks something.
    pub(crate) fn note<T>(&self, feature: Feature, result: Result<T>) -> Result<T> {
        self.features.note(feature, result)
    }

    /// Takes note that the server lacks something, which it said in its own way.
    pub(crate) fn do_without(&self, feature: Feature) {
        self.features
            .remember(feature, "the server refused it before".to_owned());
    }

    /// How the server wants named parameters written, where that has been found out.
    pub(crate) fn named_form(&self) -> Option<NamedForm> {
        self.features.named_form()
    }

    pub(crate) fn set_named_form(&self, form: NamedForm) {
        self.features.set_named_form(form);
    }

    /// The place of the server's dialect; who needs it asks the server.
    pub(crate) fn dialect(&self) -> &tokio::sync::OnceCell<Dialect> {
        &self.dialect
    }

    /// Takes note when an error leaves the session in doubt.
    pub(crate) fn watch<T>(&self, result: Result<T>) -> Result<T> {
        if result.as_ref().is_err_and(Error::leaves_doubt) {
            self.broken.store(true, Ordering::Release);
        }
        if result.as_ref().is_err_and(|error| error.kind() == Kind::Timeout) {
            self.in_doubt.store(true, Ordering::Release);
        }
        result
    }

    pub(crate) fn is_in_doubt(&self) -> bool {
        self.in_doubt.load(Ordering::Acquire)
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire) || self.closed.load(Ordering::Acquire)
    }

    pub(crate) fn mend(&self) {
        self.in_doubt.store(false, Ordering::Release);
        self.broken.store(false, Ordering::Release);
    }

    /// Runs a call that prepares a statement. Should the caller stop waiting, the statement is closed again.
    pub(crate) async fn make_statement(
        &self,
        call: impl Future<Output = Result<Prepared>> + Send + 'static,
    ) -> Result<Prepared> {
        let (sender, prepared) = tokio::sync::oneshot::channel();
        let call = async move {
            let prepared = call.await?;
            let handle = prepared.handle.clone();
            // Without a caller, the janitor has the handle, and that is all it needs.
            let _caller_is_gone = sender.send(prepared);
            Ok(handle)
        };
        self.janitor.make(Made::Statement, call).await?;
        prepared
            .await
            .map_err(|_| Error::new(Kind::State, "the prepared statement is gone"))
    }

    /// Has a prepared statement closed by the janitor.
    pub(crate) fn abandon_statement(&self, handle: Bytes) {
        self.janitor.send(Job::CloseStatement(handle));
    }

    /// Runs a statement for what it does; see [`Protocol::run_text`].
    pub(crate) async fn run_text(
        &self,
        operation: &Operation,
        sql: &str,
        transaction: Option<Bytes>,
        options: &CallOptions,
    ) -> Result<Option<u64>> {
        let answer = self
            .protocol()?
            .run_text(operation, sql, transaction, options)
            .await;
        self.watch(answer)
    }

    /// Opens the result of a FlightInfo; dropped before its end, or while it is opened, it is cancelled on the server.
    pub(crate) async fn open(
        self: &Arc<Self>,
        info: FlightInfo,
        options: &CallOptions,
        handle: CancelHandle,
    ) -> Result<BatchStream> {
        let info = Arc::new(info);
        self.ask_about(&info, &handle);
        self.results_include(&handle);
        let mut unread = CancelUnlessOpen(Some(Unread {
            shared: Arc::clone(self),
            info: Arc::clone(&info),
        }));
        let batches = Box::pin(BatchStream::open(&self.locations, &info, options, handle)).await;
        let batches = self.watch(batches)?;
        let unread = unread.0.take();
        let batches = batches.breaking(Arc::clone(&self.broken));
        Ok(batches.on_abandon(Box::new(move || {
            if let Some(unread) = unread {
                unread.cancel();
            }
        })))
    }

    /// Lets a handle ask the server to stop working on a query; the handle does not keep the session alive.
    pub(crate) fn ask_about(self: &Arc<Self>, info: &Arc<FlightInfo>, handle: &CancelHandle) {
        let (shared, info) = (Arc::downgrade(self), Arc::clone(info));
        handle.ask_by(Arc::new(move || {
            let (shared, info) = (Weak::upgrade(&shared), Arc::clone(&info));
            async move {
                match shared {
                    Some(shared) => shared.cancel(&info).await,
                    // The session has ended, and its queries with it.
                    None => Ok(CancelStatus::NotCancellable),
                }
            }
            .boxed()
        }));
    }

    /// Asks the server to stop working on a query: by the newer action, else by the older.
    pub(crate) async fn cancel(&self, info: &FlightInfo) -> Result<CancelStatus> {
        let options = CallOptions::new();
        if !self.lacks(Feature::CancelFlightInfo) {
            match self.note(
                Feature::CancelFlightInfo,
                self.protocol.cancel(info, &options).await,
            ) {
                Err(error) if error.kind() == Kind::NotSupported => {}
                answer => return answer,
            }
        }
        self.demand(Feature::CancelQuery, Operation::Cancel)?;
        let answer = self.protocol.cancel_query(info, &options).await;
        self.note(Feature::CancelQuery, answer)
    }

    /// Ends the session: what is open is rolled back, then the server is told, all within `close_timeout`.
    pub(crate) async fn close(&self) -> Result<()> {
        let closed = match self.config().get_close_timeout() {
            None => self.close_in_order().await,
            Some(limit) => match tokio::time::timeout(limit, self.close_in_order()).await {
                Ok(closed) => closed,
                Err(_) => Err(expired(limit, "close_timeout")),
            },
        };
        // Whatever the server made of it, nothing more is run in this session.
        self.closed.store(true, Ordering::Release);
        closed.map_err(|error| error.during(Operation::CloseSession).on(self.peer()))
    }

    async fn close_in_order(&self) -> Result<()> {
        self.janitor.drain().await;
        let rolled_back = match self.closed.load(Ordering::Acquire) {
            true => return Ok(()),
            false => self.end(TransactionEnd::Rollback).await,
        };
        if self.closed.swap(true, Ordering::AcqRel) {
            return rolled_back;
        }
        // A server without sessions says so, and that is no failure to close.
        let told = self.protocol.close_session(&CallOptions::new()).await;
        rolled_back?;
        match told {
            Err(error) if error.is_connection() || error.kind() == Kind::Timeout => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(open) = self.transaction.get_mut().current.take() {
            self.janitor.send(Job::Rollback(open));
        }
        if !self.closed.load(Ordering::Acquire) {
            self.janitor.send(Job::CloseSession);
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("peer", &self.peer())
            .field("closed", &self.closed)
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

/// A result that the server still holds.
struct Unread {
    shared: Arc<Shared>,
    info: Arc<FlightInfo>,
}

impl Unread {
    /// Has the server asked to stop.
    fn cancel(self) {
        let Self { shared, info } = self;
        if !shared.lacks(Feature::CancelFlightInfo) || !shared.lacks(Feature::CancelQuery) {
            let asked = Arc::clone(&shared);
            let cancel = async move { asked.cancel(&info).await }.boxed();
            shared.janitor.send(Job::Cancel(cancel));
        }
    }
}

struct CancelUnlessOpen(Option<Unread>);

impl Drop for CancelUnlessOpen {
    fn drop(&mut self) {
        if let Some(unread) = self.0.take() {
            unread.cancel();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
