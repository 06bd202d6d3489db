//! Lists, structs, maps and enums in cells.

use serde::de::value::{BorrowedStrDeserializer, U8Deserializer};
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::super::cell::{Cell, Unreadable};
use super::{CellDeserializer, Refusal, deserializer};

type Fallible<'de> = Result<Cell<'de>, Unreadable>;

/// The elements of a list, or the members of a struct.
pub(super) struct Elements<I>(pub(super) I);

impl<'de, I: Iterator<Item = Fallible<'de>>> SeqAccess<'de> for Elements<I> {
    type Error = Refusal;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refusal> {
        let Some(cell) = self.0.next() else {
            return Ok(None);
        };
        seed.deserialize(deserializer(cell)?).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        match self.0.size_hint() {
            (lower, Some(upper)) if lower == upper => Some(upper),
            _ => None,
        }
    }
}

/// Bytes, one by one: what `Vec<u8>` asks for.
pub(super) struct Bytes<'de>(pub(super) std::slice::Iter<'de, u8>);

impl<'de> SeqAccess<'de> for Bytes<'de> {
    type Error = Refusal;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refusal> {
        let Some(byte) = self.0.next() else {
            return Ok(None);
        };
        seed.deserialize(U8Deserializer::new(*byte)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The fields of a struct, by name.
pub(super) struct Fields<'de, I> {
    fields: I,
    value: Option<Fallible<'de>>,
}

impl<I> Fields<'_, I> {
    pub(super) fn new(fields: I) -> Self {
        Self { fields, value: None }
    }
}

impl<'de, I: Iterator<Item = (&'de str, Fallible<'de>)>> MapAccess<'de> for Fields<'de, I> {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refusal> {
        let Some((name, cell)) = self.fields.next() else {
            return Ok(None);
        };
        self.value = Some(cell);
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refusal> {
        seed.deserialize(deserializer(
            self.value.take().unwrap_or(Err(Unreadable::Corrupt)),
        )?)
    }
}

/// The entries of a map.
pub(super) struct Entries<'de, I> {
    entries: I,
    value: Option<Fallible<'de>>,
}

impl<I> Entries<'_, I> {
    pub(super) fn new(entries: I) -> Self {
        Self { entries, value: None }
    }
}

impl<'de, I: Iterator<Item = (Fallible<'de>, Fallible<'de>)>> MapAccess<'de> for Entries<'de, I> {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refusal> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        seed.deserialize(deserializer(key)?).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refusal> {
        seed.deserialize(deserializer(
            self.value.take().unwrap_or(Err(Unreadable::Corrupt)),
        )?)
    }
}

/// A variant of an enum, named by a field or a key, with what it holds.
pub(super) struct Variant<'de> {
    pub(super) name: &'de str,
    pub(super) content: Cell<'de>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Refusal;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Refusal> {
        let name = seed.deserialize(BorrowedStrDeserializer::<Refusal>::new(self.name))?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Refusal;

    fn unit_variant(self) -> Result<(), Refusal> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Refusal> {
        seed.deserialize(CellDeserializer(self.content))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Refusal> {
        CellDeserializer(self.content).deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        CellDeserializer(self.content).deserialize_struct("", fields, visitor)
    }
}
