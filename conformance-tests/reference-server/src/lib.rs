//! SQLite behind Arrow Flight SQL: the server the suite tests clients against.
//!
//! It speaks all of Flight SQL that SQLite has an answer to, and shares no code with the driver: a mistake made on both ends would be invisible.
//!
//! # Hints
//!
//! What SQLite has no notion of is asked for by a comment in the statement, `/* name=value name=value */`:
//!
//! | hint | what it does |
//! | --- | --- |
//! | `endpoints=3` | splits the result over so many endpoints, each with its own ticket |
//! | `ordered` | says that the endpoints are in order |
//! | `expire=5s` | tickets expire after that time and can be read again until then; without it a ticket is good for one read |
//! | `slow=3s` | the result takes that long, with progress by PollFlightInfo, and can be cancelled |
//! | `delay=3s` | GetFlightInfo takes that long |
//! | `rows_per_batch=100` | the size of the batches |
//! | `locations=uri,uri` | the locations of the endpoints |
//! | `die_after=3` | the stream fails after so many batches |
//! | `total_records=7` | what the FlightInfo promises |

mod actions;
mod auth;
mod bind;
mod capability;
mod catalog;
mod counters;
mod cursor;
mod database;
mod datetime;
mod decimal;
mod flow;
mod hints;
mod ids;
mod ingest;
mod messages;
mod plan;
mod poll;
mod put;
mod read;
mod results;
mod sample;
mod schema;
mod server;
mod service;
mod sessions;
mod settings;
mod state;
mod statements;
mod status;
mod stop;
mod tickets;
mod transactions;
mod worker;

pub use capability::Capability;
pub use counters::Counters;
pub use server::{Builder, ReferenceServer, Running};
