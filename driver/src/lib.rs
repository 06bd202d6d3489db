//! A SQL driver for Arrow Flight SQL: connection strings, sessions, statements and cursors.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

#[cfg(feature = "blocking")]
pub mod blocking;
mod catalog;
pub mod config;
pub mod cursor;
pub mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod metadata;
mod profile;
mod protocol;
pub mod secret;
mod session;
mod shared;
mod sql;
mod statement;
mod stream;
mod token;
mod trace;
mod transport;
pub mod types;

/// The version of Arrow that this API speaks.
pub use arrow;

pub use catalog::{
    Catalog, CatalogCommand, CatalogCommands, ForeignKeyColumn, PrimaryKeyColumn, ReferentialAction,
    SchemaName, Table, TableColumn, TableFilter, TableName, TypeInfo,
};
pub use config::{
    Config, Evidence, FetchOrder, GrpcCompression, HandshakeMode, Host, HostOrder, IdentifierQuote,
    LocationPolicy, LocationRewrite, Manners, OAuthClientAuth, OAuthFlow, ParameterMode, Pem, PlaceMode,
    RecycleMethod, RowCountCheck, SchemaCheck, Server, SqlDialect, StatementMode, TlsVersion, TransportKind,
    UnknownOptions,
};
pub use cursor::{Cursor, Row};
pub use error::{Error, Kind, Operation, Result, SqlState};
pub use metadata::Metadata;
pub use protocol::{
    ActionType, CancelStatus, CloseStatus, FlightDescriptor, FlightEndpoint, FlightInfo, IngestMode,
    PollInfo, SavepointEnd, SessionOptionError, SessionOptionValue, SubstraitPlan, Ticket, TransactionEnd,
};
pub use secret::Secret;
pub use session::{
    CloseHandle, Connector, Probe, Savepoint, SavepointId, Session, Transaction, TransactionOptions,
};
pub use shared::{Capabilities, IsolationLevel, NameCase, SqlInfo, SqlInfoValue, TransactionSupport};
pub use statement::{BoundStatement, Ingest, PreparedStatement, Statement};
pub use stream::{BatchStream, CancelHandle, FlightChunk, FlightExchange, FlightReader};
pub use token::{AccessToken, TokenSource, token_from};
pub use transport::{CallOptions, Step};
pub use types::{Params, Value};
