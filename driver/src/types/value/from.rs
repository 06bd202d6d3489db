//! From Rust values.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::super::decimal::Decimal;
use super::super::temporal::{Date, Duration, Interval, Time, Timestamp};
use super::super::uuid::Uuid;
use super::Value;

macro_rules! from {
    ($($variant:ident($from:ty)),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from! {
    Bool(bool),
    Int8(i8),
    Int16(i16),
    Int32(i32),
    Int64(i64),
    UInt8(u8),
    UInt16(u16),
    UInt32(u32),
    UInt64(u64),
    Float32(f32),
    Float64(f64),
    Decimal(Decimal),
    Decimal(i128),
    Text(String),
    Text(&str),
    Text(Box<str>),
    Text(Cow<'_, str>),
    Binary(Vec<u8>),
    Binary(&[u8]),
    Uuid(Uuid),
    Date(Date),
    Time(Time),
    Timestamp(Timestamp),
    Duration(Duration),
    Interval(Interval),
    List(Vec<Value>),
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Binary(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Binary(bytes.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<K: Into<Self>, V: Into<Self>> From<BTreeMap<K, V>> for Value {
    fn from(map: BTreeMap<K, V>) -> Self {
        Self::Map(
            map.into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }
}

impl<K: Into<Self>, V: Into<Self>, S> From<HashMap<K, V, S>> for Value {
    fn from(map: HashMap<K, V, S>) -> Self {
        Self::Map(
            map.into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }
}
