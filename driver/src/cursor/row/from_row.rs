//! Whole rows as tuples.

use super::Row;
use crate::error::{Error, Kind, Operation, Result};
use crate::types::{FromArrow, Value};

/// A Rust type that whole rows can be read into: tuples, of up to twelve columns.
pub trait FromRow<'a>: Sized {
    /// Reads a row.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    fn from_row(row: &'a Row) -> Result<Self>;
}

impl FromRow<'_> for Row {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(row.clone())
    }
}

impl FromRow<'_> for Vec<Value> {
    fn from_row(row: &Row) -> Result<Self> {
        row.values()
    }
}

macro_rules! tuples {
    ($($count:literal: $($member:ident $position:tt),*;)*) => {$(
        impl<'a, $($member: FromArrow<'a>),*> FromRow<'a> for ($($member,)*) {
            fn from_row(row: &'a Row) -> Result<Self> {
                if row.len() != $count {
                    return Err(wrong_count(row.len(), $count));
                }
                Ok(($(row.place().read::<$member>($position)?,)*))
            }
        }
    )*};
}

tuples! {
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
    7: A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
    9: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    10: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
    11: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10;
    12: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11;
}

#[cold]
pub(super) fn wrong_count(columns: usize, wanted: usize) -> Error {
    Error::new(
        Kind::Conversion,
        format!("the row has {columns} columns, the tuple asked for has {wanted}"),
    )
    .during(Operation::Convert)
}
