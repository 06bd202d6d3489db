//! The reference server, to come.
