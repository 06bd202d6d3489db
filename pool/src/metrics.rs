//! What a pool has done and how it stands, as numbers.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jetbridge::Config;

use crate::export::Export;

/// The upper bounds of the buckets of a histogram.
const BOUNDS: [Duration; 14] = [
    Duration::from_micros(10),
    Duration::from_micros(100),
    Duration::from_millis(1),
    Duration::from_millis(2),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(300),
];

/// Why a session left the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Closed {
    /// An error had left it in doubt.
    Broken,
    /// It did not answer before it was lent again.
    CheckFailed,
    /// It could not be put back to what the connection string says.
    ResetFailed,
    /// A statement or a result outlived the loan.
    StillUsed,
    /// It reached `pool_max_lifetime`.
    Lifetime,
    /// It rested for longer than `pool_idle_timeout`.
    Idle,
    /// The pool was closed.
    PoolClosed,
}

impl Closed {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Broken,
        Self::CheckFailed,
        Self::ResetFailed,
        Self::StillUsed,
        Self::Lifetime,
        Self::Idle,
        Self::PoolClosed,
    ];

    /// A short name, as metrics carry it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::CheckFailed => "check_failed",
            Self::ResetFailed => "reset_failed",
            Self::StillUsed => "still_used",
            Self::Lifetime => "lifetime",
            Self::Idle => "idle",
            Self::PoolClosed => "pool_closed",
        }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// What a pool has done since it was made. All but the histograms count events.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Loans that did not have to wait.
    pub acquired_at_once: u64,
    /// Loans that had to wait, for a session to come back or to be connected.
    pub acquired_after_waiting: u64,
    /// Callers that waited for `pool_acquire_timeout` and got nothing.
    pub timed_out: u64,
    /// Callers that were sent away, as `pool_max_waiting` waited already.
    pub refused: u64,
    /// Sessions made.
    pub connected: u64,
    /// Attempts to make one that failed.
    pub connect_failed: u64,
    /// Sessions lent again.
    pub recycled: u64,
    /// Sessions that left, by reason.
    pub closed: Vec<(Closed, u64)>,
    /// Loans reported for `pool_leak_threshold`.
    pub leaked: u64,
    /// How long those who got a session had waited for it.
    pub wait: Histogram,
    /// How long sessions were held.
    pub hold: Histogram,
    /// How long making a session took.
    pub connect: Histogram,
}

impl Metrics {
    /// How many sessions left for this reason.
    #[must_use]
    pub fn closed_for(&self, why: Closed) -> u64 {
        self.closed
            .iter()
            .find_map(|(reason, count)| (*reason == why).then_some(*count))
            .unwrap_or_default()
    }
}

/// How often something took how long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Histogram {
    /// How many took no longer than each bound; those that took longer than the last are only in `count`.
    pub buckets: Vec<(Duration, u64)>,
    /// How many there were.
    pub count: u64,
    /// How long all took together.
    pub sum: Duration,
}

impl Histogram {
    /// The average, once there is one.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        let count = u32::try_from(self.count).ok().filter(|count| *count > 0)?;
        Some(self.sum / count)
    }
}

/// Where it is counted.
#[derive(Debug)]
pub(crate) struct Counts {
    acquired_at_once: AtomicU64,
    acquired_after_waiting: AtomicU64,
    timed_out: AtomicU64,
    refused: AtomicU64,
    connect_failed: AtomicU64,
    recycled: AtomicU64,
    closed: [AtomicU64; Closed::ALL.len()],
    leaked: AtomicU64,
    wait: Times,
    hold: Times,
    connect: Times,
    export: Export,
}

impl Counts {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            acquired_at_once: AtomicU64::new(0),
            acquired_after_waiting: AtomicU64::new(0),
            timed_out: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            connect_failed: AtomicU64::new(0),
            recycled: AtomicU64::new(0),
            closed: std::array::from_fn(|_| AtomicU64::new(0)),
            leaked: AtomicU64::new(0),
            wait: Times::default(),
            hold: Times::default(),
            connect: Times::default(),
            export: Export::new(config),
        }
    }

    pub(crate) fn acquired(&self, at_once: bool, waited: Duration) {
        match at_once {
            true => add(&self.acquired_at_once),
            false => add(&self.acquired_after_waiting),
        }
        self.wait.add(waited);
        self.export.acquired(at_once, waited);
    }

    pub(crate) fn timed_out(&self) {
        add(&self.timed_out);
        self.export.timed_out();
    }

    pub(crate) fn refused(&self) {
        add(&self.refused);
        self.export.refused();
    }

    pub(crate) fn connected(&self, took: Duration) {
        self.connect.add(took);
        self.export.connected(took);
    }

    pub(crate) fn connect_failed(&self) {
        add(&self.connect_failed);
        self.export.connect_failed();
    }

    pub(crate) fn recycled(&self) {
        add(&self.recycled);
        self.export.recycled();
    }

    pub(crate) fn closed(&self, why: Closed) {
        for (reason, count) in Closed::ALL.into_iter().zip(&self.closed) {
            if reason == why {
                add(count);
            }
        }
        self.export.closed(why);
    }

    pub(crate) fn held(&self, held: Duration) {
        self.hold.add(held);
        self.export.held(held);
    }

    pub(crate) fn leaked(&self) {
        add(&self.leaked);
        self.export.leaked();
    }

    /// Notes the sessions there are, those that rest, and the callers that wait.
    pub(crate) fn occupied(&self, (size, idle, waiting): (usize, usize, usize)) {
        self.export.occupied(size, idle, waiting);
    }

    pub(crate) fn snapshot(&self) -> Metrics {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let connect = self.connect.snapshot();
        Metrics {
            acquired_at_once: read(&self.acquired_at_once),
            acquired_after_waiting: read(&self.acquired_after_waiting),
            timed_out: read(&self.timed_out),
            refused: read(&self.refused),
            connected: connect.count,
            connect_failed: read(&self.connect_failed),
            recycled: read(&self.recycled),
            closed: Closed::ALL
                .into_iter()
                .zip(self.closed.iter().map(read))
                .collect(),
            leaked: read(&self.leaked),
            wait: self.wait.snapshot(),
            hold: self.hold.snapshot(),
            connect,
        }
    }
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

/// A histogram that is being written.
#[derive(Debug, Default)]
struct Times {
    /// How many fell into each bucket and into none before it.
    buckets: [AtomicU64; BOUNDS.len()],
    longer: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Times {
    fn add(&self, took: Duration) {
        let bucket = BOUNDS
            .iter()
            .zip(&self.buckets)
            .find(|(bound, _)| took <= **bound)
            .map_or(&self.longer, |(_, bucket)| bucket);
        add(bucket);
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    fn snapshot(&self) -> Histogram {
        let mut count = 0;
        let buckets = BOUNDS
            .into_iter()
            .zip(&self.buckets)
            .map(|(bound, bucket)| {
                count += bucket.load(Ordering::Relaxed);
                (bound, count)
            })
            .collect();
        Histogram {
            buckets,
            count: count + self.longer.load(Ordering::Relaxed),
            sum: Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Times;

    #[test]
    fn a_histogram_counts_up_to_each_bound() {
        let times = Times::default();
        for milliseconds in [0, 1, 3, 3, 1_000_000] {
            times.add(Duration::from_millis(milliseconds));
        }
        let seen = times.snapshot();
        let up_to = |bound| seen.buckets.iter().find(|(b, _)| *b == bound).unwrap().1;
        assert_eq!(up_to(Duration::from_millis(1)), 2);
        assert_eq!(up_to(Duration::from_millis(5)), 4);
        assert_eq!((seen.buckets.last().unwrap().1, seen.count), (4, 5));
        assert_eq!(seen.sum, Duration::from_millis(1_000_007));
    }
}
