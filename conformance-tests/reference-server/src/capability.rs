//! Parts of the server that can be switched off, to see what clients do without them.

/// A part of Flight SQL this server can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// Prepared statements.
    Prepared,
    /// Binding parameters to prepared statements.
    Parameters,
    /// Parameters with names: statements that have some are refused.
    NamedParameters,
    /// The catalog commands, from catalogs to cross references and type information.
    Catalog,
    /// Transactions, and with them savepoints.
    Transactions,
    /// Savepoints alone.
    Savepoints,
    /// Updates by DoPut.
    Updates,
    /// GetSqlInfo.
    SqlInfo,
    /// Bulk ingestion.
    Ingest,
    /// Session options, cookies, closing a session.
    Sessions,
    /// The handshake; credentials with each call still work.
    Handshake,
    /// Cancelling queries.
    Cancel,
    /// PollFlightInfo.
    Poll,
    /// GetSchema.
    GetSchema,
}

impl IntoIterator for Capability {
    type Item = Self;
    type IntoIter = std::iter::Once<Self>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self)
    }
}
