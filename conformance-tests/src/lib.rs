//! The suite: cases that a user could write, through every door of Jetbridge, against real servers.
//!
//! [`server`] starts the servers that are not ours and fetches what it needs for them; [`relay`] stands in front of one and cuts its connections;
//! [`fault`] has servers that misbehave.

pub mod check;
pub mod fault;
pub mod hostile;
pub mod likeness;
pub mod relay;
pub mod server;

/// The examples of the README: compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The examples of the guides.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../docs/guide/observability.md")]
    pub struct Observability;
    #[doc = include_str!("../../docs/guide/authentication.md")]
    pub struct Authentication;
    #[doc = include_str!("../../docs/guide/parameters.md")]
    pub struct Parameters;
    #[doc = include_str!("../../docs/guide/queries.md")]
    pub struct Queries;
    #[doc = include_str!("../../docs/guide/servers/README.md")]
    pub struct Servers;
    #[doc = include_str!("../../docs/guide/servers/influxdb.md")]
    pub struct InfluxDb;
    #[doc = include_str!("../../docs/guide/transactions.md")]
    pub struct Transactions;
}
