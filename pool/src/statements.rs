//! The statements a session keeps prepared.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jetbridge::PreparedStatement;

use crate::PooledSession;

/// A prepared statement of a pooled session, which keeps it for whoever prepares the same text next.
///
/// It cannot outlive the loan: its handle on the server belongs to the session.
pub struct CachedStatement<'s> {
    statement: Arc<PreparedStatement>,
    session: PhantomData<&'s PooledSession>,
}

impl CachedStatement<'_> {
    pub(crate) fn new(statement: Arc<PreparedStatement>) -> Self {
        Self {
            statement,
            session: PhantomData,
        }
    }
}

impl Deref for CachedStatement<'_> {
    type Target = PreparedStatement;

    fn deref(&self) -> &PreparedStatement {
        &self.statement
    }
}

impl fmt::Debug for CachedStatement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CachedStatement").field(&self.statement).finish()
    }
}

/// The statements by their text, no more than a bound; the one used longest ago makes room.
pub(crate) struct Statements {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_text: HashMap<String, (u64, Arc<PreparedStatement>)>,
    uses: u64,
}

impl Statements {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            kept: Mutex::default(),
        }
    }

    pub(crate) fn find(&self, sql: &str) -> Option<Arc<PreparedStatement>> {
        let mut kept = self.lock();
        kept.uses += 1;
        let now = kept.uses;
        let (used, statement) = kept.by_text.get_mut(sql)?;
        *used = now;
        Some(Arc::clone(statement))
    }

    /// Keeps a statement. What makes room for it is closed on the server once nobody uses it.
    pub(crate) fn keep(&self, statement: Arc<PreparedStatement>) {
        if self.most == 0 {
            return;
        }
        let mut kept = self.lock();
        kept.uses += 1;
        let now = kept.uses;
        let sql = statement.sql().to_owned();
        let mut gone = kept.by_text.insert(sql, (now, statement));
        if kept.by_text.len() > self.most {
            let oldest = kept
                .by_text
                .iter()
                .min_by_key(|(_, (used, _))| *used)
                .map(|(sql, _)| sql.clone());
            gone = oldest.and_then(|sql| kept.by_text.remove(&sql));
        }
        drop(kept);
        drop(gone);
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().by_text.len()
    }

    /// Closes all.
    pub(crate) fn clear(&self) {
        drop(std::mem::take(&mut *self.lock()));
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Statements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Statements({} of {})", self.len(), self.most)
    }
}
