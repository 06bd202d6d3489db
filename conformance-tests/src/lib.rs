//! The suite, to come.
