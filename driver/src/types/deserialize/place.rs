//! Cells of a row as what serde reads from, read where they lie.

use serde::de::{Deserializer, Visitor};

use super::super::accessor::CellPlace;
use super::super::as_text::{self, AsText as _};
use super::super::cell::Cell;
use super::super::from_arrow::FromArrow;
use super::super::temporal::Timestamp;
use super::parts::TimestampParts;
use super::{CellDeserializer, Refusal, deserializer};

/// Reads one cell of a row. It reads as [`CellDeserializer`] does, and takes the shorter way where the column is laid out as what is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlaceDeserializer<'de>(pub(crate) CellPlace<'de>);

impl<'de> PlaceDeserializer<'de> {
    /// Says whether NULL is there.
    pub(crate) fn is_null(self) -> Result<bool, Refusal> {
        match self.0.is_null() {
            Some(null) => Ok(null),
            None => Ok(matches!(self.cell()?.0, Cell::Null)),
        }
    }

    fn cell(self) -> Result<CellDeserializer<'de>, Refusal> {
        deserializer(self.0.cell())
    }

    #[inline]
    fn read<T: FromArrow<'de>>(self, asked: &'static str) -> Result<T, Refusal> {
        match T::read_place(self.0) {
            Some(read) => read.map_err(|why| Refusal::of_cell(why, asked)),
            None => self.cell()?.read(asked),
        }
    }
}

macro_rules! read {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            visitor.$visit(self.read::<$type>(stringify!($type))?)
        }
    )*};
}

/// Forwards what is read over the cell.
macro_rules! over_the_cell {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V) -> Result<V::Value, Refusal> {
            self.cell()?.$method($($name,)* visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for PlaceDeserializer<'de> {
    type Error = Refusal;

    read! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
        deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
    }

    over_the_cell! {
        deserialize_any();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_char();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(length: usize);
        deserialize_tuple_struct(name: &'static str, length: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0.text() {
            Some(Ok(text)) => visitor.visit_borrowed_str(text),
            _ => self.cell()?.deserialize_str(visitor),
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0.text() {
            Some(Ok(text)) => visitor.visit_borrowed_str(text),
            _ => self.cell()?.deserialize_string(visitor),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0.is_null() {
            Some(true) => visitor.visit_none(),
            Some(false) => visitor.visit_some(self),
            None => self.cell()?.deserialize_option(visitor),
        }
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        if name == Timestamp::NAME
            && let Some(Ok(parts)) = self.0.timestamp()
        {
            return visitor.visit_seq(TimestampParts::new(parts));
        }
        if as_text::is_ours(name) {
            return self.cell()?.deserialize_newtype_struct(name, visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_unit()
    }
}
