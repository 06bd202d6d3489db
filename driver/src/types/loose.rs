//! What servers say about themselves comes in more types than the specification has: a value read for what it means.

use super::Value;

/// An integer: any integer, a truth value, or its digits.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(value) => Some(i64::from(*value)),
        Value::Int8(value) => Some(i64::from(*value)),
        Value::Int16(value) => Some(i64::from(*value)),
        Value::Int32(value) => Some(i64::from(*value)),
        Value::Int64(value) => Some(*value),
        Value::UInt8(value) => Some(i64::from(*value)),
        Value::UInt16(value) => Some(i64::from(*value)),
        Value::UInt32(value) => Some(i64::from(*value)),
        Value::UInt64(value) => i64::try_from(*value).ok(),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A truth value: one, a number, or a word.
pub(crate) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Text(text) if is_one_of(text, ["true", "yes"]) => Some(true),
        Value::Text(text) if is_one_of(text, ["false", "no"]) => Some(false),
        other => integer(other).map(|number| number != 0),
    }
}

fn is_one_of(text: &str, words: [&str; 2]) -> bool {
    words.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

/// A text: one, or the digits of an integer.
pub(crate) fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        other => integer(&other).map(|number| number.to_string()),
    }
}

/// Several texts: a list, or one text with commas between.
pub(crate) fn texts(value: Value) -> Option<Vec<String>> {
    match value {
        Value::List(values) => Some(values.into_iter().filter_map(text).collect()),
        Value::Text(text) => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            Some(parts.map(str::to_owned).collect())
        }
        _ => None,
    }
}
