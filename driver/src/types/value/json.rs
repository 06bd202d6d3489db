//! Values as JSON text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Value;

pub(super) fn to_json(value: &Value) -> String {
    let mut json = String::new();
    write(&mut json, value);
    json
}

fn write(json: &mut String, value: &Value) {
    match value {
        Value::Null => json.push_str("null"),
        Value::Float32(number) if !number.is_finite() => write_text(json, &value.to_string()),
        Value::Float64(number) if !number.is_finite() => write_text(json, &value.to_string()),
        Value::Bool(_)
        | Value::Int8(_)
        | Value::Int16(_)
        | Value::Int32(_)
        | Value::Int64(_)
        | Value::UInt8(_)
        | Value::UInt16(_)
        | Value::UInt32(_)
        | Value::UInt64(_)
        | Value::Float32(_)
        | Value::Float64(_)
        | Value::Decimal(_) => json.push_str(&value.to_string()),
        Value::Text(text) => write_text(json, text),
        Value::Binary(bytes) => write_text(json, &STANDARD.encode(bytes)),
        Value::Uuid(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Timestamp(_)
        | Value::Duration(_)
        | Value::Interval(_) => write_text(json, &value.to_string()),
        Value::List(elements) => {
            json.push('[');
            for (position, element) in elements.iter().enumerate() {
                separate(json, position);
                write(json, element);
            }
            json.push(']');
        }
        Value::Struct(fields) => {
            write_object(
                json,
                fields.iter().map(|(name, value)| (name.as_str().into(), value)),
            );
        }
        Value::Map(entries) => {
            write_object(
                json,
                entries.iter().map(|(key, value)| (key.to_string().into(), value)),
            );
        }
    }
}

fn write_object<'a>(
    json: &mut String,
    entries: impl Iterator<Item = (std::borrow::Cow<'a, str>, &'a Value)>,
) {
    json.push('{');
    for (position, (name, value)) in entries.enumerate() {
        separate(json, position);
        write_text(json, &name);
        json.push(':');
        write(json, value);
    }
    json.push('}');
}

fn separate(json: &mut String, position: usize) {
    if position > 0 {
        json.push(',');
    }
}

fn write_text(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            control if control < ' ' => json.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => json.push(other),
        }
    }
    json.push('"');
}
