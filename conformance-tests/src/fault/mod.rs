//! Scripted servers: what a real server never does on purpose, one short case for each misbehaviour.
//!
//! | module | what it has |
//! | --- | --- |
//! | [`cases()`] | the cases, by theme |
//! | [`Script`], [`Raw`] | how a case says what the server answers: through gRPC, or below it in HTTP/2 |
//! | [`FaultServer`] | such a server, running, and what it has seen |
//! | [`UploadServer`] | one that turns uploads away, below gRPC |
//! | [`observe`] | what Jetbridge makes of it |
//! | [`plain`], [`peers`] | what clients that are not ours make of it |
//! | [`table()`] | all of that as a page |
//!
//! Anyone can point a client at one of them: `cargo run -p jetbridge-conformance --bin fault -- --case NAME`.

mod case;
mod cases;
mod client;
pub mod data;
pub mod peer_cells;
pub mod peers;
pub mod plain;
mod raw;
mod script;
mod server;
mod service;
mod table;
mod uploads;

pub use case::{Act, Case, Outcome};
pub use cases::{cases, themes};
pub use client::{Observed, observe};
pub use raw::{End, Raw};
pub use script::{Answer, Call, Script, Step};
pub use server::{FaultServer, Seen};
pub use table::table;
pub use uploads::{TurnedAway, UploadServer};
