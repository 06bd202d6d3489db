//! A row without a share in its batch: what reads its cells.

use arrow::buffer::Buffer;

use super::chunk::Chunk;
use crate::error::Result;
use crate::types::{Cell, CellPlace, FromArrow, Unreadable, accepts};

/// A row, borrowed from the batch it lies in.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) chunk: &'a Chunk,
    pub(super) index: usize,
}

impl<'a> Place<'a> {
    #[inline]
    pub(super) fn read<T: FromArrow<'a>>(self, position: usize) -> Result<T> {
        let Some(place) = self.cell(position) else {
            return Err(self.missing(position));
        };
        let read = match T::read_place(place) {
            Some(read) => read,
            None => self.read_cell(place, position),
        };
        read.map_err(|why| self.refuse(position, why, std::any::type_name::<T>()))
    }

    fn read_cell<T: FromArrow<'a>>(self, place: CellPlace<'a>, position: usize) -> Result<T, Unreadable> {
        let cell = place.cell()?;
        // Otherwise a wrong type would be found only in the first row that is not NULL.
        if matches!(cell, Cell::Null) && !self.accepts::<T>(position) {
            return Err(Unreadable::Type);
        }
        T::read(cell)
    }

    /// Where the cell of a column lies.
    #[inline]
    pub(super) fn cell(self, position: usize) -> Option<CellPlace<'a>> {
        let accessor = self.chunk.accessors.get(position)?;
        Some(CellPlace::new(accessor, self.index))
    }

    pub(super) fn shared_bytes(self, position: usize) -> Result<Option<Buffer>> {
        let Some(accessor) = self.chunk.accessors.get(position) else {
            return Err(self.missing(position));
        };
        let bytes = accessor.shared_bytes(self.index);
        bytes.map_err(|why| self.refuse(position, why, "bytes"))
    }

    fn accepts<T: FromArrow<'a>>(self, position: usize) -> bool {
        let column = self.chunk.columns.get(position);
        column.is_none_or(|column| accepts::<T>(column.read_type()))
    }

    /// The number of the row in the whole result, counted from 0.
    pub(super) fn number(self) -> u64 {
        // A batch has no more rows than 64 bits count.
        let index = u64::try_from(self.index).unwrap_or(u64::MAX);
        self.chunk.first_row.saturating_add(index)
    }
}
