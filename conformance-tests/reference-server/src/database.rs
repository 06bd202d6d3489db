//! The database: where it lies, and the connections to it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

use crate::sample;
use crate::status;
use crate::stop::Stop;
use crate::worker::{Desk, Worker};

/// Connections that may be open at the same time.
const MOST_CONNECTIONS: usize = 128;
/// Connections kept open while nobody needs them.
const IDLE_CONNECTIONS: usize = 8;
/// How long a call waits for a free connection.
const PATIENCE: Duration = Duration::from_secs(20);

/// A database and the pool of connections to it.
pub(crate) struct Database {
    path: PathBuf,
    attached: Vec<(String, PathBuf)>,
    busy_timeout: Duration,
    /// Nobody named a file: the folder goes away with the database.
    private: Option<tempfile::TempDir>,
    idle: Mutex<Vec<Worker>>,
    free: Arc<Semaphore>,
}

impl Database {
    /// Opens or creates the database; without a path, a private one.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened, or is no SQLite database.
    pub(crate) fn open(
        path: Option<&Path>,
        attached: Vec<(String, PathBuf)>,
        busy_timeout: Duration,
        with_sample: bool,
    ) -> std::io::Result<Self> {
        let (path, private) = match path {
            Some(path) => (path.to_path_buf(), None),
            None => {
                let folder = tempfile::Builder::new()
                    .prefix("jetbridge-reference-")
                    .tempdir()?;
                (folder.path().join("main.sqlite"), Some(folder))
            }
        };
        let free = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let database = Self {
            path,
            attached,
            busy_timeout,
            private,
            idle: Mutex::new(Vec::new()),
            free,
        };
        database.prepare(with_sample).map_err(std::io::Error::other)?;
        Ok(database)
    }

    fn prepare(&self, with_sample: bool) -> rusqlite::Result<()> {
        let mut connection = self.recipe().connect()?;
        // Readers then never wait for the writer. The setting stays in the file.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM main.sqlite_schema", [], |row| row.get(0))?;
        if with_sample && tables == 0 {
            sample::fill(&mut connection)?;
        }
        Ok(())
    }

    fn recipe(&self) -> Recipe {
        Recipe {
            path: self.path.clone(),
            attached: self.attached.clone(),
            busy_timeout: self.busy_timeout,
            private: self.private.is_some(),
        }
    }

    /// Takes a connection for as long as the lease lives.
    ///
    /// # Errors
    ///
    /// `RESOURCE_EXHAUSTED` when all connections stay in use.
    pub(crate) async fn lease(self: &Arc<Self>) -> Result<Lease, Status> {
        let waiting = tokio::time::timeout(PATIENCE, self.free.clone().acquire_owned());
        let permit = match waiting.await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(Status::unavailable("the server is stopping")),
            Err(_) => {
                return Err(Status::resource_exhausted(format!(
                    "all {MOST_CONNECTIONS} database connections are in use"
                )));
            }
        };
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let worker = match idle {
            Some(worker) => worker,
            None => {
                let recipe = self.recipe();
                Worker::start(move || recipe.connect()).await?
            }
        };
        Ok(Lease {
            worker: Some(worker),
            database: self.clone(),
            spoiled: false.into(),
            _permit: permit,
        })
    }

    fn take_back(&self, worker: Worker) {
        // What was left open must not reach the next user of the connection.
        let cleaned = worker.post(|desk| {
            desk.close_all();
            if !desk.connection.is_autocommit() {
                // Nothing waits for an answer, and a connection that cannot roll back answers the next call with why.
                let _ = desk.connection.execute_batch("ROLLBACK");
            }
        });
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if cleaned.is_ok() && idle.len() < IDLE_CONNECTIONS {
            idle.push(worker);
        }
    }
}

/// How to open a connection; sent to the thread that does.
struct Recipe {
    path: PathBuf,
    attached: Vec<(String, PathBuf)>,
    busy_timeout: Duration,
    private: bool,
}

impl Recipe {
    fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.busy_timeout)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // A private database is gone after a crash anyway.
        connection.pragma_update(None, "synchronous", if self.private { "OFF" } else { "NORMAL" })?;
        rusqlite::vtab::series::load_module(&connection)?;
        for (name, path) in &self.attached {
            connection.execute("ATTACH ?1 AS ?2", (path.to_string_lossy(), name))?;
        }
        Ok(connection)
    }
}

/// A connection taken from the pool; dropping it rolls back what is open and gives it back.
pub(crate) struct Lease {
    worker: Option<Worker>,
    database: Arc<Database>,
    spoiled: std::sync::atomic::AtomicBool,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    /// Runs a job on the connection. See [`Worker::call`].
    pub(crate) async fn call<R: Send + 'static>(
        &self,
        stop: &Stop,
        job: impl for<'c> FnOnce(&mut Desk<'c>) -> Result<R, Status> + Send + 'static,
    ) -> Result<R, Status> {
        match &self.worker {
            Some(worker) => worker.call(stop, job).await,
            None => Err(Status::internal("the connection was given back")),
        }
    }

    /// Runs a job nobody waits for.
    pub(crate) fn post(&self, job: impl for<'c> FnOnce(&mut Desk<'c>) + Send + 'static) {
        if let Some(worker) = &self.worker {
            // A thread that has ended has nothing left to do.
            let _ = worker.post(job);
        }
    }

    /// The connection carries state of its own (temporary tables, settings): nobody else shall get it.
    pub(crate) fn spoil(&self) {
        self.spoiled.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take()
            && !self.spoiled.load(std::sync::atomic::Ordering::Relaxed)
        {
            self.database.take_back(worker);
        }
    }
}

/// Whether a statement leaves something behind in its connection.
pub(crate) fn leaves_traces(sql: &str) -> bool {
    let word = first_word(sql);
    matches!(
        word.as_str(),
        "PRAGMA" | "ATTACH" | "DETACH" | "BEGIN" | "SAVEPOINT"
    ) || (word == "CREATE" && sql.to_ascii_uppercase().contains("TEMP"))
}

/// Whether a statement opens or continues a transaction by itself.
pub(crate) fn controls_transaction(sql: &str) -> bool {
    matches!(
        first_word(sql).as_str(),
        "BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "SAVEPOINT" | "RELEASE"
    )
}

/// The first word of a statement in capitals, comments skipped.
fn first_word(sql: &str) -> String {
    let mut rest = sql.trim_start();
    loop {
        let after = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else {
            break;
        };
        rest = after.trim_start();
    }
    rest.chars()
        .take_while(char::is_ascii_alphabetic)
        .collect::<String>()
        .to_ascii_uppercase()
}

/// Translates a failure of a job's SQL.
pub(crate) fn run(desk: &Desk<'_>, sql: &str) -> Result<(), Status> {
    desk.connection.execute_batch(sql).map_err(status::from_sqlite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_is_found_behind_comments() {
        assert_eq!(first_word("  /* a */ -- b\n select 1"), "SELECT");
        assert_eq!(first_word("/* never closed"), "");
        assert!(leaves_traces("create temp table t (a)"));
        assert!(!leaves_traces("select 1"));
        assert!(controls_transaction("/* x */ begin"));
    }
}
