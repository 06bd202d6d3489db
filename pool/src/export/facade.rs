//! The `metrics` facade. Its recorder has to be installed before the pool is made.

use std::fmt;
use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

use crate::metrics::Closed;

pub(crate) struct Facade {
    at_once: Counter,
    waited: Counter,
    timed_out: Counter,
    refused: Counter,
    connected: Counter,
    connect_failed: Counter,
    recycled: Counter,
    closed: Vec<(Closed, Counter)>,
    leaked: Counter,
    wait: Histogram,
    hold: Histogram,
    connect: Histogram,
    size: Gauge,
    idle: Gauge,
    waiting: Gauge,
}

impl Facade {
    pub(crate) fn new(pool: &str, max_size: usize) -> Self {
        describe();
        let pool = pool.to_owned();
        let plain = |name: &'static str| counter!(name, "pool" => pool.clone());
        let acquired =
            |how: &'static str| counter!("jetbridge_pool_acquired", "pool" => pool.clone(), "how" => how);
        let level = |name: &'static str| gauge!(name, "pool" => pool.clone());
        let times = |name: &'static str| histogram!(name, "pool" => pool.clone());
        level("jetbridge_pool_max_size").set(real(max_size));
        Self {
            at_once: acquired("at_once"),
            waited: acquired("waited"),
            timed_out: plain("jetbridge_pool_timed_out"),
            refused: plain("jetbridge_pool_refused"),
            connected: plain("jetbridge_pool_connected"),
            connect_failed: plain("jetbridge_pool_connect_failed"),
            recycled: plain("jetbridge_pool_recycled"),
            closed: Closed::ALL
                .into_iter()
                .map(|why| {
                    let count =
                        counter!("jetbridge_pool_closed", "pool" => pool.clone(), "reason" => why.label());
                    (why, count)
                })
                .collect(),
            leaked: plain("jetbridge_pool_leaked"),
            wait: times("jetbridge_pool_wait_seconds"),
            hold: times("jetbridge_pool_hold_seconds"),
            connect: times("jetbridge_pool_connect_seconds"),
            size: level("jetbridge_pool_size"),
            idle: level("jetbridge_pool_idle"),
            waiting: level("jetbridge_pool_waiting"),
        }
    }

    pub(crate) fn acquired(&self, at_once: bool, waited: Duration) {
        match at_once {
            true => self.at_once.increment(1),
            false => self.waited.increment(1),
        }
        self.wait.record(waited);
    }

    pub(crate) fn timed_out(&self) {
        self.timed_out.increment(1);
    }

    pub(crate) fn refused(&self) {
        self.refused.increment(1);
    }

    pub(crate) fn connected(&self, took: Duration) {
        self.connected.increment(1);
        self.connect.record(took);
    }

    pub(crate) fn connect_failed(&self) {
        self.connect_failed.increment(1);
    }

    pub(crate) fn recycled(&self) {
        self.recycled.increment(1);
    }

    pub(crate) fn closed(&self, why: Closed) {
        if let Some((_, count)) = self.closed.iter().find(|(reason, _)| *reason == why) {
            count.increment(1);
        }
    }

    pub(crate) fn held(&self, held: Duration) {
        self.hold.record(held);
    }

    pub(crate) fn leaked(&self) {
        self.leaked.increment(1);
    }

    pub(crate) fn occupied(&self, size: usize, idle: usize, waiting: usize) {
        self.size.set(real(size));
        self.idle.set(real(idle));
        self.waiting.set(real(waiting));
    }
}

fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn describe() {
    let counters = [
        ("jetbridge_pool_acquired", "loans, at once or after waiting"),
        ("jetbridge_pool_timed_out", "callers that waited and got nothing"),
        (
            "jetbridge_pool_refused",
            "callers sent away because too many waited",
        ),
        ("jetbridge_pool_connected", "sessions made"),
        (
            "jetbridge_pool_connect_failed",
            "attempts to make one that failed",
        ),
        ("jetbridge_pool_recycled", "sessions lent again"),
        ("jetbridge_pool_closed", "sessions that left, by reason"),
        (
            "jetbridge_pool_leaked",
            "loans held for longer than the leak threshold",
        ),
    ];
    for (name, what) in counters {
        describe_counter!(name, what);
    }
    let gauges = [
        ("jetbridge_pool_max_size", "sessions there may be"),
        ("jetbridge_pool_size", "sessions there are"),
        ("jetbridge_pool_idle", "sessions that rest"),
        ("jetbridge_pool_waiting", "callers that wait"),
    ];
    for (name, what) in gauges {
        describe_gauge!(name, what);
    }
    let histograms = [
        (
            "jetbridge_pool_wait_seconds",
            "how long those who got a session had waited",
        ),
        ("jetbridge_pool_hold_seconds", "how long sessions were held"),
        ("jetbridge_pool_connect_seconds", "how long making a session took"),
    ];
    for (name, what) in histograms {
        describe_histogram!(name, Unit::Seconds, what);
    }
}

impl fmt::Debug for Facade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facade").finish_non_exhaustive()
    }
}
