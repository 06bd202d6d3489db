//! Why serde could not read a cell.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

use super::super::cell::Unreadable;

/// The error of a deserializer of cells and rows. The place is added where it is known; values are never in it, as they may be private.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Inner>);

#[derive(Debug)]
struct Inner {
    /// The column it is about.
    column: Option<usize>,
    reason: Reason,
}

/// What is wrong.
#[derive(Debug)]
pub(crate) enum Reason {
    /// The cell does not read as the type.
    Cell(Unreadable, &'static str),
    /// The cell was read, and the type said no to its value.
    Value(String),
    /// The struct wants a field no column has.
    MissingField(&'static str),
    /// The shape of the row and of the type differ.
    Shape(String),
}

impl Refusal {
    #[cold]
    pub(crate) fn new(reason: Reason) -> Self {
        Self(Box::new(Inner { column: None, reason }))
    }

    #[cold]
    pub(crate) fn of_cell(why: Unreadable, asked: &'static str) -> Self {
        Self::new(Reason::Cell(why, asked))
    }

    /// Says which column it is about, unless it has been said already.
    #[cold]
    pub(crate) fn in_column(mut self, column: usize) -> Self {
        self.0.column.get_or_insert(column);
        self
    }

    pub(crate) fn into_parts(self) -> (Option<usize>, Reason) {
        (self.0.column, self.0.reason)
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.reason {
            Reason::Cell(why, asked) => write!(f, "{why:?} for {asked}"),
            Reason::Value(words) | Reason::Shape(words) => f.write_str(words),
            Reason::MissingField(field) => write!(f, "no column \"{field}\""),
        }
    }
}

impl std::error::Error for Refusal {}

impl de::Error for Refusal {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(Reason::Value(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::new(Reason::Value(format!("{} is not {wanted}", kind(found))))
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::new(Reason::Value(format!(
            "the value, {}, is not {wanted}",
            kind(found)
        )))
    }

    fn invalid_length(length: usize, wanted: &dyn Expected) -> Self {
        Self::new(Reason::Value(format!("{length} elements are not {wanted}")))
    }

    fn unknown_variant(_: &str, variants: &'static [&'static str]) -> Self {
        Self::new(Reason::Value(format!(
            "the text is none of the variants {}",
            variants.join(", ")
        )))
    }

    fn unknown_field(field: &str, fields: &'static [&'static str]) -> Self {
        Self::new(Reason::Shape(format!(
            "\"{field}\" is none of the fields {}",
            fields.join(", ")
        )))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Reason::MissingField(field))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(Reason::Shape(format!("two columns are the field \"{field}\"")))
    }
}

/// What was found, without its value.
fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a truth value",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a float",
        Unexpected::Char(_) | Unexpected::Str(_) => "text",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit | Unexpected::Option => "NULL",
        Unexpected::Seq => "a list",
        Unexpected::Map => "named fields",
        Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant => "an enum",
        _ => "something else",
    }
}
