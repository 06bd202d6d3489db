//! Tables for people.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::cases::Shows;
use crate::client::Name;
use crate::run::{Measured, Outcome};
use crate::{Failure, machine};

const BEGIN: &str = "<!-- measured: written by compare --save -->\n";
const END: &str = "<!-- end of what was measured -->\n";
const BEGIN_PYTHON: &str = "<!-- measured in Python: written by compare --save -->\n";
const END_PYTHON: &str = "<!-- end of what was measured in Python -->\n";

/// The table of one case.
pub(crate) fn table(measured: &Measured) -> String {
    let case = &measured.case;
    let heads: &[&str] = match case.shows {
        Shows::Time => &["median", "least", "Jetbridge : it"],
        Shows::RowsPerSecond => &["rows in a second", "Jetbridge : it"],
        Shows::Throughput => &[
            "queries in a second",
            "median",
            "99th percentile",
            "Jetbridge : it",
        ],
        Shows::Growth => &[
            "first row or batch",
            "whole",
            "most memory at the first",
            "most memory",
        ],
    };
    let mut text = format!("### {}\n\n", case.title);
    row(&mut text, "client", heads.iter().map(|head| (*head).to_owned()));
    row(&mut text, "---", heads.iter().map(|_| "---:".to_owned()));
    let own = [Name::Jetbridge, Name::JetbridgePython]
        .into_iter()
        .find_map(|own| measured.of(own))
        .and_then(|own| own.value(case.shows, case.rows));
    for outcome in &measured.outcomes {
        let cells = match (&outcome.failure, outcome.value(case.shows, case.rows)) {
            (Some(why), _) => vec![why.replace('|', "/")],
            (None, None) => vec!["nothing".to_owned()],
            (None, Some(value)) => cells(outcome, case.shows, value, own),
        };
        row(&mut text, outcome.client.title(), cells);
    }
    text.push('\n');
    text
}

fn cells(outcome: &Outcome, shows: Shows, value: f64, own: Option<f64>) -> Vec<String> {
    let ratio = own.map_or_else(String::new, |own| format!("{:.2}", own / value));
    match shows {
        Shows::Time => vec![seconds(value), seconds(outcome.least()), ratio],
        Shows::RowsPerSecond => vec![format!("{:.2} million", value / 1e6), ratio],
        Shows::Throughput => vec![
            format!("{value:.0}"),
            seconds(outcome.median(1)),
            seconds(outcome.median(2)),
            ratio,
        ],
        Shows::Growth => {
            let known = |number: f64, text: String| if number > 0.0 { text } else { "-".to_owned() };
            let [first, whole, at_first, most] = [0, 1, 2, 3].map(|index| outcome.median(index));
            vec![
                known(first, seconds(first)),
                known(whole, seconds(whole)),
                known(at_first, megabytes(at_first)),
                known(most, megabytes(most)),
            ]
        }
    }
}

/// What was aimed at, and what came of it.
pub(crate) fn aims<'a>(all: impl IntoIterator<Item = &'a Measured>) -> String {
    let all: Vec<_> = all.into_iter().collect();
    use Name::{Adbc, ArrowFlight, FlightSqlDbapi, Floor, Jdbc, Jetbridge, JetbridgePython, PyArrow};
    let value = |case: &str, client: Name| {
        let measured = all.iter().find(|measured| measured.case.name == case)?;
        measured
            .of(client)?
            .value(measured.case.shows, measured.case.rows)
    };
    let ratio = |case: &str, client: Name| Some(value(case, Jetbridge)? / value(case, client)?);
    let ninety_ninth = || {
        let tasks = all.iter().find(|measured| measured.case.name == "tasks")?;
        Some(tasks.of(Jetbridge)?.median(2) / tasks.of(ArrowFlight)?.median(2))
    };
    let python = |case: &str, client: Name| Some(value(case, JetbridgePython)? / value(case, client)?);
    let growth = |client: Name, long: &str, short: &str| {
        let most = |case: &str| {
            let measured = all.iter().find(|measured| measured.case.name == case)?;
            Some(measured.of(client)?.median(3))
        };
        Some(most(long)? / most(short)?)
    };
    let lines = [
        (
            "large result: time against ADBC",
            "at most",
            0.55,
            ratio("batches", Adbc),
        ),
        (
            "large result: time against pyarrow.flight",
            "at most",
            0.55,
            ratio("batches", PyArrow),
        ),
        (
            "large result: time against arrow-flight with its defaults",
            "at most",
            0.55,
            ratio("batches", ArrowFlight),
        ),
        (
            "large result: time against plain TCP",
            "at most",
            1.8,
            ratio("batches", Floor),
        ),
        (
            "large result, 25 ms each way: time against pyarrow.flight",
            "at most",
            0.8,
            ratio("batches-25ms", PyArrow),
        ),
        (
            "large result, 25 ms each way: time against ADBC",
            "at most",
            0.4,
            ratio("batches-25ms", Adbc),
        ),
        (
            "one row, 25 ms each way: round trips",
            "at most",
            2.3,
            value("query-25ms", Jetbridge).map(|time| time / 0.05),
        ),
        (
            "typed getters: rows in a second against JDBC",
            "at least",
            5.0,
            ratio("rows", Jdbc),
        ),
        (
            "structs: rows in a second against JDBC",
            "at least",
            3.0,
            ratio("struct", Jdbc),
        ),
        (
            "one row: time against arrow-flight's two calls",
            "at most",
            1.05,
            ratio("query", ArrowFlight),
        ),
        (
            "one row: time against ADBC's DB-API",
            "at most",
            0.33,
            ratio("query", Adbc),
        ),
        (
            "64 tasks: queries in a second against clones of a channel",
            "at least",
            1.0,
            ratio("tasks", ArrowFlight),
        ),
        (
            "64 tasks: 99th percentile against clones of a channel",
            "at most",
            1.0,
            ninety_ninth(),
        ),
        (
            "10 GiB: most memory against 1 GiB",
            "at most",
            1.25,
            growth(Jetbridge, "long", "short"),
        ),
        (
            "`fetchall`: rows in a second against ADBC",
            "at least",
            15.0,
            python("python-fetchall", Adbc),
        ),
        (
            "`fetchall`: rows in a second against flightsql-dbapi",
            "at least",
            4.0,
            python("python-fetchall", FlightSqlDbapi),
        ),
        (
            "`fetchmany(1000)`: rows in a second against ADBC",
            "at least",
            15.0,
            python("python-fetchmany", Adbc),
        ),
        (
            "`fetchmany(1000)`: rows in a second against flightsql-dbapi",
            "at least",
            4.0,
            python("python-fetchmany", FlightSqlDbapi),
        ),
        (
            "`fetch_arrow_table`: time against ADBC",
            "at most",
            0.6,
            python("python-table", Adbc),
        ),
        (
            "one row by DB-API: time against ADBC",
            "at most",
            0.25,
            python("python-query", Adbc),
        ),
        (
            "50 million rows: most memory against five million",
            "at most",
            1.25,
            growth(JetbridgePython, "python-long", "python-short"),
        ),
    ];
    let mut text = "### Aims\n\n".to_owned();
    row(&mut text, "what", ["aim", "measured", ""].map(str::to_owned));
    row(&mut text, "---", ["---:", "---:", "---"].map(str::to_owned));
    for (what, bound, aim, measured) in lines {
        let Some(measured) = measured else { continue };
        let met = match bound {
            "at most" => measured <= aim,
            _ => measured >= aim,
        };
        let verdict = if met { "met" } else { "missed" };
        row(
            &mut text,
            what,
            [
                format!("{bound} {aim}"),
                format!("{measured:.2}"),
                verdict.to_owned(),
            ],
        );
    }
    text.push('\n');
    text
}

/// Writes what was measured into a file, between its marks: what was measured in Python has marks of its own.
pub(crate) fn save(file: &Path, all: &[Measured]) -> Result<(), Failure> {
    let (python, native): (Vec<_>, Vec<_>) = all.iter().partition(|measured| measured.case.is_of_python());
    let mut text = fs::read_to_string(file)?;
    for (marks, measured) in [((BEGIN, END), native), ((BEGIN_PYTHON, END_PYTHON), python)] {
        if !measured.is_empty() {
            text = replaced(&text, marks, &measured)?;
        }
    }
    Ok(fs::write(file, text)?)
}

fn replaced(old: &str, (begin, end): (&str, &str), all: &[&Measured]) -> Result<String, Failure> {
    let parts = old
        .split_once(begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let (before, after) = parts.ok_or("the file has no place for the tables")?;
    let mut new = format!("{before}{begin}\n");
    for line in machine::lines() {
        writeln!(new, "- {line}")?;
    }
    write!(new, "\n{}", aims(all.iter().copied()))?;
    all.iter().for_each(|measured| new.push_str(&table(measured)));
    write!(new, "{end}{after}")?;
    Ok(new)
}

fn row(text: &mut String, first: &str, cells: impl IntoIterator<Item = String>) {
    let cells: Vec<_> = cells.into_iter().collect();
    text.push_str(&format!("| {first} | {} |\n", cells.join(" | ")));
}

fn seconds(seconds: f64) -> String {
    match seconds {
        long if long >= 1.0 => format!("{long:.2} s"),
        middle if middle >= 0.01 => format!("{:.0} ms", middle * 1e3),
        short => format!("{:.0} µs", short * 1e6),
    }
}

fn megabytes(bytes: f64) -> String {
    format!("{:.0} MB", bytes / 1e6)
}

impl Measured {
    fn of(&self, client: Name) -> Option<&Outcome> {
        let outcome = self.outcomes.iter().find(|outcome| outcome.client == client)?;
        outcome.failure.is_none().then_some(outcome)
    }
}

impl Outcome {
    /// The number that clients are compared by.
    fn value(&self, shows: Shows, rows: u64) -> Option<f64> {
        if self.rounds.is_empty() {
            return None;
        }
        let rows = u32::try_from(rows).map_or(f64::NAN, f64::from);
        Some(match shows {
            Shows::Time => self.time(),
            Shows::RowsPerSecond => rows / self.time(),
            Shows::Throughput => self.median(0),
            Shows::Growth => self.median(1),
        })
    }

    /// The median of the rounds' medians.
    fn time(&self) -> f64 {
        median(self.rounds.iter().map(|times| median(times.iter().copied())))
    }

    fn least(&self) -> f64 {
        self.rounds
            .iter()
            .flatten()
            .copied()
            .fold(f64::INFINITY, f64::min)
    }

    /// The median over the rounds of one number of their answers.
    fn median(&self, index: usize) -> f64 {
        median(
            self.rounds
                .iter()
                .filter_map(|numbers| numbers.get(index).copied()),
        )
    }
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn a_median_is_the_middle() {
        assert_eq!(
            median([3.0, 1.0, 2.0].into_iter()).total_cmp(&2.0),
            std::cmp::Ordering::Equal
        );
        assert!(median(std::iter::empty()).is_nan());
    }
}
