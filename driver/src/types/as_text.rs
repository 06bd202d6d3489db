//! The types of this module in serde's own terms: text, as they print and are parsed.
//!
//! They have names there, as newtypes have. Formats pass over them; our own rows and parameters know the types by them, and neither print
//! nor parse.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::decimal::Decimal;
use super::temporal::{Date, Time, Timestamp};
use super::uuid::Uuid;
use super::value::Value;

/// A type that is text in serde, and in our own rows the parts it is made of.
pub(super) trait AsText: FromStr<Err: fmt::Display> {
    /// Its name in serde, which no other type has.
    const NAME: &'static str;
    /// What is expected where something else comes.
    const WANTED: &'static str;

    /// Puts it together from its parts, in order.
    fn from_parts<'de, A: SeqAccess<'de>>(parts: A) -> Result<Self, A::Error>;
}

impl AsText for Date {
    const NAME: &'static str = "JetbridgeDate";
    const WANTED: &'static str = "the text of a date";

    #[inline]
    fn from_parts<'de, A: SeqAccess<'de>>(mut parts: A) -> Result<Self, A::Error> {
        part(&mut parts).map(Self::from_days)
    }
}

impl AsText for Time {
    const NAME: &'static str = "JetbridgeTime";
    const WANTED: &'static str = "the text of a time";

    #[inline]
    fn from_parts<'de, A: SeqAccess<'de>>(mut parts: A) -> Result<Self, A::Error> {
        Self::from_nanoseconds(part(&mut parts)?).ok_or_else(out_of_range)
    }
}

impl AsText for Timestamp {
    const NAME: &'static str = "JetbridgeTimestamp";
    const WANTED: &'static str = "the text of a timestamp";

    #[inline]
    fn from_parts<'de, A: SeqAccess<'de>>(mut parts: A) -> Result<Self, A::Error> {
        let (seconds, nanosecond) = (part(&mut parts)?, part(&mut parts)?);
        let zone: Option<&'de str> = part(&mut parts)?;
        Self::new(seconds, nanosecond, zone.map(Into::into)).ok_or_else(out_of_range)
    }
}

impl AsText for Decimal {
    const NAME: &'static str = "JetbridgeDecimal";
    const WANTED: &'static str = "the text of a decimal";

    fn from_parts<'de, A: SeqAccess<'de>>(mut parts: A) -> Result<Self, A::Error> {
        Ok(Self::new(part(&mut parts)?, part(&mut parts)?))
    }
}

impl AsText for Uuid {
    const NAME: &'static str = "JetbridgeUuid";
    const WANTED: &'static str = "the text of a UUID";

    fn from_parts<'de, A: SeqAccess<'de>>(mut parts: A) -> Result<Self, A::Error> {
        part(&mut parts).map(Self)
    }
}

#[inline]
fn part<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(parts: &mut A) -> Result<T, A::Error> {
    parts
        .next_element()?
        .ok_or_else(|| A::Error::custom("a part is missing"))
}

#[cold]
fn out_of_range<E: Error>() -> E {
    E::custom("a part is out of range")
}

/// Says whether a newtype of this name is one of these types.
#[inline]
pub(super) fn is_ours(name: &str) -> bool {
    matches!(
        name,
        Date::NAME | Time::NAME | Timestamp::NAME | Decimal::NAME | Uuid::NAME
    )
}

/// The value that a text says which was written under one of the names above.
pub(super) fn named(name: &str, text: &str) -> Option<Value> {
    match name {
        Date::NAME => text.parse().ok().map(Value::Date),
        Time::NAME => text.parse().ok().map(Value::Time),
        Timestamp::NAME => text.parse().ok().map(Value::Timestamp),
        Decimal::NAME => text.parse().ok().map(Value::Decimal),
        Uuid::NAME => text.parse().ok().map(Value::Uuid),
        _ => None,
    }
}

struct Read<T>(PhantomData<T>);

impl<'de, T: AsText> Visitor<'de> for Read<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WANTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, content: D) -> Result<T, D::Error> {
        content.deserialize_str(self)
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<T, A::Error> {
        T::from_parts(parts)
    }
}

struct Printed<'a, T>(&'a T);

impl<T: fmt::Display> Serialize for Printed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_newtype_struct(Self::NAME, &Printed(self))
            }
        }

        impl<'de> Deserialize<'de> for $type {
            #[inline]
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_newtype_struct(Self::NAME, Read(PhantomData))
            }
        }
    )*};
}

as_text!(Date, Time, Timestamp, Decimal, Uuid);
