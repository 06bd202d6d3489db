//! Structs read by place: their columns in the order of their fields, without a name for any of them.
//!
//! serde's derive takes a struct from a list as well as from a map. From a map it compares the name of every field of every row, from a list
//! it takes one value for each field, in the order in which it lists their names. The plan says when that is known to be the same.

use serde::de::{DeserializeSeed, SeqAccess};

use super::super::place::Place;
use crate::types::Refusal;

/// The columns a plan takes, in the order of the struct's fields.
pub(super) struct PlacedValues<'de> {
    row: Place<'de>,
    places: std::slice::Iter<'de, usize>,
}

impl<'de> PlacedValues<'de> {
    #[inline]
    pub(super) fn new(row: Place<'de>, places: &'de [usize]) -> Self {
        let places = places.iter();
        Self { row, places }
    }
}

impl<'de> SeqAccess<'de> for PlacedValues<'de> {
    type Error = Refusal;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refusal> {
        let Some(position) = self.places.next() else {
            return Ok(None);
        };
        let value = seed.deserialize(self.row.value(*position)?);
        value.map(Some).map_err(|refusal| refusal.in_column(*position))
    }
}

#[cfg(test)]
mod tests;
