//! What was being done when an error came.

use std::fmt;

/// What was being done: the only source of the words errors and spans use for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Reading a connection string or an option.
    Configure,
    /// Taking a session out of a pool.
    Acquire,
    /// Opening the connection.
    Connect,
    /// Getting a bearer token, from a file, a command or a token endpoint.
    Token,
    /// The Flight handshake.
    Handshake,
    /// Asking for the FlightInfo of a query.
    Execute,
    /// Running an update.
    Update,
    /// Preparing a statement.
    Prepare,
    /// Binding parameters.
    Bind,
    /// Asking for the schema of a statement that is not run.
    Describe,
    /// Reading an endpoint of a result.
    Fetch {
        /// The endpoint's place in the FlightInfo, from 0.
        endpoint: usize,
        /// Of how many endpoints.
        of: usize,
    },
    /// Polling a long-running query.
    Poll,
    /// Loading rows in bulk.
    Ingest,
    /// Beginning a transaction.
    Begin,
    /// Committing a transaction.
    Commit,
    /// Rolling a transaction back.
    Rollback,
    /// Making, releasing or rolling back to a savepoint.
    Savepoint,
    /// Reading the catalog.
    Catalog,
    /// Asking the server what it can do.
    SqlInfo,
    /// Cancelling a query.
    Cancel,
    /// Renewing an endpoint before it expires.
    Renew,
    /// Reading the session options.
    SessionOptions,
    /// Setting session options.
    SetSessionOptions,
    /// Closing a prepared statement.
    CloseStatement,
    /// Closing the session.
    CloseSession,
    /// Asking for the list of actions.
    ListActions,
    /// Running an action by its name.
    Action,
    /// Exchanging batches with the server.
    Exchange,
    /// Reading a value out of a row.
    Convert,
}

impl Operation {
    /// One word for it, as spans and metrics have it: `Execute`, `Fetch`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Configure => "Configure",
            Self::Acquire => "Acquire",
            Self::Connect => "Connect",
            Self::Token => "Token",
            Self::Handshake => "Handshake",
            Self::Execute => "Execute",
            Self::Update => "Update",
            Self::Prepare => "Prepare",
            Self::Bind => "Bind",
            Self::Describe => "Describe",
            Self::Fetch { .. } => "Fetch",
            Self::Poll => "Poll",
            Self::Ingest => "Ingest",
            Self::Exchange => "Exchange",
            Self::Begin => "Begin",
            Self::Commit => "Commit",
            Self::Rollback => "Rollback",
            Self::Savepoint => "Savepoint",
            Self::Catalog => "Catalog",
            Self::SqlInfo => "SqlInfo",
            Self::Cancel => "Cancel",
            Self::Renew => "Renew",
            Self::SessionOptions => "SessionOptions",
            Self::SetSessionOptions => "SetSessionOptions",
            Self::CloseStatement => "CloseStatement",
            Self::CloseSession => "CloseSession",
            Self::ListActions => "ListActions",
            Self::Action => "Action",
            Self::Convert => "Convert",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configure => "reading the connection options",
            Self::Acquire => "taking a session from the pool",
            Self::Connect => "connecting",
            Self::Token => "getting a token",
            Self::Handshake => "logging in",
            Self::Execute => "executing a query",
            Self::Update => "executing an update",
            Self::Prepare => "preparing a statement",
            Self::Bind => "binding parameters",
            Self::Describe => "describing a statement",
            Self::Fetch { endpoint, of } => {
                return write!(f, "fetching endpoint {} of {of}", endpoint.saturating_add(1));
            }
            Self::Poll => "polling a query",
            Self::Ingest => "ingesting rows",
            Self::Begin => "beginning a transaction",
            Self::Commit => "committing",
            Self::Rollback => "rolling back",
            Self::Savepoint => "handling a savepoint",
            Self::Catalog => "reading the catalog",
            Self::SqlInfo => "asking for the server's capabilities",
            Self::Cancel => "cancelling a query",
            Self::Renew => "renewing an endpoint",
            Self::SessionOptions => "reading session options",
            Self::SetSessionOptions => "setting session options",
            Self::CloseStatement => "closing a prepared statement",
            Self::CloseSession => "closing the session",
            Self::ListActions => "listing the server's actions",
            Self::Action => "running an action",
            Self::Exchange => "exchanging data",
            Self::Convert => "reading a value",
        })
    }
}
