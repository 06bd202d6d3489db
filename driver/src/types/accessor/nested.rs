//! Lists, structs, maps and unions, and the cells that lie in them.

use std::fmt;

use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::Fields;

use super::super::cell::{Cell, Unreadable};
use super::Accessor;

/// Where each list of a column begins and ends among the elements.
#[derive(Debug)]
pub(super) enum Bounds {
    Offsets(OffsetBuffer<i32>),
    LargeOffsets(OffsetBuffer<i64>),
    Views(ScalarBuffer<i32>, ScalarBuffer<i32>),
    LargeViews(ScalarBuffer<i64>, ScalarBuffer<i64>),
    Fixed { size: usize, length: usize },
}

impl Bounds {
    fn at(&self, index: usize) -> Option<(usize, usize)> {
        let next = index.checked_add(1)?;
        match self {
            Self::Offsets(offsets) => place(*offsets.get(index)?, *offsets.get(next)?),
            Self::LargeOffsets(offsets) => place(*offsets.get(index)?, *offsets.get(next)?),
            Self::Views(offsets, sizes) => {
                let start = *offsets.get(index)?;
                place(start, start.checked_add(*sizes.get(index)?)?)
            }
            Self::LargeViews(offsets, sizes) => {
                let start = *offsets.get(index)?;
                place(start, start.checked_add(*sizes.get(index)?)?)
            }
            Self::Fixed { size, length } if index < *length => {
                Some((size.checked_mul(index)?, size.checked_mul(next)?))
            }
            Self::Fixed { .. } => None,
        }
    }
}

/// A place among elements, where neither end is negative and they are in order.
fn place<T>(start: T, end: T) -> Option<(usize, usize)>
where
    usize: TryFrom<T>,
{
    let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
    (start <= end).then_some((start, end))
}

fn is_null(nulls: Option<&NullBuffer>, index: usize) -> bool {
    nulls.is_some_and(|nulls| index < nulls.len() && nulls.is_null(index))
}

#[derive(Debug)]
pub(crate) struct Lists {
    pub(super) bounds: Bounds,
    pub(super) nulls: Option<NullBuffer>,
    pub(super) values: Accessor,
}

impl Lists {
    pub(super) fn cell(&self, index: usize) -> Result<Cell<'_>, Unreadable> {
        if is_null(self.nulls.as_ref(), index) {
            return Ok(Cell::Null);
        }
        let (start, end) = self.bounds.at(index).ok_or(Unreadable::Corrupt)?;
        Ok(Cell::List(ListCell {
            values: &self.values,
            start,
            end,
        }))
    }
}

#[derive(Debug)]
pub(crate) struct Structs {
    pub(super) fields: Fields,
    pub(super) nulls: Option<NullBuffer>,
    pub(super) members: Vec<Accessor>,
    pub(super) length: usize,
}

impl Structs {
    pub(super) fn cell(&self, index: usize) -> Result<Cell<'_>, Unreadable> {
        if index >= self.length {
            Err(Unreadable::Corrupt)
        } else if is_null(self.nulls.as_ref(), index) {
            Ok(Cell::Null)
        } else {
            Ok(Cell::Struct(StructCell { structs: self, index }))
        }
    }
}

#[derive(Debug)]
pub(crate) struct Maps {
    pub(super) offsets: OffsetBuffer<i32>,
    pub(super) nulls: Option<NullBuffer>,
    pub(super) keys: Accessor,
    pub(super) values: Accessor,
}

impl Maps {
    pub(super) fn cell(&self, index: usize) -> Result<Cell<'_>, Unreadable> {
        if is_null(self.nulls.as_ref(), index) {
            return Ok(Cell::Null);
        }
        let next = index.checked_add(1).ok_or(Unreadable::Corrupt)?;
        let ends = self.offsets.get(index).zip(self.offsets.get(next));
        let (start, end) = ends
            .and_then(|(start, end)| place(*start, *end))
            .ok_or(Unreadable::Corrupt)?;
        let keys = ListCell {
            values: &self.keys,
            start,
            end,
        };
        Ok(Cell::Map(MapCell {
            keys,
            values: ListCell {
                values: &self.values,
                start,
                end,
            },
        }))
    }
}

/// A column whose rows each have one of several types. A row reads as what it holds.
#[derive(Debug)]
pub(crate) struct Unions {
    pub(super) ids: ScalarBuffer<i8>,
    pub(super) offsets: Option<ScalarBuffer<i32>>,
    pub(super) children: Vec<(i8, Accessor)>,
}

impl Unions {
    pub(super) fn cell(&self, index: usize) -> Result<Cell<'_>, Unreadable> {
        let id = self.ids.get(index).ok_or(Unreadable::Corrupt)?;
        let place = match &self.offsets {
            None => index,
            Some(offsets) => offsets
                .get(index)
                .and_then(|offset| usize::try_from(*offset).ok())
                .ok_or(Unreadable::Corrupt)?,
        };
        let (_, child) = self
            .children
            .iter()
            .find(|(known, _)| known == id)
            .ok_or(Unreadable::Corrupt)?;
        child.cell(place)
    }
}

/// A list in a cell.
#[derive(Clone, Copy)]
pub struct ListCell<'a> {
    values: &'a Accessor,
    start: usize,
    end: usize,
}

impl<'a> ListCell<'a> {
    /// How many elements it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Says whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Its elements, in order.
    pub fn iter(&self) -> impl Iterator<Item = Result<Cell<'a>, Unreadable>> + use<'a> {
        let values = self.values;
        (self.start..self.end).map(move |place| values.cell(place))
    }
}

impl fmt::Debug for ListCell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Named fields in a cell.
#[derive(Clone, Copy)]
pub struct StructCell<'a> {
    structs: &'a Structs,
    index: usize,
}

impl<'a> StructCell<'a> {
    /// Its fields' names and cells, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Result<Cell<'a>, Unreadable>)> + use<'a> {
        let Self { structs, index } = *self;
        let names = structs.fields.iter().map(|field| field.name().as_str());
        names.zip(structs.members.iter().map(move |member| member.cell(index)))
    }
}

impl fmt::Debug for StructCell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Keys and values in a cell.
#[derive(Clone, Copy)]
pub struct MapCell<'a> {
    keys: ListCell<'a>,
    values: ListCell<'a>,
}

/// A key and its value.
type Entry<'a> = (Result<Cell<'a>, Unreadable>, Result<Cell<'a>, Unreadable>);

impl<'a> MapCell<'a> {
    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Says whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Its entries, in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        self.keys.iter().zip(self.values.iter())
    }
}

impl fmt::Debug for MapCell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
