//! SQL types, columns, and the conversions between Arrow and Rust, both ways.
//!
//! A [`Column`] describes a column of a result, its [`SqlType`] names its type in SQL. A cell is read into a Rust type by [`FromArrow`],
//! or into the dynamic [`Value`]. A Rust value becomes a parameter by [`ToParam`]; [`Params`] gathers those of a call.
//!
//! Reading is exact: an integer that does not fit, a NULL without an `Option`, a wrong type is an error that names column and row, never
//! another value. The layouts Arrow has for one type (dictionaries, runs, views, large offsets) read alike.

mod accessor;
#[cfg(feature = "serde")]
mod as_text;
mod cell;
mod column;
mod columns;
mod decimal;
#[cfg(feature = "serde")]
mod deserialize;
mod extension;
mod fit;
mod from_arrow;
pub(crate) mod loose;
mod natural;
mod params;
#[cfg(feature = "serde")]
mod serialize;
mod sql_type;
pub mod temporal;
mod to_param;
mod uuid;
mod value;
mod with;

pub(crate) use accessor::Accessor;
#[doc(hidden)]
pub use accessor::CellPlace;
pub use accessor::{ListCell, MapCell, StructCell};
pub use cell::{Cell, Unreadable};
pub use column::Column;
pub use columns::Columns;
pub use decimal::Decimal;
#[cfg(feature = "serde")]
pub(crate) use deserialize::{PlaceDeserializer, Reason, Refusal};
pub use from_arrow::FromArrow;
pub(crate) use from_arrow::accepts;
pub use params::Params;
pub use sql_type::SqlType;
pub use temporal::{Date, Duration, Interval, Time, Timestamp};
pub use to_param::ToParam;
pub use uuid::Uuid;
pub use value::Value;

#[cfg(test)]
pub(crate) mod tests;
