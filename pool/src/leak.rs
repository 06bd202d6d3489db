//! Sessions that are held for long, and who took them.

use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::Span;

use crate::tasks::TARGET;

/// The loans that are watched; none are without a threshold.
#[derive(Debug)]
pub(crate) struct Loans {
    threshold: Option<Duration>,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    next: u64,
    open: BTreeMap<u64, Loan>,
}

#[derive(Debug)]
struct Loan {
    since: Instant,
    site: &'static Location<'static>,
    span: Span,
    reported: bool,
}

impl Loans {
    pub(crate) fn new(threshold: Option<Duration>) -> Self {
        Self {
            threshold,
            book: Mutex::default(),
        }
    }

    /// Notes that somebody took a session.
    pub(crate) fn open(&self, site: &'static Location<'static>) -> Option<u64> {
        self.threshold?;
        let mut book = self.lock();
        let number = book.next;
        book.next += 1;
        let loan = Loan {
            since: Instant::now(),
            site,
            span: Span::current(),
            reported: false,
        };
        book.open.insert(number, loan);
        Some(number)
    }

    /// Notes that it came back.
    pub(crate) fn close(&self, number: u64) {
        let loan = self.lock().open.remove(&number);
        if let Some(loan) = loan.filter(|loan| loan.reported) {
            let held = loan.since.elapsed();
            tracing::info!(
                target: TARGET, parent: &loan.span, taken_at = %loan.site, ?held,
                "a session reported as held for too long has come back"
            );
        }
    }

    /// Reports every loan that has passed the threshold, once; says how many.
    pub(crate) fn report(&self) -> usize {
        let Some(threshold) = self.threshold else { return 0 };
        let mut late = Vec::new();
        for loan in self.lock().open.values_mut() {
            if !loan.reported && loan.since.elapsed() >= threshold {
                loan.reported = true;
                late.push((loan.site, loan.span.clone(), loan.since.elapsed()));
            }
        }
        for (site, span, held) in &late {
            let taken_in = span.metadata().map(tracing::Metadata::name);
            tracing::warn!(
                target: TARGET, parent: span, taken_at = %site, taken_in, ?held,
                "a session is held for longer than pool_leak_threshold"
            );
        }
        late.len()
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
