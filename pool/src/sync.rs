//! The lock of [`supply`](super::supply), named here so that a model checker can put its own in its place (`tests/schedules.rs`).

pub(crate) use std::sync::{Mutex, MutexGuard};
