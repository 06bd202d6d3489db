//! Names for transactions, tickets, sessions and tokens that nobody can guess from the ones they got.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes names. The hash keys are random per server.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    keys: [RandomState; 2],
    last: AtomicU64,
}

impl Ids {
    /// A name that was not given out before.
    pub(crate) fn fresh(&self) -> String {
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let [one, two] = &self.keys;
        format!("{:016x}{:016x}", one.hash_one(number), two.hash_one(number))
    }
}
