//! The same driver for programs without an asynchronous runtime.
//!
//! Every type stands for the one of the same name at the root of the crate and does what it does, on the calling thread: the
//! [`Session`], its [`Statement`]s and [`PreparedStatement`]s, the [`Transaction`], the [`Catalog`], [`Ingest`], and a [`Cursor`] that is an
//! iterator of rows. A [`BatchReader`] gives a result to anything that reads Arrow. What is missing here is had by
//! [`Session::as_async`] and [`Session::block_on`].
//!
//! ```no_run
//! use jetbridge::blocking::Session;
//!
//! # fn main() -> jetbridge::Result<()> {
//! let session = Session::connect("flightsql://me:secret@db.example/sales")?;
//! for row in session.query("SELECT id, name FROM customers")? {
//!     let row = row?;
//!     println!("{} {}", row.get::<i64>("id")?, row.get::<&str>("name")?);
//! }
//! session.close()
//! # }
//! ```
//!
//! All sessions of a process share one [`Runtime`]; its threads carry the connections. A session may be used from several threads at once,
//! and a [`CancelHandle`] ends a query another thread waits for. Within a tokio runtime of several threads a blocking call is allowed, and
//! blocks its thread; within one of a single thread it is an error of kind `State`. (A `LocalSet` cannot be told apart; tokio panics there.)

mod cancel;
mod catalog;
mod cursor;
mod feed;
mod ingest;
mod reader;
mod runtime;
mod session;
mod statement;
mod transaction;

pub use self::cancel::CancelHandle;
pub use self::catalog::Catalog;
pub use self::cursor::Cursor;
pub use self::ingest::Ingest;
pub use self::reader::BatchReader;
pub use self::runtime::Runtime;
pub use self::session::Session;
pub use self::statement::{BoundStatement, PreparedStatement, Statement};
pub use self::transaction::{Savepoint, Transaction};
