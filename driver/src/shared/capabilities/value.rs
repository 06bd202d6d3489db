//! A value of GetSqlInfo, whatever type the server sent it as.

use std::collections::BTreeMap;
use std::fmt;

use super::code::Shape;
use crate::types::Value;
use crate::types::loose::{integer, text, texts, truth};

/// What a server says to one code of [`SqlInfo`](super::SqlInfo).
///
/// A code of the specification has the variant the specification gives it, also where the server sent another type: a number as a
/// text, a truth value as a number, an ordinal as a set of bits. Codes of the server's own have the variant that comes closest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SqlInfoValue {
    /// A truth value.
    Bool(bool),
    /// A number, an ordinal of one of the specification's enumerations, or a set of bits.
    Integer(i64),
    /// A text.
    Text(String),
    /// Several texts.
    TextList(Vec<String>),
    /// Which types convert into which.
    ConvertMap(BTreeMap<i32, Vec<i32>>),
}

impl SqlInfoValue {
    /// Reads a value as what its code says it is; nothing where that cannot be.
    pub(super) fn shaped(value: Value, shape: Shape) -> Option<Self> {
        match shape {
            Shape::Bool => truth(&value).map(Self::Bool),
            Shape::Integer => integer(&value).map(Self::Integer),
            Shape::Text => text(value).map(Self::Text),
            Shape::TextList => texts(value).map(Self::TextList),
            Shape::ConvertMap => conversions(value).map(Self::ConvertMap),
        }
    }

    /// Reads the value of a code that the specification does not have.
    pub(super) fn of_any_shape(value: Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(Self::Bool(value)),
            Value::Text(value) => Some(Self::Text(value)),
            Value::List(_) => texts(value).map(Self::TextList),
            Value::Map(_) => conversions(value).map(Self::ConvertMap),
            other => integer(&other).map(Self::Integer),
        }
    }

    /// The truth value.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// The text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(value) => Some(value),
            _ => None,
        }
    }

    /// The texts.
    #[must_use]
    pub fn as_text_list(&self) -> Option<&[String]> {
        match self {
            Self::TextList(values) => Some(values),
            _ => None,
        }
    }
}

impl fmt::Display for SqlInfoValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::TextList(values) => f.write_str(&values.join(", ")),
            Self::ConvertMap(map) => {
                let pairs: Vec<_> = map
                    .iter()
                    .map(|(from, into)| {
                        let into: Vec<_> = into.iter().map(ToString::to_string).collect();
                        format!("{from} → {}", into.join(" "))
                    })
                    .collect();
                f.write_str(&pairs.join(", "))
            }
        }
    }
}

fn conversions(value: Value) -> Option<BTreeMap<i32, Vec<i32>>> {
    let Value::Map(pairs) = value else {
        return None;
    };
    let number = |value: &Value| integer(value).and_then(|number| i32::try_from(number).ok());
    let pair = |(from, into): (Value, Value)| {
        let into = match into {
            Value::List(into) => into.iter().filter_map(number).collect(),
            _ => Vec::new(),
        };
        Some((number(&from)?, into))
    };
    Some(pairs.into_iter().filter_map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::{Shape, SqlInfoValue};
    use crate::types::Value;

    #[test]
    fn an_ordinal_is_read_from_every_type_servers_send_it_as() {
        for sent in [
            Value::Int32(2),
            Value::Int64(2),
            Value::UInt8(2),
            Value::Text(" 2 ".into()),
        ] {
            let read = SqlInfoValue::shaped(sent.clone(), Shape::Integer);
            assert_eq!(read, Some(SqlInfoValue::Integer(2)), "{sent:?}");
        }
    }

    #[test]
    fn a_truth_value_is_read_from_numbers_and_words() {
        for (sent, expected) in [
            (Value::Bool(true), Some(true)),
            (Value::Int64(0), Some(false)),
            (Value::Text("TRUE".into()), Some(true)),
            (Value::Text("perhaps".into()), None),
            (Value::List(vec![]), None),
        ] {
            let read = SqlInfoValue::shaped(sent.clone(), Shape::Bool);
            assert_eq!(read, expected.map(SqlInfoValue::Bool), "{sent:?}");
        }
    }

    #[test]
    fn what_cannot_be_is_nothing() {
        assert_eq!(SqlInfoValue::shaped(Value::Null, Shape::Text), None);
        assert_eq!(
            SqlInfoValue::shaped(Value::UInt64(u64::MAX), Shape::Integer),
            None
        );
        assert_eq!(SqlInfoValue::shaped(Value::Bool(true), Shape::ConvertMap), None);
    }
}
