//! Text, bytes and UUIDs.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::datatypes::DataType;

use super::super::accessor::CellPlace;
use super::super::cell::{Cell, Unreadable};
use super::super::uuid::Uuid;
use super::{FromArrow, mismatch};

fn is_text(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    )
}

pub(super) fn is_binary(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_)
    )
}

impl<'a> FromArrow<'a> for &'a str {
    fn accepts(data_type: &DataType) -> bool {
        is_text(data_type)
    }

    #[inline]
    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::Text(text) => Ok(text),
            other => Err(mismatch(other)),
        }
    }

    #[inline]
    fn read_place(place: CellPlace<'a>) -> Option<Result<Self, Unreadable>> {
        place.text()
    }
}

impl<'a> FromArrow<'a> for &'a [u8] {
    fn accepts(data_type: &DataType) -> bool {
        is_binary(data_type)
    }

    #[inline]
    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::Binary(bytes) => Ok(bytes),
            Cell::Uuid(bytes) => Ok(bytes),
            other => Err(mismatch(other)),
        }
    }
}

macro_rules! owned {
    ($($owned:ty => $borrowed:ty),*) => {$(
        impl<'a> FromArrow<'a> for $owned {
            fn accepts(data_type: &DataType) -> bool {
                <$borrowed>::accepts(data_type)
            }

            #[inline]
            fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
                <$borrowed>::read(cell).map(Self::from)
            }

            #[inline]
            fn read_place(place: CellPlace<'a>) -> Option<Result<Self, Unreadable>> {
                Some(<$borrowed>::read_place(place)?.map(Self::from))
            }
        }
    )*};
}

owned! {
    String => &'a str,
    Box<str> => &'a str,
    Arc<str> => &'a str,
    Cow<'a, str> => &'a str,
    Box<[u8]> => &'a [u8],
    Arc<[u8]> => &'a [u8],
    Cow<'a, [u8]> => &'a [u8]
}

impl<'a, const N: usize> FromArrow<'a> for [u8; N] {
    fn accepts(data_type: &DataType) -> bool {
        is_binary(data_type)
    }

    /// Only bytes of exactly this length.
    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        <&[u8]>::read(cell)?.try_into().map_err(|_| Unreadable::Range)
    }
}

impl<'a> FromArrow<'a> for Uuid {
    fn accepts(data_type: &DataType) -> bool {
        *data_type == DataType::FixedSizeBinary(16) || is_text(data_type)
    }

    /// Sixteen bytes, or text, as which many servers send UUIDs.
    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::Uuid(bytes) => Ok(Self(*bytes)),
            Cell::Binary(bytes) => bytes.try_into().map(Self).map_err(|_| Unreadable::Type),
            Cell::Text(text) => text.parse().map_err(|_| Unreadable::Text),
            other => Err(mismatch(other)),
        }
    }
}
