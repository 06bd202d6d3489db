//! What is measured.

use std::time::Duration;

use crate::client::Name;

/// One measurement, run by several clients.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// Its name on the command line, and the head of its table.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What the workers are told.
    pub(crate) order: &'static str,
    /// Added to every byte in each direction.
    pub(crate) latency: Duration,
    pub(crate) rows: u64,
    /// How often a worker runs it for one answer, of which the median counts.
    pub(crate) times: usize,
    pub(crate) clients: &'static [Name],
    pub(crate) shows: Shows,
}

/// What the numbers of an answer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
    /// The time of each run.
    Time,
    /// The same, as rows in a second.
    RowsPerSecond,
    /// Queries in a second, and median and 99th percentile of one.
    Throughput,
    /// The time to the first row and to the end, the most memory after the first row and at the end.
    Growth,
}

const LOCAL: Duration = Duration::ZERO;
const FAR: Duration = Duration::from_millis(25);
const FARTHER: Duration = Duration::from_millis(100);

/// 240 MB.
const LARGE: u64 = 5_000_000;
/// 10 GiB.
const LONG: u64 = 223_000_000;
/// A tenth of it: more than windows and queues hold, so that what grows with the result is seen.
const LESS_LONG: u64 = LONG / 10;

use Name::{Adbc, ArrowFlight, FlightSqlDbapi, Floor, Jdbc, Jetbridge, JetbridgePython, PyArrow};

pub(crate) const CASES: [Case; 16] = [
    Case {
        name: "batches",
        title: "A large result as batches: 5 million rows of 6 columns, 240 MB",
        order: "batches",
        latency: LOCAL,
        rows: LARGE,
        times: 1,
        clients: &[Floor, Jetbridge, ArrowFlight, PyArrow, Adbc, FlightSqlDbapi],
        shows: Shows::Time,
    },
    Case {
        name: "batches-25ms",
        title: "The same with 25 ms added each way",
        order: "batches",
        latency: FAR,
        rows: LARGE,
        times: 1,
        clients: &[Floor, Jetbridge, ArrowFlight, PyArrow, Adbc],
        shows: Shows::Time,
    },
    Case {
        name: "batches-100ms",
        title: "The same with 100 ms added each way",
        order: "batches",
        latency: FARTHER,
        rows: LARGE,
        times: 1,
        clients: &[Floor, Jetbridge, PyArrow, Adbc],
        shows: Shows::Time,
    },
    Case {
        name: "query",
        title: "A query of one row on an open session",
        order: "query",
        latency: LOCAL,
        rows: 1,
        times: 200,
        clients: &[Jetbridge, ArrowFlight, PyArrow, Adbc, FlightSqlDbapi, Jdbc],
        shows: Shows::Time,
    },
    Case {
        name: "query-25ms",
        title: "The same with 25 ms added each way (a round trip is 50 ms)",
        order: "query",
        latency: FAR,
        rows: 1,
        times: 3,
        clients: &[Jetbridge, ArrowFlight, PyArrow, Adbc, FlightSqlDbapi, Jdbc],
        shows: Shows::Time,
    },
    Case {
        name: "rows",
        title: "Rows by typed getters over all six columns, one million rows",
        order: "rows",
        latency: LOCAL,
        rows: 1_000_000,
        times: 1,
        clients: &[Jetbridge, Jdbc, ArrowFlight],
        shows: Shows::RowsPerSecond,
    },
    Case {
        name: "struct",
        title: "Rows as structs of their own, one million rows",
        order: "struct",
        latency: LOCAL,
        rows: 1_000_000,
        times: 1,
        clients: &[Jetbridge, Jdbc],
        shows: Shows::RowsPerSecond,
    },
    Case {
        name: "tasks",
        title: "64 tasks with queries of one row: one pool, or clones of one channel",
        order: "tasks",
        latency: LOCAL,
        rows: 1,
        times: 50,
        clients: &[Jetbridge, ArrowFlight],
        shows: Shows::Throughput,
    },
    Case {
        name: "long",
        title: "10 GiB: the first row, and memory",
        order: "long",
        latency: LOCAL,
        rows: LONG,
        times: 1,
        clients: &[Jetbridge, ArrowFlight, PyArrow, Adbc],
        shows: Shows::Growth,
    },
    Case {
        name: "short",
        title: "The same with 1 GiB, to hold the memory against",
        order: "long",
        latency: LOCAL,
        rows: LESS_LONG,
        times: 1,
        clients: &[Jetbridge, ArrowFlight, PyArrow, Adbc],
        shows: Shows::Growth,
    },
    Case {
        name: "python-fetchall",
        title: "Rows as Python objects by `fetchall`: one million rows of two integers, two floats, a text and a timestamp",
        order: "fetchall",
        latency: LOCAL,
        rows: 1_000_000,
        times: 1,
        clients: &[JetbridgePython, Adbc, FlightSqlDbapi],
        shows: Shows::RowsPerSecond,
    },
    Case {
        name: "python-fetchmany",
        title: "The same by `fetchmany(1000)` to the end",
        order: "fetchmany",
        latency: LOCAL,
        rows: 1_000_000,
        times: 1,
        clients: &[JetbridgePython, Adbc, FlightSqlDbapi],
        shows: Shows::RowsPerSecond,
    },
    Case {
        name: "python-table",
        title: "A table of pyarrow by `fetch_arrow_table`: 5 million rows",
        order: "table",
        latency: LOCAL,
        rows: LARGE,
        times: 1,
        clients: &[JetbridgePython, Adbc, FlightSqlDbapi],
        shows: Shows::Time,
    },
    Case {
        name: "python-query",
        title: "A query of one row, `execute` and `fetchall`",
        order: "query",
        latency: LOCAL,
        rows: 1,
        times: 200,
        clients: &[JetbridgePython, Adbc, FlightSqlDbapi],
        shows: Shows::Time,
    },
    Case {
        name: "python-long",
        title: "50 million rows, one by one (`for row in cursor`), and memory",
        order: "iterate",
        latency: LOCAL,
        rows: 50_000_000,
        times: 1,
        clients: &[JetbridgePython],
        shows: Shows::Growth,
    },
    Case {
        name: "python-short",
        title: "The same with five million, to hold the memory against",
        order: "iterate",
        latency: LOCAL,
        rows: LARGE,
        times: 1,
        clients: &[JetbridgePython],
        shows: Shows::Growth,
    },
];

impl Case {
    /// Says whether it is about Python, whose tables stand by themselves.
    pub(crate) fn is_of_python(&self) -> bool {
        self.name.starts_with("python-")
    }

    /// The same with little to do.
    pub(crate) fn quick(self) -> Self {
        Self {
            rows: self.rows.min(70_000),
            times: self.times.min(2),
            latency: self.latency.min(Duration::from_millis(1)),
            ..self
        }
    }
}
