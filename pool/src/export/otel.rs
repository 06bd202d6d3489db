//! OpenTelemetry, under the names of its conventions for database clients, through the global meter provider of the moment the pool is made.

use std::fmt;
use std::time::Duration;

use opentelemetry::metrics::{Counter, Gauge, Histogram};
use opentelemetry::{KeyValue, global};

use crate::metrics::Closed;

pub(crate) struct Otel {
    pool: KeyValue,
    acquired: Counter<u64>,
    timeouts: Counter<u64>,
    refused: Counter<u64>,
    connect_failed: Counter<u64>,
    recycled: Counter<u64>,
    closed: Counter<u64>,
    leaked: Counter<u64>,
    wait_time: Histogram<f64>,
    use_time: Histogram<f64>,
    create_time: Histogram<f64>,
    count: Gauge<u64>,
    pending: Gauge<u64>,
}

impl Otel {
    pub(crate) fn new(pool: &str, max_size: usize) -> Self {
        let meter = global::meter("jetbridge_pool");
        let counter = |name: &'static str| meter.u64_counter(name).build();
        let seconds = |name: &'static str| meter.f64_histogram(name).with_unit("s").build();
        let level = |name: &'static str| meter.u64_gauge(name).build();
        let pool = KeyValue::new("db.client.connection.pool.name", pool.to_owned());
        level("db.client.connection.max").record(whole(max_size), std::slice::from_ref(&pool));
        Self {
            pool,
            acquired: counter("jetbridge.pool.acquired"),
            timeouts: counter("db.client.connection.timeouts"),
            refused: counter("jetbridge.pool.refused"),
            connect_failed: counter("jetbridge.pool.connect_failed"),
            recycled: counter("jetbridge.pool.recycled"),
            closed: counter("jetbridge.pool.closed"),
            leaked: counter("jetbridge.pool.leaked"),
            wait_time: seconds("db.client.connection.wait_time"),
            use_time: seconds("db.client.connection.use_time"),
            create_time: seconds("db.client.connection.create_time"),
            count: level("db.client.connection.count"),
            pending: level("db.client.connection.pending_requests"),
        }
    }

    fn with(&self, key: &'static str, value: &'static str) -> [KeyValue; 2] {
        [self.pool.clone(), KeyValue::new(key, value)]
    }

    fn plain(&self) -> &[KeyValue] {
        std::slice::from_ref(&self.pool)
    }

    pub(crate) fn acquired(&self, at_once: bool, waited: Duration) {
        let how = if at_once { "at_once" } else { "waited" };
        self.acquired.add(1, &self.with("how", how));
        self.wait_time.record(waited.as_secs_f64(), self.plain());
    }

    pub(crate) fn timed_out(&self) {
        self.timeouts.add(1, self.plain());
    }

    pub(crate) fn refused(&self) {
        self.refused.add(1, self.plain());
    }

    pub(crate) fn connected(&self, took: Duration) {
        self.create_time.record(took.as_secs_f64(), self.plain());
    }

    pub(crate) fn connect_failed(&self) {
        self.connect_failed.add(1, self.plain());
    }

    pub(crate) fn recycled(&self) {
        self.recycled.add(1, self.plain());
    }

    pub(crate) fn closed(&self, why: Closed) {
        self.closed.add(1, &self.with("reason", why.label()));
    }

    pub(crate) fn held(&self, held: Duration) {
        self.use_time.record(held.as_secs_f64(), self.plain());
    }

    pub(crate) fn leaked(&self) {
        self.leaked.add(1, self.plain());
    }

    pub(crate) fn occupied(&self, size: usize, idle: usize, waiting: usize) {
        let state = "db.client.connection.state";
        self.count.record(whole(idle), &self.with(state, "idle"));
        self.count
            .record(whole(size.saturating_sub(idle)), &self.with(state, "used"));
        self.pending.record(whole(waiting), self.plain());
    }
}

fn whole(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl fmt::Debug for Otel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Otel").finish_non_exhaustive()
    }
}
