//! The errors of cells that could not be read.

use arrow::datatypes::DataType;

use super::place::Place;
use crate::error::{Error, Kind, Operation, SqlState};
use crate::types::{Column, Unreadable};

impl Place<'_> {
    #[cold]
    pub(super) fn missing(self, position: usize) -> Error {
        match self.chunk.columns.at(position) {
            Err(error) => error,
            Ok(_) => Error::protocol("a batch has fewer columns than its schema"),
        }
    }

    /// The error of a cell that could not be read: it names the place and the types, never the value, which may be private.
    #[cold]
    pub(super) fn refuse(self, position: usize, why: Unreadable, asked: &str) -> Error {
        let columns = &self.chunk.columns;
        let data_type = columns.get(position).map_or(&DataType::Null, Column::data_type);
        let asked = short(asked);
        let place = self.describe(position);
        let (state, message) = match why {
            Unreadable::Null => (
                SqlState::NULL_WITHOUT_OPTION,
                format!("{place}: the {data_type} is NULL, which {asked} cannot hold"),
            ),
            Unreadable::Type => (
                SqlState::TYPE_MISMATCH,
                format!("{place}: {data_type} cannot be read as {asked}"),
            ),
            Unreadable::Range => (
                SqlState::NUMBER_OUT_OF_RANGE,
                format!("{place}: the value of type {data_type} does not fit {asked}"),
            ),
            Unreadable::Text => (
                SqlState::INVALID_TEXT,
                format!("{place}: the text of type {data_type} is no {asked}"),
            ),
            Unreadable::Corrupt => {
                return Error::protocol(format!("{place}: the {data_type} array points outside itself"))
                    .during(Operation::Convert);
            }
        };
        let error = Error::new(Kind::Conversion, message)
            .state(state)
            .during(Operation::Convert);
        if why == Unreadable::Null {
            error.hint(format!("read it as Option<{asked}>"))
        } else {
            error
        }
    }

    /// A column of this row, as errors say it.
    pub(super) fn describe(self, position: usize) -> String {
        let name = self.chunk.columns.get(position).map_or("", Column::name);
        format!("column {position} (\"{name}\"), row {}", self.number())
    }
}

/// The name of a type without the paths in it: `alloc::vec::Vec<alloc::string::String>` is `Vec<String>`.
pub(super) fn short(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    for part in name.split_inclusive(|character: char| !(character.is_alphanumeric() || character == '_')) {
        if part.ends_with(':') {
            // A path so far: only what follows its last colon is kept.
            let kept = short.rfind(|character: char| !(character.is_alphanumeric() || character == '_'));
            short.truncate(kept.map_or(0, |position| position + 1));
        } else {
            short.push_str(part);
        }
    }
    short
}
