//! Dates and times as SQLite keeps them: ISO 8601 text.

use std::fmt::Write as _;

const SECONDS_PER_DAY: i64 = 86_400;

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

fn number(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Reads `YYYY-MM-DD` (years may be longer, and negative) as days since 1970-01-01.
pub(crate) fn parse_date(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut parts = digits.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !(4..=6).contains(&year.len()) || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let (year, month, day) = (sign * number(year)?, number(month)?, number(day)?);
    if !(1..=12).contains(&month) || day < 1 {
        return None;
    }
    let days = days_from_civil(year, month, day);
    // The 30th of February comes back as another date.
    (civil_from_days(days) == (year, month, day)).then_some(days)
}

/// Reads `HH:MM[:SS[.fraction]]` as nanoseconds since midnight.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (hour, minute) = (parts.next()?, parts.next()?);
    let second = parts.next().unwrap_or("00");
    if parts.next().is_some() || hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
    if second.len() != 2 || fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let scale = 10_i64.pow(9 - u32::try_from(fraction.len()).ok()?);
    let nanos = number(fraction)? * scale;
    Some((hour * 3600 + minute * 60 + second) * 1_000_000_000 + nanos)
}

/// A moment as SQLite text says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Whole seconds since 1970-01-01T00:00:00 (UTC when `zoned`).
    pub(crate) seconds: i64,
    /// Nanoseconds within the second.
    pub(crate) nanos: i64,
    /// Whether the text carried `Z` or an offset.
    pub(crate) zoned: bool,
}

impl Moment {
    /// The moment in units of `per_second`; nothing when a digit would be lost or the number does not fit.
    pub(crate) fn in_units(self, per_second: i64) -> Option<i64> {
        let unit = 1_000_000_000 / per_second;
        if self.nanos % unit != 0 {
            return None;
        }
        self.seconds
            .checked_mul(per_second)?
            .checked_add(self.nanos / unit)
    }
}

/// Reads `DATE[ T]TIME[Z|±HH:MM]`, or a date alone (midnight).
pub(crate) fn parse_moment(text: &str) -> Option<Moment> {
    let Some(split) = text.find([' ', 'T']) else {
        return Some(Moment {
            seconds: parse_date(text)? * SECONDS_PER_DAY,
            nanos: 0,
            zoned: false,
        });
    };
    let days = parse_date(text.get(..split)?)?;
    let rest = text.get(split + 1..)?;
    let (time, offset) = split_offset(rest)?;
    let nanos = parse_time(time)?;
    let seconds = days * SECONDS_PER_DAY + nanos / 1_000_000_000 - offset.unwrap_or(0);
    Some(Moment {
        seconds,
        nanos: nanos % 1_000_000_000,
        zoned: offset.is_some(),
    })
}

/// Splits `12:00:00+02:00` into the time and its offset in seconds.
fn split_offset(text: &str) -> Option<(&str, Option<i64>)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, Some(0)));
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, None));
    };
    let (time, offset) = text.split_at_checked(at)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let digits: String = offset.get(1..)?.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits)?, 0),
        4 => (number(digits.get(..2)?)?, number(digits.get(2..)?)?),
        _ => return None,
    };
    Some((time.trim_end(), Some(sign * (hours * 3600 + minutes * 60))))
}

/// Prints days since 1970-01-01 as `YYYY-MM-DD`.
pub(crate) fn print_date(days: i64) -> String {
    let (year, month, day) = civil_from_days(days);
    if year < 0 {
        format!("-{:04}-{month:02}-{day:02}", -year)
    } else {
        format!("{year:04}-{month:02}-{day:02}")
    }
}

/// Prints nanoseconds since midnight as `HH:MM:SS[.fraction]`, without trailing zeros.
pub(crate) fn print_time(nanos: i64) -> String {
    let seconds = nanos.div_euclid(1_000_000_000);
    let mut text = format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    let fraction = nanos.rem_euclid(1_000_000_000);
    if fraction != 0 {
        let digits = format!("{fraction:09}");
        // Writing to a String cannot fail.
        let _ = write!(text, ".{}", digits.trim_end_matches('0'));
    }
    text
}

/// Prints a moment given in units of `per_second` as `YYYY-MM-DD HH:MM:SS[.fraction]`, with `+00:00` when zoned.
pub(crate) fn print_moment(value: i64, per_second: i64, zoned: bool) -> String {
    let seconds = value.div_euclid(per_second);
    let nanos = value.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let date = print_date(seconds.div_euclid(SECONDS_PER_DAY));
    let time = print_time(seconds.rem_euclid(SECONDS_PER_DAY) * 1_000_000_000 + nanos);
    let zone = if zoned { "+00:00" } else { "" };
    format!("{date} {time}{zone}")
}

/// The moment that lies so far ahead, as the protocol writes it.
pub(crate) fn timestamp_in(from_now: std::time::Duration) -> prost_types::Timestamp {
    prost_types::Timestamp::from(std::time::SystemTime::now() + from_now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_survive_the_round_trip() {
        for text in [
            "1970-01-01",
            "2024-02-29",
            "1900-03-01",
            "0001-01-01",
            "9999-12-31",
            "-0044-03-15",
        ] {
            assert_eq!(print_date(parse_date(text).unwrap()), text);
        }
        assert_eq!(parse_date("1970-01-02"), Some(1));
        for wrong in [
            "2023-02-29",
            "2023-13-01",
            "2023-1-1",
            "2023-01-01x",
            "",
            "20230101",
            "2023-00-10",
        ] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_survive_the_round_trip() {
        for text in ["00:00:00", "23:59:59.999999", "12:30:00.000000001"] {
            assert_eq!(print_time(parse_time(text).unwrap()), text);
        }
        assert_eq!(parse_time("12:30"), parse_time("12:30:00"));
        for wrong in [
            "24:00:00",
            "12:60:00",
            "12:00:60",
            "1:00:00",
            "12",
            "12:00:00.",
            "12:00:00.1234567890",
        ] {
            assert_eq!(parse_time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn moments_know_their_zone() {
        let naive = parse_moment("2024-05-06 07:08:09.123456").unwrap();
        assert!(!naive.zoned);
        let micros = naive.in_units(1_000_000).unwrap();
        assert_eq!(
            print_moment(micros, 1_000_000, false),
            "2024-05-06 07:08:09.123456"
        );
        let zoned = parse_moment("2024-05-06T09:08:09+02:00").unwrap();
        assert!(zoned.zoned);
        assert_eq!(zoned.seconds, naive.seconds);
        assert_eq!(
            parse_moment("2024-05-06T07:08:09Z").unwrap().seconds,
            naive.seconds
        );
        assert_eq!(
            parse_moment("1969-12-31 23:59:59.5").unwrap().in_units(10),
            Some(-5)
        );
        assert_eq!(
            naive.in_units(1000),
            None,
            "microseconds are not cut off silently"
        );
    }
}
