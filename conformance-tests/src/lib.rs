//! The suite: cases that a user could write, through every door of Jetbridge, against real servers.
//!
//! [`server`] starts the servers that are not ours and fetches what it needs for them.

pub mod check;
pub mod server;

/// The examples of the README: compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
