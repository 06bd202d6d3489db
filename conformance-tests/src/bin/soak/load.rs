//! The load: tasks that take a session, do one of a few things with it, and check what comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jetbridge::Result;
use jetbridge_pool::Pool;
use tokio::task::JoinSet;

use crate::Failure;

/// Whatever takes longer hangs: every deadline of the pool and the driver is shorter.
const HANG: Duration = Duration::from_secs(60);

pub(crate) struct Load {
    tasks: JoinSet<Result<(), String>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    succeeded: AtomicU64,
    failed: AtomicU64,
}

/// How it went.
pub(crate) struct Done {
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
}

impl Load {
    pub(crate) fn start(pool: &Pool, tasks: usize) -> Self {
        let shared = Arc::<Shared>::default();
        let mut set = JoinSet::new();
        for task in 0..tasks {
            set.spawn(work(pool.clone(), Arc::clone(&shared), task));
        }
        Self { tasks: set, shared }
    }

    /// When the next loan succeeds.
    pub(crate) async fn next_success(&self, limit: Duration) -> Option<Instant> {
        let before = self.shared.succeeded.load(Ordering::Acquire);
        let end = Instant::now() + limit;
        while Instant::now() < end {
            if self.shared.succeeded.load(Ordering::Acquire) > before {
                return Some(Instant::now());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        None
    }

    pub(crate) async fn stop(mut self) -> Result<Done, Failure> {
        self.shared.stop.store(true, Ordering::Release);
        while let Some(task) = self.tasks.join_next().await {
            task??;
        }
        Ok(Done {
            succeeded: self.shared.succeeded.load(Ordering::Acquire),
            failed: self.shared.failed.load(Ordering::Acquire),
        })
    }
}

async fn work(pool: Pool, shared: Arc<Shared>, task: usize) -> Result<(), String> {
    let mut turn = task;
    while !shared.stop.load(Ordering::Acquire) {
        turn += 1;
        let nonce = i64::try_from(turn).unwrap_or_default();
        match tokio::time::timeout(HANG, one(&pool, turn, nonce)).await {
            Err(_) => return Err(format!("turn {turn} of task {task} hangs")),
            Ok(Ok(true)) => drop(shared.succeeded.fetch_add(1, Ordering::AcqRel)),
            Ok(Ok(false)) => return Err(format!("turn {turn} of task {task} got wrong rows")),
            Ok(Err(_)) => drop(shared.failed.fetch_add(1, Ordering::AcqRel)),
        }
        // The machine is not ours alone.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// One loan; says whether the rows were right.
async fn one(pool: &Pool, turn: usize, nonce: i64) -> Result<bool> {
    let mut session = pool.get().await?;
    match turn % 5 {
        0 => {
            let mut cursor = session
                .query(format!("SELECT {nonce} FROM generate_series(1, 2000)"))
                .await?;
            let rows = cursor.fetch_all().await?;
            Ok(rows.len() == 2000
                && rows
                    .iter()
                    .all(|row| row.get::<i64>(0).is_ok_and(|value| value == nonce)))
        }
        1 => {
            let statement = session.prepare_cached("SELECT ?").await?;
            let row = statement.query((nonce,)).await?.fetch_one().await?;
            Ok(row.is_some_and(|row| row.get::<i64>(0).is_ok_and(|value| value == nonce)))
        }
        2 => {
            let transaction = session.begin().await?;
            let row = transaction
                .query(format!("SELECT {nonce}"))
                .await?
                .fetch_one()
                .await?;
            // Dropped: the pool rolls it back.
            Ok(row.is_some_and(|row| row.get::<i64>(0).is_ok_and(|value| value == nonce)))
        }
        3 => {
            let mut cursor = session
                .query("SELECT value FROM generate_series(1, 100000)")
                .await?;
            // Dropped unread: the pool cancels it.
            Ok(cursor.fetch_one().await?.is_some())
        }
        _ => {
            let option = [("soak".to_owned(), jetbridge::SessionOptionValue::from(nonce))];
            session.set_options(option).await?;
            Ok(true)
        }
    }
}
