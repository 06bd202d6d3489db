//! The pool, to come.
