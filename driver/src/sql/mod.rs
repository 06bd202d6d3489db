//! The text of statements: its tokens, its parameters, what its words say, and how a server's dialect writes names and texts.
//!
//! Nothing here is sent anywhere. A statement is never parsed as a whole: whether it is right is for the server to say.

mod dialect;
mod kind;
mod lexer;
mod placeholder;

pub(crate) use self::dialect::{Dialect, Family};
pub(crate) use self::kind::{is_change, is_update, only_reads};
pub(crate) use self::lexer::Rules;
pub(crate) use self::placeholder::{Form, Placeholders};
