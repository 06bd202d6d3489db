//! Values of other crates, each behind a feature that names the crate and its version.

#[cfg(feature = "with-chrono-0_4")]
mod chrono;
#[cfg(feature = "with-rust_decimal-1")]
mod rust_decimal;
#[cfg(feature = "with-serde_json-1")]
mod serde_json;
#[cfg(feature = "with-time-0_3")]
mod time;
#[cfg(feature = "with-uuid-1")]
mod uuid;

#[cfg(any(feature = "with-chrono-0_4", feature = "with-time-0_3"))]
mod instant;
