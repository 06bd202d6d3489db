//! The reference server, to come.
fn main() {}
