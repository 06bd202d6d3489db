//! How far the output has come, and the line on standard error that says so.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Whoever waits for less does not want to be told.
const PATIENCE: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_millis(250);

/// What has been written so far; cheap to clone, all clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    rows: AtomicU64,
    bytes: AtomicU64,
}

impl Progress {
    pub(crate) fn add_rows(&self, rows: usize) {
        self.0
            .rows
            .fetch_add(u64::try_from(rows).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn add_bytes(&self, bytes: usize) {
        self.0
            .bytes
            .fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn rows(&self) -> u64 {
        self.0.rows.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// Keeps a line on the terminal up to date until it is dropped.
    pub(crate) async fn show(&self) -> std::convert::Infallible {
        let mut line = Line { shown: false };
        let begun = Instant::now();
        tokio::time::sleep(PATIENCE).await;
        loop {
            line.put(&self.describe(begun.elapsed()));
            tokio::time::sleep(INTERVAL).await;
        }
    }

    fn describe(&self, elapsed: Duration) -> String {
        let millis = elapsed.as_millis().max(1);
        let per_second = u128::from(self.bytes()).saturating_mul(1000) / millis;
        let per_second = u64::try_from(per_second).unwrap_or(u64::MAX);
        format!(
            "{}, {}, {}/s",
            rows(self.rows()),
            bytes(self.bytes()),
            bytes(per_second)
        )
    }
}

/// Says whether a progress line can be seen and disturbs nothing.
pub(crate) fn is_wanted(quiet: bool, output_is_terminal: bool) -> bool {
    !quiet && !output_is_terminal && io::stderr().is_terminal()
}

struct Line {
    shown: bool,
}

impl Line {
    fn put(&mut self, text: &str) {
        self.shown = true;
        let _ = write!(io::stderr(), "\r{text}\x1b[K");
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// `1 row`, `1,234 rows`.
pub(crate) fn rows(count: u64) -> String {
    format!("{} {}", grouped(count), if count == 1 { "row" } else { "rows" })
}

/// `0.4 ms`, `12 ms`, `3.4 s`.
pub(crate) fn time(elapsed: Duration) -> String {
    if elapsed < Duration::from_millis(10) {
        format!("{:.1} ms", elapsed.as_secs_f64() * 1000.0)
    } else if elapsed < Duration::from_secs(1) {
        format!("{} ms", elapsed.as_millis())
    } else {
        format!("{:.1} s", elapsed.as_secs_f64())
    }
}

fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `999 B`, `1.5 kB`, `23.4 MB`: a unit is a thousand of the one before.
fn bytes(count: u64) -> String {
    let mut tenths = u128::from(count) * 10;
    for unit in ["B", "kB", "MB", "GB"] {
        if tenths < 10_000 {
            return number_of(tenths, unit);
        }
        tenths /= 1000;
    }
    number_of(tenths, "TB")
}

fn number_of(tenths: u128, unit: &str) -> String {
    if unit == "B" {
        format!("{} B", tenths / 10)
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Progress, bytes, rows, time};

    #[test]
    fn counts_are_written_for_people() {
        assert_eq!(
            [rows(0), rows(1), rows(999), rows(1_234_567)],
            ["0 rows", "1 row", "999 rows", "1,234,567 rows"]
        );
        assert_eq!(
            [bytes(0), bytes(999), bytes(1_500), bytes(23_456_789)],
            ["0 B", "999 B", "1.5 kB", "23.4 MB"]
        );
        assert_eq!(bytes(7_000_000_000_000), "7.0 TB");
        assert_eq!(
            [
                time(Duration::from_micros(440)),
                time(Duration::from_millis(12)),
                time(Duration::from_millis(3_450))
            ],
            ["0.4 ms", "12 ms", "3.5 s"]
        );
    }

    #[test]
    fn the_line_says_rows_bytes_and_speed() {
        let progress = Progress::default();
        progress.add_rows(2_000);
        progress.add_bytes(3_000_000);
        assert_eq!(
            progress.describe(Duration::from_secs(2)),
            "2,000 rows, 3.0 MB, 1.5 MB/s"
        );
    }
}
