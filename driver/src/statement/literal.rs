//! A value as SQL text.

use std::fmt::Write as _;

use crate::sql::{Dialect, Family};
use crate::types::{Date, Decimal, Duration, Interval, Time, Timestamp, Value};

/// Why a value has no text in a dialect; it follows on "the Text" or whatever kind the value is.
pub(super) type NoLiteral = &'static str;

const NO_TYPE: NoLiteral = "has no literal in this server's dialect";

/// The most digits of a decimal where a dialect sets no other bound.
const DECIMAL_DIGITS: usize = 38;

/// Writes a value so that the server reads exactly that value, between blanks and never beginning with a sign.
pub(super) fn write(value: &Value, dialect: &Dialect, into: &mut String) -> Result<(), NoLiteral> {
    let mut writer = Writer { dialect, into };
    writer.into.push(' ');
    writer.value(value)?;
    writer.into.push(' ');
    Ok(())
}

struct Writer<'a> {
    dialect: &'a Dialect,
    into: &'a mut String,
}

impl Writer<'_> {
    fn family(&self) -> Family {
        self.dialect.family
    }

    fn value(&mut self, value: &Value) -> Result<(), NoLiteral> {
        match value {
            Value::Null => self.put("NULL"),
            Value::Bool(true) => self.put("TRUE"),
            Value::Bool(false) => self.put("FALSE"),
            Value::Int8(number) => self.integer((*number).into()),
            Value::Int16(number) => self.integer((*number).into()),
            Value::Int32(number) => self.integer((*number).into()),
            Value::Int64(number) => self.integer(*number),
            Value::UInt8(number) => self.integer((*number).into()),
            Value::UInt16(number) => self.integer((*number).into()),
            Value::UInt32(number) => self.integer((*number).into()),
            Value::UInt64(number) => return self.unsigned(*number),
            Value::Float32(number) => return self.single(*number),
            Value::Float64(number) => return self.double(*number),
            Value::Decimal(number) => return self.decimal(*number),
            Value::Text(text) => return self.text(text),
            Value::Binary(bytes) => self.binary(bytes),
            Value::Uuid(uuid) => match self.family() {
                Family::Standard | Family::Postgres | Family::DuckDb => self.cast(&uuid.to_string(), "UUID"),
                Family::DataFusion => {
                    self.put("arrow_cast(");
                    self.binary(&uuid.0);
                    self.put(", 'FixedSizeBinary(16)')");
                }
                // Without a type for them, they are bytes, as parameters that are bound are.
                Family::Sqlite => self.binary(&uuid.0),
                Family::Spark | Family::MySql => self.dialect.text(&uuid.to_string(), self.into),
            },
            Value::Date(date) => return self.date(*date),
            Value::Time(time) => return self.time(*time),
            Value::Timestamp(timestamp) => return self.timestamp(timestamp),
            Value::Duration(duration) => return self.duration(*duration),
            Value::Interval(interval) => return self.interval(*interval),
            Value::List(elements) => return self.list(elements),
            Value::Struct(fields) => return self.fields(fields),
            Value::Map(entries) => return self.map(entries),
        }
        Ok(())
    }

    fn put(&mut self, text: &str) {
        self.into.push_str(text);
    }

    /// `CAST('…' AS type)`, of a text without quotes and backslashes.
    fn cast(&mut self, text: &str, data_type: &str) {
        let _infallible = write!(self.into, "CAST('{text}' AS {data_type})");
    }

    /// A type of Arrow's by its own name, where the server knows them.
    fn arrow_cast(&mut self, text: &str, data_type: &str) {
        let _infallible = write!(self.into, "arrow_cast('{text}', '{data_type}')");
    }

    fn integer(&mut self, number: i64) {
        let _infallible = match number {
            0.. => write!(self.into, "{number}"),
            // Its digits alone are one too many for 64 bits.
            i64::MIN => write!(self.into, "(-9223372036854775807 - 1)"),
            _ => write!(self.into, "({number})"),
        };
    }

    fn unsigned(&mut self, number: u64) -> Result<(), NoLiteral> {
        match i64::try_from(number) {
            Ok(number) => self.integer(number),
            Err(_) if self.family() == Family::Sqlite => return Err("does not fit this server's integers"),
            Err(_) => {
                let _infallible = write!(self.into, "{number}");
            }
        }
        Ok(())
    }

    fn single(&mut self, number: f32) -> Result<(), NoLiteral> {
        if !number.is_finite() || self.family() == Family::Sqlite {
            return self.double(number.into());
        }
        let name = match self.family() {
            Family::Spark | Family::MySql => "FLOAT",
            _ => "REAL",
        };
        self.put("CAST(");
        self.double(number.into())?;
        let _infallible = write!(self.into, " AS {name})");
        Ok(())
    }

    fn double(&mut self, number: f64) -> Result<(), NoLiteral> {
        if number.is_finite() {
            // The exponent makes it a binary fraction everywhere; without it, some read a decimal.
            let _infallible = match number.is_sign_negative() {
                true => write!(self.into, "({number:e})"),
                false => write!(self.into, "{number:e}"),
            };
            return Ok(());
        }
        let word = match (number.is_nan(), number > 0.0) {
            (true, _) => "NaN",
            (false, true) => "Infinity",
            (false, false) => "-Infinity",
        };
        match (self.family(), word) {
            (Family::MySql, _) | (Family::Sqlite, "NaN") => return Err("is no number this server has"),
            // Beyond the largest number, SQLite reads infinity.
            (Family::Sqlite, "Infinity") => self.put("9e999"),
            (Family::Sqlite, _) => self.put("(-9e999)"),
            (Family::Postgres, _) => self.cast(word, "DOUBLE PRECISION"),
            _ => self.cast(word, "DOUBLE"),
        }
        Ok(())
    }

    fn decimal(&mut self, number: Decimal) -> Result<(), NoLiteral> {
        let number = number
            .rescale(number.scale().max(0))
            .ok_or("has too many digits")?;
        let scale = usize::from(number.scale().unsigned_abs());
        let digits = number.digits().max(scale);
        match self.family() {
            Family::Sqlite => self.dialect.text(&number.to_string(), self.into),
            Family::DataFusion if digits > DECIMAL_DIGITS => {
                self.arrow_cast(&number.to_string(), &format!("Decimal256(76, {scale})"));
            }
            _ if digits > DECIMAL_DIGITS => return Err("has more digits than this server's decimals"),
            _ => self.cast(
                &number.to_string(),
                &format!("DECIMAL({DECIMAL_DIGITS}, {scale})"),
            ),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), NoLiteral> {
        if !text.contains('\0') {
            self.dialect.text(text, self.into);
            return Ok(());
        }
        match self.family() {
            // A statement ends at a NUL, so the text is written as its bytes.
            Family::Sqlite => {
                self.put("CAST(");
                self.binary(text.as_bytes());
                self.put(" AS TEXT)");
            }
            Family::DataFusion | Family::Spark => self.dialect.text(text, self.into),
            _ => return Err("has a NUL character, which a statement cannot hold"),
        }
        Ok(())
    }

    fn binary(&mut self, bytes: &[u8]) {
        let (before, after) = match self.family() {
            Family::Postgres => ("decode('", "', 'hex')"),
            Family::DuckDb => ("unhex('", "')"),
            _ => ("X'", "'"),
        };
        self.put(before);
        for byte in bytes {
            let _infallible = write!(self.into, "{byte:02x}");
        }
        self.put(after);
    }

    fn date(&mut self, date: Date) -> Result<(), NoLiteral> {
        let text = in_years(date)?;
        match self.family() {
            Family::Sqlite => self.dialect.text(&text, self.into),
            _ => self.cast(&text, "DATE"),
        }
        Ok(())
    }

    fn time(&mut self, time: Time) -> Result<(), NoLiteral> {
        match self.family() {
            Family::Sqlite => self.dialect.text(&clock(time), self.into),
            Family::DataFusion => {
                self.arrow_cast(&clock(time), &format!("Time64({})", unit(time.nanoseconds())));
            }
            _ if time.nanoseconds() % 1_000 != 0 => return Err("is finer than this server's times"),
            Family::MySql => self.cast(&clock(time), "TIME(6)"),
            _ => self.cast(&clock(time), "TIME"),
        }
        Ok(())
    }

    fn timestamp(&mut self, timestamp: &Timestamp) -> Result<(), NoLiteral> {
        let (date, time) = timestamp
            .to_date_time()
            .ok_or("is outside of the years 1 to 9999")?;
        let text = format!("{} {}", in_years(date)?, clock(time));
        let nanoseconds = timestamp.nanosecond();
        match (self.family(), timestamp.zone()) {
            (Family::Sqlite, None) => self.dialect.text(&text, self.into),
            (Family::Sqlite, Some(_)) => self.dialect.text(&format!("{text}+00:00"), self.into),
            (Family::DataFusion, None) => {
                self.arrow_cast(&text, &format!("Timestamp({}, None)", unit(nanoseconds.into())));
            }
            (Family::DataFusion, Some(zone)) => {
                if !is_plain_zone(zone) {
                    return Err("has a time zone whose name is none");
                }
                let name = format!("Timestamp({}, Some(\"{zone}\"))", unit(nanoseconds.into()));
                self.arrow_cast(&format!("{text}Z"), &name);
            }
            _ if !nanoseconds.is_multiple_of(1_000) => return Err("is finer than this server's timestamps"),
            (Family::Spark, None) => self.cast(&text, "TIMESTAMP_NTZ"),
            (Family::Spark, Some(_)) => self.cast(&format!("{text}+00:00"), "TIMESTAMP"),
            (Family::MySql, None) => self.cast(&text, "DATETIME(6)"),
            (Family::MySql, Some(_)) => return Err(NO_TYPE),
            (_, None) => self.cast(&text, "TIMESTAMP"),
            (_, Some(_)) => self.cast(&format!("{text}+00:00"), "TIMESTAMP WITH TIME ZONE"),
        }
        Ok(())
    }

    fn duration(&mut self, duration: Duration) -> Result<(), NoLiteral> {
        let finer = !duration.nanosecond().is_multiple_of(1_000);
        let ticks = match finer {
            true => i64::try_from(duration.total_nanoseconds()).ok(),
            false => i64::try_from(duration.total_nanoseconds() / 1_000).ok(),
        };
        let ticks = ticks.ok_or("is too long")?;
        match self.family() {
            Family::Sqlite => self.integer(ticks),
            Family::DataFusion => {
                self.put("arrow_cast(");
                self.integer(ticks);
                let _infallible = write!(self.into, ", 'Duration({})')", unit(i64::from(finer)));
            }
            Family::Standard | Family::MySql => return Err(NO_TYPE),
            _ if finer => return Err("is finer than this server's intervals"),
            _ => {
                let sign = if ticks < 0 { "-" } else { "" };
                let (whole, fraction) = (ticks.unsigned_abs() / 1_000_000, ticks.unsigned_abs() % 1_000_000);
                let _infallible = write!(self.into, "INTERVAL '{sign}{whole}.{fraction:06}' SECOND");
            }
        }
        Ok(())
    }

    fn interval(&mut self, interval: Interval) -> Result<(), NoLiteral> {
        let Interval {
            months,
            days,
            nanoseconds,
        } = interval;
        let sign = if nanoseconds < 0 { "-" } else { "" };
        let (whole, fraction) = (
            nanoseconds.unsigned_abs() / 1_000_000_000,
            nanoseconds.unsigned_abs() % 1_000_000_000,
        );
        let finer = nanoseconds % 1_000 != 0;
        let micros = fraction / 1_000;
        let _infallible = match self.family() {
            Family::Standard | Family::Sqlite | Family::MySql => return Err(NO_TYPE),
            Family::DataFusion => write!(
                self.into,
                "INTERVAL '{months} months {days} days {sign}{whole}.{fraction:09} seconds'"
            ),
            _ if finer => return Err("is finer than this server's intervals"),
            Family::Spark => write!(
                self.into,
                "make_interval(0, {months}, 0, {days}, 0, 0, {sign}{whole}.{micros:06})"
            ),
            _ => write!(
                self.into,
                "INTERVAL '{months} months {days} days {sign}{whole}.{micros:06} seconds'"
            ),
        };
        Ok(())
    }

    fn list(&mut self, elements: &[Value]) -> Result<(), NoLiteral> {
        let (before, after) = match self.family() {
            Family::DataFusion => ("make_array(", ")"),
            Family::Spark => ("array(", ")"),
            Family::Postgres => ("ARRAY[", "]"),
            Family::DuckDb => ("[", "]"),
            _ => return Err(NO_TYPE),
        };
        self.put(before);
        self.separated(elements.iter())?;
        self.put(after);
        Ok(())
    }

    fn fields(&mut self, fields: &[(String, Value)]) -> Result<(), NoLiteral> {
        let is_duck = self.family() == Family::DuckDb;
        let (before, between, after) = match self.family() {
            Family::DataFusion | Family::Spark => ("named_struct(", ", ", ")"),
            Family::DuckDb => ("{", ": ", "}"),
            _ => return Err(NO_TYPE),
        };
        if fields.is_empty() && is_duck {
            return Err(NO_TYPE);
        }
        self.put(before);
        for (index, (name, value)) in fields.iter().enumerate() {
            if index > 0 {
                self.put(", ");
            }
            self.text(name)?;
            self.put(between);
            self.value(value)?;
        }
        self.put(after);
        Ok(())
    }

    fn map(&mut self, entries: &[(Value, Value)]) -> Result<(), NoLiteral> {
        match self.family() {
            Family::Spark => {
                self.put("map(");
                self.separated(entries.iter().flat_map(|(key, value)| [key, value]))?;
                self.put(")");
            }
            Family::DataFusion => {
                self.put("map(make_array(");
                self.separated(entries.iter().map(|(key, _)| key))?;
                self.put("), make_array(");
                self.separated(entries.iter().map(|(_, value)| value))?;
                self.put("))");
            }
            Family::DuckDb => {
                self.put("map([");
                self.separated(entries.iter().map(|(key, _)| key))?;
                self.put("], [");
                self.separated(entries.iter().map(|(_, value)| value))?;
                self.put("])");
            }
            _ => return Err(NO_TYPE),
        }
        Ok(())
    }

    fn separated<'v>(&mut self, values: impl Iterator<Item = &'v Value>) -> Result<(), NoLiteral> {
        for (index, value) in values.enumerate() {
            if index > 0 {
                self.put(", ");
            }
            self.value(value)?;
        }
        Ok(())
    }
}

/// A date as every server reads it: years of four digits, none before the first.
fn in_years(date: Date) -> Result<String, NoLiteral> {
    match date.to_ymd() {
        (1..=9999, ..) => Ok(date.to_string()),
        _ => Err("is outside of the years 1 to 9999"),
    }
}

/// A time of day with the digits it has, of a fraction as few as say it.
fn clock(time: Time) -> String {
    let text = time.to_string();
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{whole}.{}", fraction.trim_end_matches('0')),
        None => text,
    }
}

/// Arrow's unit for what is counted in nanoseconds.
fn unit(nanoseconds: i64) -> &'static str {
    match nanoseconds % 1_000 {
        0 => "Microsecond",
        _ => "Nanosecond",
    }
}

/// The name of a zone goes into a text within a text: nothing but what zones are made of.
fn is_plain_zone(zone: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '+' | '-' | ':');
    !zone.is_empty() && zone.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::sql::{Dialect, Family};
    use crate::types::{Date, Interval, Timestamp, Value};

    fn literal(value: impl Into<Value>, family: Family) -> Result<String, &'static str> {
        let mut text = String::new();
        write(&value.into(), &Dialect::of(family), &mut text)?;
        Ok(text.trim().to_owned())
    }

    #[test]
    fn numbers_keep_their_value_and_never_begin_with_a_sign() {
        for family in [
            Family::Sqlite,
            Family::DataFusion,
            Family::Spark,
            Family::Standard,
        ] {
            assert_eq!(literal(-5_i32, family).unwrap(), "(-5)");
            assert_eq!(literal(i64::MIN, family).unwrap(), "(-9223372036854775807 - 1)");
            assert_eq!(literal(0.1_f64, family).unwrap(), "1e-1");
            assert_eq!(literal(-0.0_f64, family).unwrap(), "(-0e0)");
        }
        assert_eq!(
            literal(u64::MAX, Family::DataFusion).unwrap(),
            "18446744073709551615"
        );
        assert!(literal(u64::MAX, Family::Sqlite).is_err());
        assert_eq!(literal(f64::INFINITY, Family::Sqlite).unwrap(), "9e999");
        assert!(literal(f64::NAN, Family::Sqlite).is_err());
        assert_eq!(literal(f64::NAN, Family::Spark).unwrap(), "CAST('NaN' AS DOUBLE)");
    }

    #[test]
    fn types_are_said_where_the_dialect_has_them() {
        let date = Value::Date("2024-02-29".parse::<Date>().unwrap());
        assert_eq!(literal(date.clone(), Family::Sqlite).unwrap(), "'2024-02-29'");
        assert_eq!(
            literal(date, Family::Spark).unwrap(),
            "CAST('2024-02-29' AS DATE)"
        );
        let moment = Value::Timestamp("2024-02-29T12:30:00.5+02:00".parse::<Timestamp>().unwrap());
        assert_eq!(
            literal(moment.clone(), Family::DataFusion).unwrap(),
            "arrow_cast('2024-02-29 10:30:00.5Z', 'Timestamp(Microsecond, Some(\"+02:00\"))')"
        );
        assert_eq!(
            literal(moment, Family::Sqlite).unwrap(),
            "'2024-02-29 10:30:00.5+00:00'"
        );
        let interval = Value::Interval(Interval::new(14, -3, -1_500_000_000));
        assert_eq!(
            literal(interval.clone(), Family::DataFusion).unwrap(),
            "INTERVAL '14 months -3 days -1.500000000 seconds'"
        );
        assert!(literal(interval, Family::Sqlite).is_err());
        let list = Value::List(vec![1_i64.into(), Value::Null]);
        assert_eq!(literal(list.clone(), Family::Spark).unwrap(), "array(1, NULL)");
        assert!(literal(list, Family::Sqlite).is_err());
    }

    #[test]
    fn a_zone_cannot_leave_its_text() {
        let hostile = Timestamp::new(0, 0, Some("x\")') or 1=1 --".into())).unwrap();
        assert!(literal(Value::Timestamp(hostile), Family::DataFusion).is_err());
    }

    #[test]
    fn a_nul_goes_where_statements_can_hold_it() {
        assert_eq!(literal("a\0", Family::Sqlite).unwrap(), "CAST(X'6100' AS TEXT)");
        assert!(literal("a\0", Family::Postgres).is_err());
    }
}
