//! A cell where it lies.

use std::sync::Arc;

use arrow::array::{Array, ArrowPrimitiveType, PrimitiveArray};

use super::super::cell::{Cell, Unreadable};
use super::super::temporal::split_ticks;
use super::Accessor;

/// Where a cell lies: a column of a batch, and a row of it.
///
/// A [`Cell`] is as large as the largest value. A type that most columns of its kind are read as looks here first, where the value takes no
/// more than it has.
#[derive(Debug, Clone, Copy)]
pub struct CellPlace<'a> {
    accessor: &'a Accessor,
    index: usize,
}

impl<'a> CellPlace<'a> {
    #[inline]
    pub(crate) fn new(accessor: &'a Accessor, index: usize) -> Self {
        Self { accessor, index }
    }

    #[inline]
    pub(crate) fn cell(self) -> Result<Cell<'a>, Unreadable> {
        self.accessor.cell(self.index)
    }

    #[inline]
    pub(in crate::types) fn accessor(self) -> &'a Accessor {
        self.accessor
    }

    /// The number here in an array of numbers.
    #[inline]
    pub(in crate::types) fn number<T: ArrowPrimitiveType>(
        self,
        array: &PrimitiveArray<T>,
    ) -> Result<T::Native, Unreadable> {
        match array.values().get(self.index) {
            None => Err(Unreadable::Corrupt),
            Some(_) if array.is_null(self.index) => Err(Unreadable::Null),
            Some(number) => Ok(*number),
        }
    }

    /// The truth value here, in a column of them.
    #[inline]
    pub(in crate::types) fn truth(self) -> Option<Result<bool, Unreadable>> {
        let Accessor::Boolean(array) = self.accessor else {
            return None;
        };
        Some(self.checked(array).map(|()| array.value(self.index)))
    }

    /// The text here, in a column of it.
    #[inline]
    pub(in crate::types) fn text(self) -> Option<Result<&'a str, Unreadable>> {
        let Accessor::Utf8(array) = self.accessor else {
            return None;
        };
        Some(self.checked(array).map(|()| array.value(self.index)))
    }

    /// Seconds, nanoseconds above them and the zone, in a column of timestamps.
    #[inline]
    #[expect(
        clippy::type_complexity,
        reason = "the parts of a timestamp, which only its readers name"
    )]
    pub(in crate::types) fn timestamp(self) -> Option<Result<(i64, u32, Option<&'a Arc<str>>), Unreadable>> {
        let Accessor::Timestamp(array, unit, zone) = self.accessor else {
            return None;
        };
        Some(self.number(array).map(|ticks| {
            let (seconds, nanosecond) = split_ticks(ticks, *unit);
            (seconds, nanosecond, zone.as_ref())
        }))
    }

    /// Says whether NULL is here, in a column that tells without looking at the value.
    #[cfg(feature = "serde")]
    #[inline]
    pub(in crate::types) fn is_null(self) -> Option<bool> {
        match self.accessor {
            Accessor::Int64(array) => self.is_null_in(array),
            Accessor::Int32(array) => self.is_null_in(array),
            Accessor::Float64(array) => self.is_null_in(array),
            Accessor::Utf8(array) => self.is_null_in(array),
            Accessor::Boolean(array) => self.is_null_in(array),
            Accessor::Timestamp(array, _, _) => self.is_null_in(array),
            _ => None,
        }
    }

    #[inline]
    fn checked(self, array: &impl Array) -> Result<(), Unreadable> {
        match self.is_null_in(array) {
            None => Err(Unreadable::Corrupt),
            Some(true) => Err(Unreadable::Null),
            Some(false) => Ok(()),
        }
    }

    /// None where the array ends before.
    #[inline]
    fn is_null_in(self, array: &impl Array) -> Option<bool> {
        (self.index < array.len()).then(|| array.is_null(self.index))
    }
}
