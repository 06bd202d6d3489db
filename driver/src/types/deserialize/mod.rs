//! Cells as what serde reads from.

mod access;
mod parts;
mod place;
mod refusal;
mod text;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserializer, Visitor};

use self::access::{Bytes, Elements, Entries, Fields, Variant};
pub(crate) use self::place::PlaceDeserializer;
pub(crate) use self::refusal::{Reason, Refusal};
use self::text::Scratch;
use super::cell::{Cell, Unreadable};
use super::from_arrow::FromArrow;

/// Reads one cell. Numbers are as exact as with [`FromArrow`]; text and bytes are borrowed; dates, times, decimals and UUIDs, for which
/// serde has no types, are text in ISO 8601 and as they print, save to the types of this crate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CellDeserializer<'de>(pub(crate) Cell<'de>);

/// The deserializer of a cell that may not be there.
fn deserializer(cell: Result<Cell<'_>, Unreadable>) -> Result<CellDeserializer<'_>, Refusal> {
    cell.map(CellDeserializer)
        .map_err(|why| Refusal::of_cell(why, "any type"))
}

impl<'de> CellDeserializer<'de> {
    #[inline]
    fn read<T: FromArrow<'de>>(self, asked: &'static str) -> Result<T, Refusal> {
        T::read(self.0).map_err(|why| Refusal::of_cell(why, asked))
    }

    /// The error of a cell that is not what was asked for.
    #[cold]
    fn mismatch(self, asked: &'static str) -> Refusal {
        let why = match self.0 {
            Cell::Null => Unreadable::Null,
            _ => Unreadable::Type,
        };
        Refusal::of_cell(why, asked)
    }

    /// What serde has no type for, as text.
    fn visit_printed<V: Visitor<'de>>(self, visitor: V, asked: &'static str) -> Result<V::Value, Refusal> {
        match Scratch::of(self.0) {
            Some(text) => visitor.visit_str(text.as_str()),
            None => Err(self.mismatch(asked)),
        }
    }

    fn visit_elements<V: Visitor<'de>>(
        self,
        visitor: V,
        length: Option<usize>,
        asked: &'static str,
    ) -> Result<V::Value, Refusal> {
        // A tuple takes as many as it has members and would leave the others unread.
        let check = |found: usize| match length {
            Some(length) if length != found => Err(Refusal::new(Reason::Value(format!(
                "{found} elements do not go into a tuple of {length}"
            )))),
            _ => Ok(()),
        };
        match self.0 {
            Cell::List(list) => {
                check(list.len())?;
                visitor.visit_seq(Elements(list.iter()))
            }
            Cell::Binary(bytes) => {
                check(bytes.len())?;
                visitor.visit_seq(Bytes(bytes.iter()))
            }
            Cell::Uuid(bytes) => {
                check(bytes.len())?;
                visitor.visit_seq(Bytes(bytes.iter()))
            }
            Cell::Struct(fields) => {
                check(fields.iter().count())?;
                visitor.visit_seq(Elements(fields.iter().map(|(_, cell)| cell)))
            }
            _ => Err(self.mismatch(asked)),
        }
    }

    fn visit_named<V: Visitor<'de>>(self, visitor: V, asked: &'static str) -> Result<V::Value, Refusal> {
        match self.0 {
            Cell::Struct(fields) => visitor.visit_map(Fields::new(fields.iter())),
            Cell::Map(map) => visitor.visit_map(Entries::new(map.iter())),
            _ => Err(self.mismatch(asked)),
        }
    }

    /// The one variant a struct or a map says: its only field or entry that is not NULL.
    fn variant(self) -> Option<Variant<'de>> {
        let set = |(name, content): (&'de str, Result<Cell<'de>, Unreadable>)| match content {
            Ok(Cell::Null) | Err(_) => None,
            Ok(content) => Some(Variant { name, content }),
        };
        let (first, second) = match self.0 {
            Cell::Struct(fields) => {
                let mut variants = fields.iter().filter_map(set);
                (variants.next(), variants.next())
            }
            Cell::Map(map) => {
                let mut variants = map.iter().filter_map(|(key, value)| match key {
                    Ok(Cell::Text(name)) => set((name, value)),
                    _ => None,
                });
                (variants.next(), variants.next())
            }
            _ => (None, None),
        };
        if second.is_none() { first } else { None }
    }
}

macro_rules! exact {
    ($($method:ident, $visit:ident, $type:ty, $asked:literal;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            visitor.$visit(self.read::<$type>($asked)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for CellDeserializer<'de> {
    type Error = Refusal;

    exact! {
        deserialize_bool, visit_bool, bool, "bool";
        deserialize_i8, visit_i8, i8, "i8";
        deserialize_i16, visit_i16, i16, "i16";
        deserialize_i32, visit_i32, i32, "i32";
        deserialize_i64, visit_i64, i64, "i64";
        deserialize_i128, visit_i128, i128, "i128";
        deserialize_u8, visit_u8, u8, "u8";
        deserialize_u16, visit_u16, u16, "u16";
        deserialize_u32, visit_u32, u32, "u32";
        deserialize_u64, visit_u64, u64, "u64";
        deserialize_u128, visit_u128, u128, "u128";
        deserialize_f32, visit_f32, f32, "f32";
        deserialize_f64, visit_f64, f64, "f64";
        deserialize_bytes, visit_borrowed_bytes, &'de [u8], "&[u8]";
        deserialize_byte_buf, visit_borrowed_bytes, &'de [u8], "Vec<u8>";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            Cell::Null => visitor.visit_unit(),
            Cell::Bool(truth) => visitor.visit_bool(truth),
            Cell::Int8(number) => visitor.visit_i8(number),
            Cell::Int16(number) => visitor.visit_i16(number),
            Cell::Int32(number) => visitor.visit_i32(number),
            Cell::Int64(number) => visitor.visit_i64(number),
            Cell::UInt8(number) => visitor.visit_u8(number),
            Cell::UInt16(number) => visitor.visit_u16(number),
            Cell::UInt32(number) => visitor.visit_u32(number),
            Cell::UInt64(number) => visitor.visit_u64(number),
            Cell::Float32(number) => visitor.visit_f32(number),
            Cell::Float64(number) => visitor.visit_f64(number),
            Cell::Text(text) => visitor.visit_borrowed_str(text),
            Cell::Binary(bytes) => visitor.visit_borrowed_bytes(bytes),
            Cell::List(_) => self.visit_elements(visitor, None, "a list"),
            Cell::Struct(_) | Cell::Map(_) => self.visit_named(visitor, "a map"),
            Cell::Decimal(_)
            | Cell::Uuid(_)
            | Cell::Date(_)
            | Cell::Time(_)
            | Cell::Timestamp { .. }
            | Cell::Duration(_)
            | Cell::Interval(_) => self.visit_printed(visitor, "text"),
        }
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            Cell::Text(text) => visitor.visit_borrowed_str(text),
            _ => self.visit_printed(visitor, "text"),
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            Cell::Text(text) => visitor.visit_borrowed_str(text),
            _ => self.visit_printed(visitor, "String"),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_borrowed_str(self.read::<&'de str>("char")?)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            Cell::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            Cell::Null => visitor.visit_unit(),
            _ => Err(Refusal::of_cell(Unreadable::Type, "()")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.deserialize_unit(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        match self.visit_parts(name, visitor) {
            Ok(read) => read,
            Err(visitor) => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.visit_elements(visitor, None, "a list")
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.visit_elements(visitor, Some(length), "a tuple")
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.visit_elements(visitor, Some(length), name)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.visit_named(visitor, "a map")
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.visit_named(visitor, name)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        match self.0 {
            Cell::Text(variant) => visitor.visit_enum(BorrowedStrDeserializer::new(variant)),
            _ => match self.variant() {
                Some(variant) => visitor.visit_enum(variant),
                None => Err(self.mismatch(name)),
            },
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_unit()
    }
}
