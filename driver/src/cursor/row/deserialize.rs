//! Rows through serde.

mod by_place;

use std::ops::Range;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use self::by_place::PlacedValues;
use super::chunk::RowChunk;
use super::from_row::wrong_count;
use super::place::Place;
use super::plan::{Plan, Taken};
use super::{Row, refusal};
use crate::error::{Error, Kind, Operation, Result, SqlState};
use crate::types::{PlaceDeserializer, Reason, Refusal, Unreadable};

impl Row {
    /// Reads the whole row through serde: into a struct whose fields are columns, found by name; a tuple of all columns; a map from names to
    /// values; or, where there is one column, the type of its value.
    ///
    /// Text and bytes can be borrowed (`&'de str`). Numbers are read as exactly as by [`get`](Self::get). Dates, times, decimals and UUIDs are
    /// given to serde as text in ISO 8601, which is what the crates for them read. A column that no field takes is passed over, and a field
    /// without a column is an error unless it is an `Option` or has a `#[serde(default)]`.
    ///
    /// # Errors
    ///
    /// [`Kind::Conversion`], as [`get`](Self::get); SQLSTATE 42S22 where a field has no column, 22018 where the type refuses the value.
    pub fn deserialize<'de, T: Deserialize<'de>>(&'de self) -> Result<T> {
        self.place().deserialize()
    }
}

impl RowChunk {
    /// Reads the rows, in order, through serde; see [`Row::deserialize`]. What is borrowed lives as long as the chunk.
    pub fn rows_as<'de, T: Deserialize<'de>>(
        &'de self,
    ) -> impl ExactSizeIterator<Item = Result<T>> + use<'de, T> {
        self.range_as(0..self.len())
    }

    /// Some of the rows, through serde.
    pub(crate) fn range_as<'de, T: Deserialize<'de>>(
        &'de self,
        range: Range<usize>,
    ) -> impl ExactSizeIterator<Item = Result<T>> + use<'de, T> {
        let chunk = &*self.0;
        range.map(move |index| Place { chunk, index }.deserialize())
    }
}

impl<'de> Place<'de> {
    #[inline]
    fn deserialize<T: Deserialize<'de>>(self) -> Result<T> {
        T::deserialize(self).map_err(|refusal| self.explain(refusal, std::any::type_name::<T>()))
    }

    /// The error of a row that serde could not read.
    #[cold]
    fn explain(self, refusal: Refusal, whole: &str) -> Error {
        let (column, reason) = refusal.into_parts();
        let whole = refusal::short(whole);
        let place = match column {
            Some(column) => self.describe(column),
            None => format!("row {}", self.number()),
        };
        let (state, message) = match reason {
            Reason::Cell(why, asked) => return self.refuse(column.unwrap_or(0), why, asked),
            Reason::Value(words) => (
                SqlState::INVALID_TEXT,
                match column.and_then(|column| self.chunk.columns.get(column)) {
                    Some(column) => format!("{place}: {} for {whole}: {words}", column.data_type()),
                    None => format!("{place} for {whole}: {words}"),
                },
            ),
            Reason::Shape(words) => (SqlState::TYPE_MISMATCH, format!("{place} for {whole}: {words}")),
            Reason::MissingField(field) => match self.chunk.columns.position(field) {
                Err(error) if column.is_none() => return error,
                _ => (
                    SqlState::COLUMN_NOT_FOUND,
                    format!("{place} for {whole}: there is no field \"{field}\""),
                ),
            },
        };
        Error::new(Kind::Conversion, message)
            .state(state)
            .during(Operation::Convert)
    }

    #[inline]
    fn value(self, position: usize) -> Result<PlaceDeserializer<'de>, Refusal> {
        match self.cell(position) {
            Some(place) => Ok(PlaceDeserializer(place)),
            None => Err(Refusal::of_cell(Unreadable::Corrupt, "any type").in_column(position)),
        }
    }

    /// The value of the only column, for a type that is no row.
    fn only(self, asked: &'static str) -> Result<PlaceDeserializer<'de>, Refusal> {
        match self.chunk.accessors.len() {
            1 => self.value(0),
            several => Err(Refusal::new(Reason::Shape(format!(
                "a row of {several} columns cannot be read as {asked}"
            )))),
        }
    }

    fn columns(self) -> ColumnValues<'de> {
        ColumnValues { row: self, next: 0 }
    }

    fn check_count(self, length: usize) -> Result<(), Refusal> {
        let columns = self.chunk.accessors.len();
        if columns == length {
            Ok(())
        } else {
            Err(Refusal::new(Reason::Shape(
                wrong_count(columns, length).message().to_owned(),
            )))
        }
    }
}

/// Forwards what only a single value can be to the only column.
macro_rules! single {
    ($($method:ident $asked:literal)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            self.only($asked)?.$method(visitor).map_err(|refusal| refusal.in_column(0))
        }
    )*};
}

impl<'de> Deserializer<'de> for Place<'de> {
    type Error = Refusal;

    single! {
        deserialize_bool "bool"
        deserialize_i8 "i8"
        deserialize_i16 "i16"
        deserialize_i32 "i32"
        deserialize_i64 "i64"
        deserialize_i128 "i128"
        deserialize_u8 "u8"
        deserialize_u16 "u16"
        deserialize_u32 "u32"
        deserialize_u64 "u64"
        deserialize_u128 "u128"
        deserialize_f32 "f32"
        deserialize_f64 "f64"
        deserialize_char "char"
        deserialize_str "text"
        deserialize_string "String"
        deserialize_bytes "bytes"
        deserialize_byte_buf "bytes"
        deserialize_identifier "text"
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_map(visitor)
    }

    /// `None` is a row whose only column is NULL; any other row is there.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if self.chunk.accessors.len() == 1 {
            let only = self.value(0)?;
            if only.is_null().map_err(|refusal| refusal.in_column(0))? {
                return visitor.visit_none();
            }
        }
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        visitor.visit_unit()
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_seq(self.columns())
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.check_count(length)?;
        visitor.visit_seq(self.columns())
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_map(NamedValues {
            row: self,
            next: 0,
            plan: None,
        })
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let chunk = self.chunk;
        let plan = chunk.plans.plan::<V>(&chunk.columns, fields);
        if let Some(places) = plan.by_place() {
            return visitor.visit_seq(PlacedValues::new(self, places));
        }
        let read = visitor.visit_map(NamedValues {
            row: self,
            next: 0,
            plan: Some(plan),
        });
        if read.is_ok() {
            plan.has_read();
        }
        read
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let only = self.only(name)?;
        only.deserialize_enum(name, variants, visitor)
            .map_err(|refusal| refusal.in_column(0))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_unit()
    }
}

/// All columns, in order.
struct ColumnValues<'de> {
    row: Place<'de>,
    next: usize,
}

impl<'de> SeqAccess<'de> for ColumnValues<'de> {
    type Error = Refusal;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refusal> {
        let position = self.next;
        if position >= self.row.chunk.accessors.len() {
            return Ok(None);
        }
        self.next += 1;
        let value = seed.deserialize(self.row.value(position)?);
        value.map(Some).map_err(|refusal| refusal.in_column(position))
    }

    fn size_hint(&self) -> Option<usize> {
        self.row.chunk.accessors.len().checked_sub(self.next)
    }
}

/// Columns by name: those a plan takes, or all.
struct NamedValues<'de> {
    row: Place<'de>,
    /// The column whose value comes next, or whose name does; in a plan, its place there.
    next: usize,
    plan: Option<&'de Plan>,
}

impl<'de> NamedValues<'de> {
    #[inline]
    fn at(&self, index: usize) -> Option<(usize, Option<&'static str>)> {
        match self.plan {
            Some(plan) => plan
                .taken
                .get(index)
                .map(|Taken { position, field }| (*position, *field)),
            None => (index < self.row.chunk.accessors.len()).then_some((index, None)),
        }
    }
}

impl<'de> MapAccess<'de> for NamedValues<'de> {
    type Error = Refusal;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refusal> {
        let Some((position, field)) = self.at(self.next) else {
            return Ok(None);
        };
        let name = match field {
            Some(field) => field,
            None => self
                .row
                .chunk
                .columns
                .get(position)
                .map_or("", |column| column.name()),
        };
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refusal> {
        let position = self.at(self.next).map_or(0, |(position, _)| position);
        self.next += 1;
        let value = seed.deserialize(self.row.value(position)?);
        value.map_err(|refusal| refusal.in_column(position))
    }
}

#[cfg(test)]
mod tests;
