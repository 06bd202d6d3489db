//! Servers that are not ours, as real processes on free ports of the loopback interface.
//!
//! | launcher | server | comes from |
//! | --- | --- | --- |
//! | [`sail()`], [`sail_cluster()`] | Sail: Spark SQL on DataFusion, in one process or with workers | PyPI `pysail` |
//! | [`roapi()`] | ROAPI: tables from files, read only | PyPI `roapi` |
//! | [`go_sqlite()`] | arrow-go's example server on SQLite | `go install` |
//! | [`go_integration()`] | the official Flight scenarios | `go install` |
//! | [`jdbc_driver()`] | not a server: the JDBC driver, a peer of ours | Maven |
//! | [`oauth()`] | a token endpoint for every OAuth 2 flow | PyPI `Authlib` |
//! | [`toxiproxy()`] | not a server: spoils the connection to one | `go install` |
//!
//! A launcher fetches what it needs once ([`tools`]), starts a new process, and gives it when it is ready. Dropping
//! the [`Running`] stops it. Where a tool is missing the launcher gives [`NotRun`], and
//! [`require!`](crate::require) ends the test with a loud line:
//!
//! ```no_run
//! # use jetbridge_conformance::{require, server};
//! # async fn test() {
//! let sail = require!(server::sail().await);
//! println!("{}", sail.uri());
//! # }
//! ```
//!
//! A file with many tests starts its server once, in a `static` [`Shared`].

mod go_integration;
mod go_sqlite;
mod jdbc;
mod not_run;
mod oauth;
mod once;
mod place;
mod port;
mod process;
mod program;
mod python_package;
mod roapi;
mod running;
mod sail;
mod sample;
mod toxiproxy;

pub mod tools;

pub use go_integration::{SCENARIOS, go_integration};
pub use go_sqlite::go_sqlite;
pub use jdbc::{JDBC_VERSION, jdbc_driver};
pub use not_run::NotRun;
pub use oauth::{OAUTH_CLIENT, oauth};
pub use place::servers_dir;
pub use port::free_port;
pub use process::{Process, StartFailed};
pub use program::{Program, start_on_free_ports, start_on_own_port};
pub use python_package::assemble_python_package;
pub use roapi::roapi;
pub use running::{Running, Shared, uri_of};
pub use sail::{CLUSTER_WORKERS, sail, sail_cluster};
pub use sample::{run_python, sample_csv, sample_parquet};
pub use toxiproxy::{Direction, Proxy, Toxic, Toxiproxy, toxiproxy};

#[cfg(test)]
mod tests;
