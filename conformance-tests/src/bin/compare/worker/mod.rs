//! A client as a process of its own: it takes one order a line, and answers with one line of numbers.
//!
//! The workers in Python and Java keep to the same protocol: `CASE ADDRESS ROWS TIMES`, then `ok NUMBER…` or `error WORDS`.

mod arrow_flight;
mod floor;
mod jetbridge;
mod tasks;

use std::fmt::Write as _;
use std::io::{self, BufRead as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use crate::Failure;

/// One order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) address: SocketAddr,
    pub(crate) rows: u64,
    pub(crate) times: usize,
}

/// The statement for so many rows.
pub(crate) fn sql(rows: u64) -> String {
    format!("SELECT * FROM numbers /* rows={rows} */")
}

/// What a client in Rust can be asked.
pub(crate) trait Client {
    /// Runs a case; `None` where it does not know it.
    async fn run(&mut self, case: &str, order: Order) -> Result<Option<Vec<f64>>, Failure>;
}

/// Serves orders until there are no more.
pub(crate) async fn work(name: &str) -> Result<(), Failure> {
    match name {
        "jetbridge" => take_orders(jetbridge::Jetbridge::default()).await,
        "arrow-flight" => take_orders(arrow_flight::ArrowFlight::default()).await,
        "floor" => take_orders(floor::Floor).await,
        other => Err(format!("there is no worker {other:?}").into()),
    }
}

async fn take_orders(mut client: impl Client) -> Result<(), Failure> {
    for line in io::stdin().lock().lines() {
        let line = line?;
        let answer = match answer(&mut client, &line).await {
            Ok(numbers) => {
                let mut answer = "ok".to_owned();
                for number in numbers {
                    write!(answer, " {number}")?;
                }
                answer
            }
            Err(error) => format!("error {error}").replace('\n', " "),
        };
        writeln!(io::stdout(), "{answer}")?;
        io::stdout().flush()?;
    }
    Ok(())
}

async fn answer(client: &mut impl Client, line: &str) -> Result<Vec<f64>, Failure> {
    let words: Vec<_> = line.split_whitespace().collect();
    let [case, address, rows, times] = words[..] else {
        return Err("an order has four words".into());
    };
    let order = Order {
        address: address.parse()?,
        rows: rows.parse()?,
        times: times.parse()?,
    };
    let numbers = client.run(case, order).await?;
    numbers.ok_or_else(|| "unknown case".into())
}

/// An answer is only worth its time when it is whole.
pub(crate) fn expect(rows: u64, read: u64) -> Result<(), Failure> {
    if rows == read {
        return Ok(());
    }
    Err(format!("{read} rows instead of {rows}").into())
}

/// The time at which so much of the sorted times has passed.
pub(crate) fn percentile(times: &mut [Duration], hundredths: usize) -> f64 {
    times.sort_unstable();
    let index = (times.len() * hundredths / 100).min(times.len().saturating_sub(1));
    times.get(index).map_or(0.0, Duration::as_secs_f64)
}

/// The most memory this process has had, in bytes, and what it has now (Linux).
pub(crate) fn memory() -> Result<[f64; 2], Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        number
            .and_then(|number| number.parse::<f64>().ok())
            .ok_or(name.to_owned())
    };
    Ok([kilobytes("VmHWM:")? * 1024.0, kilobytes("VmRSS:")? * 1024.0])
}
