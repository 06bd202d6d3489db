//! Numbers and truth values.

use arrow::datatypes::DataType;

use super::super::accessor::{Accessor, CellPlace};
use super::super::cell::{Cell, Unreadable};
use super::super::decimal::Decimal;
use super::{FromArrow, mismatch};

fn is_integer(data_type: &DataType) -> bool {
    data_type.is_integer()
}

fn is_decimal(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Decimal32(_, _)
            | DataType::Decimal64(_, _)
            | DataType::Decimal128(_, _)
            | DataType::Decimal256(_, _)
    )
}

/// The number in the type asked for, where it holds it.
#[inline]
fn fit<S, T: TryFrom<S>>(number: S) -> Result<T, Unreadable> {
    T::try_from(number).map_err(|_| Unreadable::Range)
}

macro_rules! integers {
    ($($integer:ty $(: $layout:ident)? $({ $($extra:item)* })?),*) => {$(
        impl<'a> FromArrow<'a> for $integer {
            fn accepts(data_type: &DataType) -> bool {
                is_integer(data_type) || is_decimal(data_type) || *data_type == DataType::Boolean
            }

            #[inline]
            fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
                match cell {
                    Cell::Int64(number) => fit(number),
                    Cell::Int32(number) => fit(number),
                    Cell::Int16(number) => fit(number),
                    Cell::Int8(number) => fit(number),
                    Cell::UInt64(number) => fit(number),
                    Cell::UInt32(number) => fit(number),
                    Cell::UInt16(number) => fit(number),
                    Cell::UInt8(number) => fit(number),
                    Cell::Bool(truth) => fit(u8::from(truth)),
                    Cell::Decimal(number) => number.to_i128().ok_or(Unreadable::Range).and_then(fit),
                    other => Err(mismatch(other)),
                }
            }

            $(
                #[inline]
                fn read_place(place: CellPlace<'a>) -> Option<Result<Self, Unreadable>> {
                    match place.accessor() {
                        Accessor::$layout(array) => Some(place.number(array)),
                        _ => None,
                    }
                }
            )?

            $($($extra)*)?
        }
    )*};
}

integers!(i8: Int8, i16: Int16, i32: Int32, i64: Int64, i128, isize, u16: UInt16, u32: UInt32, u64: UInt64, u128, usize, u8: UInt8 {
    fn read_bytes(bytes: &'a [u8]) -> Option<Vec<Self>> {
        Some(bytes.to_vec())
    }
});

/// The integer in a cell, as wide as any of them is.
#[inline]
fn integer(cell: Cell<'_>) -> Option<i128> {
    Some(match cell {
        Cell::Int8(number) => i128::from(number),
        Cell::Int16(number) => i128::from(number),
        Cell::Int32(number) => i128::from(number),
        Cell::Int64(number) => i128::from(number),
        Cell::UInt8(number) => i128::from(number),
        Cell::UInt16(number) => i128::from(number),
        Cell::UInt32(number) => i128::from(number),
        Cell::UInt64(number) => i128::from(number),
        _ => return None,
    })
}

/// Says whether a binary fraction with so many bits holds an integer exactly.
pub(in crate::types) fn is_exact(number: i128, mantissa_bits: u32) -> bool {
    let magnitude = number.unsigned_abs();
    magnitude == 0 || u128::BITS - magnitude.leading_zeros() - magnitude.trailing_zeros() <= mantissa_bits
}

impl<'a> FromArrow<'a> for f64 {
    fn accepts(data_type: &DataType) -> bool {
        data_type.is_floating() || is_integer(data_type)
    }

    #[inline]
    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::Float64(number) => Ok(number),
            Cell::Float32(number) => Ok(Self::from(number)),
            other => match integer(other) {
                Some(number) if is_exact(number, Self::MANTISSA_DIGITS) => Ok(number as Self),
                Some(_) => Err(Unreadable::Range),
                None => Err(mismatch(other)),
            },
        }
    }

    #[inline]
    fn read_place(place: CellPlace<'a>) -> Option<Result<Self, Unreadable>> {
        match place.accessor() {
            Accessor::Float64(array) => Some(place.number(array)),
            _ => None,
        }
    }
}

impl<'a> FromArrow<'a> for f32 {
    fn accepts(data_type: &DataType) -> bool {
        matches!(data_type, DataType::Float16 | DataType::Float32) || is_integer(data_type)
    }

    #[inline]
    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::Float32(number) => Ok(number),
            other => match integer(other) {
                Some(number) if is_exact(number, Self::MANTISSA_DIGITS) => Ok(number as Self),
                Some(_) => Err(Unreadable::Range),
                None => Err(mismatch(other)),
            },
        }
    }

    #[inline]
    fn read_place(place: CellPlace<'a>) -> Option<Result<Self, Unreadable>> {
        match place.accessor() {
            Accessor::Float32(array) => Some(place.number(array)),
            _ => None,
        }
    }
}

impl<'a> FromArrow<'a> for bool {
    fn accepts(data_type: &DataType) -> bool {
        *data_type == DataType::Boolean || is_integer(data_type)
    }

    /// A server without truth values keeps them as 0 and 1; any other number is refused.
    #[inline]
    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::Bool(truth) => Ok(truth),
            other => match integer(other) {
                Some(0) => Ok(false),
                Some(1) => Ok(true),
                Some(_) => Err(Unreadable::Range),
                None => Err(mismatch(other)),
            },
        }
    }

    #[inline]
    fn read_place(place: CellPlace<'a>) -> Option<Result<Self, Unreadable>> {
        place.truth()
    }
}

impl<'a> FromArrow<'a> for Decimal {
    fn accepts(data_type: &DataType) -> bool {
        is_decimal(data_type) || is_integer(data_type)
    }

    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::Decimal(number) => Ok(number),
            other => integer(other).map(Self::from).ok_or_else(|| mismatch(other)),
        }
    }
}
