//! The values of `--param`.

use std::str::FromStr;

use jetbridge::Value;
use jetbridge::types::{Date, Decimal, Time, Timestamp, Uuid};

/// Reads a value: by the type before its colon, else by what it looks like.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    match text.split_once(':') {
        Some((name, rest)) => typed(name, rest).unwrap_or_else(|| Ok(Value::Text(text.to_owned()))),
        None => Ok(guess(text)),
    }
}

/// A value of a type that is named; none where the name is no type, and the colon part of a text.
fn typed(name: &str, text: &str) -> Option<Result<Value, String>> {
    fn read<T: FromStr>(text: &str, what: &str) -> Result<Value, String>
    where
        Value: From<T>,
    {
        text.trim()
            .parse::<T>()
            .map(Value::from)
            .map_err(|_| format!("the value is no {what}"))
    }
    Some(match name {
        "null" => Ok(Value::Null),
        "text" => Ok(Value::Text(text.to_owned())),
        "bool" => read::<bool>(text, "truth value: true or false"),
        "int" => read::<i64>(text, "whole number of 64 bits"),
        "float" => read::<f64>(text, "number"),
        "decimal" => read::<Decimal>(text, "decimal, such as 12.50"),
        "date" => read::<Date>(text, "date, such as 2024-02-29"),
        "time" => read::<Time>(text, "time of day, such as 12:30:00"),
        "timestamp" => read::<Timestamp>(text, "timestamp, such as 2024-02-29T12:30:00Z"),
        "uuid" => read::<Uuid>(text, "UUID"),
        "binary" => hexadecimal(text).map(Value::Binary),
        _ => return None,
    })
}

/// What a value looks like. A number has one way to be written: `007` and `+1` are texts, such as codes and telephone numbers are.
fn guess(text: &str) -> Value {
    if text.eq_ignore_ascii_case("null") {
        return Value::Null;
    }
    if let Ok(truth) = text.parse::<bool>() {
        return Value::Bool(truth);
    }
    if !looks_like_number(text) {
        return Value::Text(text.to_owned());
    }
    if let Ok(number) = text.parse::<i64>() {
        return Value::Int64(number);
    }
    if let Ok(number) = text.parse::<i128>() {
        return Value::from(number);
    }
    text.parse::<f64>()
        .map_or_else(|_| Value::Text(text.to_owned()), Value::Float64)
}

fn looks_like_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits.split(['.', 'e', 'E']).next().unwrap_or_default();
    let is_digits = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
    is_digits && (whole == "0" || !whole.starts_with('0'))
}

fn hexadecimal(text: &str) -> Result<Vec<u8>, String> {
    let digits = text.trim();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let nibbles: Option<Vec<u8>> = digits
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    match nibbles {
        Some(nibbles) if nibbles.len() % 2 == 0 => Ok(nibbles
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |byte, nibble| byte << 4 | nibble))
            .collect()),
        _ => Err("the value is not made of pairs of hexadecimal digits".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use jetbridge::Value;

    use super::parse;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn a_value_is_what_it_looks_like() {
        let table = [
            ("NULL", Value::Null),
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("5", Value::Int64(5)),
            ("-5", Value::Int64(-5)),
            ("0", Value::Int64(0)),
            ("9223372036854775807", Value::Int64(i64::MAX)),
            ("9223372036854775808", Value::from(9_223_372_036_854_775_808_i128)),
            ("0.5", Value::Float64(0.5)),
            ("-1e3", Value::Float64(-1000.0)),
        ];
        for (given, wanted) in table {
            assert_eq!(parse(given), Ok(wanted), "{given}");
        }
    }

    #[test]
    fn what_is_no_plain_number_is_text() {
        for given in [
            "", "abc", "007", "+1", "1_000", "1,5", "nan", "inf", "-", ".5", "0x10", "1.2.3", "TRUE-ish",
        ] {
            assert_eq!(parse(given), Ok(text(given)), "{given}");
        }
    }

    #[test]
    fn a_type_before_the_colon_decides() {
        let table = [
            ("text:5", text("5")),
            ("text:NULL", text("NULL")),
            ("text:", text("")),
            ("text:a:b", text("a:b")),
            ("null:", Value::Null),
            ("int:007", Value::Int64(7)),
            ("float:5", Value::Float64(5.0)),
            ("bool:false", Value::Bool(false)),
            ("decimal:12.50", Value::Decimal("12.50".parse().unwrap())),
            ("date:2024-02-29", Value::Date("2024-02-29".parse().unwrap())),
            ("time:12:30:00", Value::Time("12:30:00".parse().unwrap())),
            (
                "timestamp:2024-02-29T12:30:00Z",
                Value::Timestamp("2024-02-29T12:30:00Z".parse().unwrap()),
            ),
            ("binary:00fF", Value::Binary(vec![0, 255])),
            ("binary:0x", Value::Binary(Vec::new())),
        ];
        for (given, wanted) in table {
            assert_eq!(parse(given), Ok(wanted), "{given}");
        }
    }

    #[test]
    fn a_colon_alone_makes_no_type() {
        for given in ["12:30", "https://x", ":a", "INT:5"] {
            assert_eq!(parse(given), Ok(text(given)), "{given}");
        }
    }

    #[test]
    fn a_value_that_does_not_fit_its_type_is_refused() {
        for given in [
            "int:seven",
            "date:2023-02-29",
            "bool:yes",
            "binary:abc",
            "binary:zz",
            "uuid:1",
            "float:",
        ] {
            assert!(parse(given).unwrap_err().starts_with("the value is "), "{given}");
        }
    }
}
