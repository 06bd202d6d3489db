//! The commands, one module each.

pub(crate) mod catalog;
pub(crate) mod options;
pub(crate) mod ping;
pub(crate) mod query;
#[cfg(feature = "embedded")]
pub(crate) mod serve;
