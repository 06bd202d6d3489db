//! From a cell to a Rust type.

mod nested;
mod number;
mod temporal;
mod text;

use arrow::datatypes::DataType;

use super::accessor::CellPlace;
use super::cell::{Cell, Unreadable};

/// A Rust type that cells can be read into.
///
/// It is there for integers, floats, `bool`, text, bytes, the types of this module, `Vec` and maps of them, and `Option` of all. A type of
/// your own says which Arrow types it reads and how:
///
/// ```
/// use arrow::datatypes::DataType;
/// use jetbridge::types::{Cell, FromArrow, Unreadable};
///
/// struct Celsius(f64);
///
/// impl<'a> FromArrow<'a> for Celsius {
///     fn accepts(data_type: &DataType) -> bool {
///         f64::accepts(data_type)
///     }
///
///     fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
///         f64::read(cell).map(Self)
///     }
/// }
/// ```
pub trait FromArrow<'a>: Sized {
    /// Says whether columns of an Arrow type can be read.
    ///
    /// Dictionaries and runs have been taken off by then: it is asked about the type of their values. It decides whether a NULL of a column
    /// may become `None`, so that a wrong type is found in the first row whatever is in it.
    fn accepts(data_type: &DataType) -> bool;

    /// Reads a cell.
    ///
    /// # Errors
    ///
    /// Why it cannot be read; column, row and types are added by the caller.
    fn read(cell: Cell<'a>) -> Result<Self, Unreadable>;

    /// Reads a cell where it lies, if its column is laid out as this type is: the way without a [`Cell`].
    #[doc(hidden)]
    #[inline]
    fn read_place(_place: CellPlace<'a>) -> Option<Result<Self, Unreadable>> {
        None
    }

    /// Reads bytes into a vector of this type: only `u8` does. It lets `Vec<u8>` read both bytes and lists of numbers.
    #[doc(hidden)]
    fn read_bytes(_bytes: &'a [u8]) -> Option<Vec<Self>> {
        None
    }
}

/// Says whether a type reads a column, which may be a dictionary or in runs, NULL only, or a union of several types.
pub(crate) fn accepts<'a, T: FromArrow<'a>>(data_type: &DataType) -> bool {
    match data_type {
        DataType::Null | DataType::Union(_, _) => true,
        DataType::Dictionary(_, values) => accepts::<T>(values),
        DataType::RunEndEncoded(_, values) => accepts::<T>(values.data_type()),
        plain => T::accepts(plain),
    }
}

impl<'a, T: FromArrow<'a>> FromArrow<'a> for Option<T> {
    fn accepts(data_type: &DataType) -> bool {
        T::accepts(data_type)
    }

    #[inline]
    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::Null => Ok(None),
            cell => T::read(cell).map(Some),
        }
    }

    #[inline]
    fn read_place(place: CellPlace<'a>) -> Option<Result<Self, Unreadable>> {
        Some(match T::read_place(place)? {
            Err(Unreadable::Null) => Ok(None),
            read => read.map(Some),
        })
    }
}

impl<'a> FromArrow<'a> for Cell<'a> {
    fn accepts(_: &DataType) -> bool {
        true
    }

    #[inline]
    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        Ok(cell)
    }
}

/// What is wrong with a cell that no arm of a reader took.
#[inline]
pub(super) fn mismatch(cell: Cell<'_>) -> Unreadable {
    match cell {
        Cell::Null => Unreadable::Null,
        _ => Unreadable::Type,
    }
}
