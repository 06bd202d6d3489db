//! The runtime behind the blocking facade.

use std::fmt;
use std::process;
use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Handle, RuntimeFlavor};

use crate::error::{Error, Kind, Operation, Result};

/// More threads than this do not make one program's connections faster.
const MOST_THREADS: usize = 4;

/// The one there is, made when it is first needed.
static SHARED: Mutex<Option<Runtime>> = Mutex::new(None);

/// The tokio runtime all blocking calls of a process share: its threads carry the connections, the calling thread waits.
///
/// It is made by the first call and lives as long as the process. A process that was forked gets one of its own.
#[derive(Clone, Copy)]
pub struct Runtime {
    tokio: &'static tokio::runtime::Runtime,
    /// The process whose threads it has: a fork does not take them along.
    process: u32,
}

impl Runtime {
    /// The runtime of this process.
    ///
    /// # Errors
    ///
    /// `Resource` when the operating system gives no threads.
    pub fn shared() -> Result<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        match *shared {
            Some(runtime) if runtime.process == process::id() => Ok(runtime),
            _ => {
                let runtime = Self::start()?;
                *shared = Some(runtime);
                Ok(runtime)
            }
        }
    }

    fn start() -> Result<Self> {
        let threads = available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let tokio = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("jetbridge")
            .enable_all()
            .build()
            .map_err(|error| {
                Error::new(Kind::Resource, "no threads could be had for the runtime").caused_by(error)
            })?;
        Ok(Self {
            // It is never stopped: clean-ups go on after the last session was dropped.
            tokio: Box::leak(Box::new(tokio)),
            process: process::id(),
        })
    }

    /// Waits on this thread until a future is ready.
    ///
    /// Within a tokio runtime of several threads, that runtime is told that this thread is blocked, and goes on with its others.
    ///
    /// # Errors
    ///
    /// What the future says; `State` within a tokio runtime of one thread, which would stand still, and in a process that was forked since.
    pub fn block_on<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        if self.process != process::id() {
            return Err(Error::new(
                Kind::State,
                "the session belongs to the process this one was forked from",
            )
            .hint("connect anew after a fork")
            .during(Operation::Execute));
        }
        match Handle::try_current() {
            Err(_) => self.tokio.block_on(work),
            Ok(outer) if outer.runtime_flavor() == RuntimeFlavor::MultiThread => {
                tokio::task::block_in_place(|| self.tokio.block_on(work))
            }
            Ok(_) => Err(Error::new(
                Kind::State,
                "a blocking call within an asynchronous runtime of one thread would stop it",
            )
            .hint("use the asynchronous API there, or a thread of its own (std::thread::spawn)")
            .during(Operation::Execute)),
        }
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("process", &self.process)
            .finish_non_exhaustive()
    }
}
