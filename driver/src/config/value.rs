//! Reads and shows booleans, durations, sizes and numbers; says what may go into a header.

use std::time::Duration;

use crate::secret::Secret;

/// Whether secrets are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reveal {
    /// As `***`.
    Masked,
    /// As they are.
    Whole,
}

impl Reveal {
    /// Shows a secret, or three stars.
    pub(super) fn secret(self, secret: &Secret) -> String {
        match self {
            Self::Masked => secret.to_string(),
            Self::Whole => secret.expose().to_owned(),
        }
    }
}

/// Longer than any wait that is meant, and short enough to be added to any clock.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

const DURATION_HELP: &str = "is not a duration: write 3s, 500ms, 2m or 1h (a bare number is seconds)";
const SIZE_HELP: &str = "is not a size: write 64MiB, 1MB or a number of bytes";

/// Units of time, in nanoseconds.
const TIME_UNITS: &[(&str, u128)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
    ("d", 86_400 * SECOND),
];
const SECOND: u128 = 1_000_000_000;

/// Units of size; those that `show_size` uses come first, the largest first.
const SIZE_UNITS: &[(&str, u64)] = &[
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];
const BINARY_UNITS: usize = 4;

pub(super) fn non_empty(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}

pub(super) fn non_zero(duration: Duration) -> Option<Duration> {
    if duration.is_zero() { None } else { Some(duration) }
}

/// Says whether a text stands for "no limit".
pub(super) fn means_none(text: &str) -> bool {
    let text = text.trim();
    ["none", "off", "0"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

pub(super) fn read_bool(text: &str) -> Result<bool, String> {
    const YES: &[&str] = &["true", "1", "yes", "on"];
    const NO: &[&str] = &["false", "0", "no", "off"];
    let is = |words: &[&str]| words.iter().any(|word| text.trim().eq_ignore_ascii_case(word));
    if is(YES) {
        Ok(true)
    } else if is(NO) {
        Ok(false)
    } else {
        Err("is neither true nor false".to_owned())
    }
}

pub(super) fn read_count(text: &str) -> Result<usize, String> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("is not a whole number".to_owned());
    }
    text.parse().map_err(|_| "is too large".to_owned())
}

/// Reads `3s`, `500ms`, `1m30s`, `2.5h`; a bare number is seconds.
pub(super) fn read_duration(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    let mut total = 0_u128;
    let mut first = true;
    while first || !rest.is_empty() {
        let (number, after) = rest.split_at(number_end(rest));
        let after = after.trim_start();
        let (unit, after) = after.split_at(after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len()));
        let unit = match unit {
            "" if first && after.is_empty() => SECOND,
            _ => unit_of(unit).ok_or(DURATION_HELP)?,
        };
        total = nanoseconds(number, unit)
            .and_then(|part| total.checked_add(part))
            .ok_or(DURATION_HELP)?;
        rest = after.trim_start();
        first = false;
    }
    let seconds = u64::try_from(total / SECOND).map_err(|_| "is too long".to_owned())?;
    let nanos = u32::try_from(total % SECOND).map_err(|_| "is too long".to_owned())?;
    Ok(Duration::new(seconds, nanos))
}

fn number_end(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len())
}

fn unit_of(unit: &str) -> Option<u128> {
    TIME_UNITS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(unit))
        .map(|(_, nanos)| *nanos)
}

fn nanoseconds(number: &str, unit: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = if whole.is_empty() {
        0
    } else {
        whole.parse::<u64>().ok()?
    };
    // Finer than 18 digits is below a nanosecond in every unit.
    let fraction = fraction.get(..fraction.len().min(18))?;
    let part = if fraction.is_empty() {
        0
    } else {
        let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        u128::from(fraction.parse::<u64>().ok()?) * unit / scale
    };
    u128::from(whole).checked_mul(unit)?.checked_add(part)
}

/// Shows a duration in the largest unit that needs no fraction.
pub(super) fn show_duration(duration: Duration) -> String {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    match (seconds, nanos) {
        (0, 0) => "0s".to_owned(),
        (s, 0) if s % 3_600 == 0 => format!("{}h", s / 3_600),
        (s, 0) if s % 60 == 0 => format!("{}m", s / 60),
        (s, 0) => format!("{s}s"),
        (_, n) if n % 1_000_000 == 0 => format!("{}ms", duration.as_millis()),
        (_, n) if n % 1_000 == 0 => format!("{}us", duration.as_micros()),
        _ => format!("{}ns", duration.as_nanos()),
    }
}

pub(super) fn not_too_long(duration: Duration) -> Result<(), String> {
    if duration > LONGEST {
        Err("must be at most 100 years".to_owned())
    } else {
        Ok(())
    }
}

/// Reads `64MiB`, `1MB`, `4096`.
pub(super) fn read_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit = match unit.trim_start() {
        "" => 1,
        unit => {
            SIZE_UNITS
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(unit))
                .ok_or(SIZE_HELP)?
                .1
        }
    };
    if number.is_empty() {
        return Err(SIZE_HELP.to_owned());
    }
    let too_large = || "is too large".to_owned();
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(too_large)
}

/// Shows a size in the largest binary unit that needs no fraction.
pub(super) fn show_size(size: u64) -> String {
    let unit = SIZE_UNITS
        .iter()
        .take(BINARY_UNITS)
        .find(|(_, unit)| size >= *unit && size.is_multiple_of(*unit));
    match unit {
        Some((name, unit)) => format!("{}{name}", size / unit),
        None => size.to_string(),
    }
}

/// Says why a text cannot be a name, a path or an address.
pub(super) fn no_control_characters(text: &str) -> Result<(), String> {
    if text.chars().any(char::is_control) {
        return Err("holds a control character (such as a line break)".to_owned());
    }
    Ok(())
}

/// Says why a text cannot be the value of a header.
pub(super) fn header_value(text: &str) -> Result<(), String> {
    no_control_characters(text)?;
    if !text.is_ascii() {
        return Err("holds a character that a header cannot carry (only ASCII can)".to_owned());
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return Err("begins or ends with a space, which a header loses".to_owned());
    }
    Ok(())
}

#[cfg(test)]
#[path = "tests/value.rs"]
mod tests;
