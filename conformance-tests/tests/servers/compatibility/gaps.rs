//! What servers lack, and why. Measured: a gap that closes fails the suite until it is taken out here.

/// Something a server cannot do.
pub(super) struct Gap {
    pub(super) server: &'static str,
    pub(super) capability: &'static str,
    pub(super) reason: &'static str,
}

impl Gap {
    pub(super) fn is(&self, capability: &str, server: &str) -> bool {
        self.capability == capability && self.server == server
    }
}

const fn gap(server: &'static str, capability: &'static str, reason: &'static str) -> Gap {
    Gap {
        server,
        capability,
        reason,
    }
}

pub(super) const GAPS: &[Gap] = &[
    gap(
        "Sail",
        "parameters",
        "it cannot bind; `parameters=client` writes them into the statement",
    ),
    gap(
        "Sail",
        "rows of parameters",
        "it cannot bind; `parameters=client` writes them into the statement",
    ),
    gap(
        "Sail",
        "describe",
        "it has neither GetSchema nor prepared statements that tell the schema",
    ),
    gap("Sail", "transactions", "it has none"),
    gap("Sail", "savepoints", "it has no transactions"),
    gap(
        "Sail",
        "bulk ingest",
        "it cannot bind rows; `parameters=client` writes them into `INSERT`",
    ),
    gap("Sail", "progress", "it has no PollFlightInfo"),
    gap(
        "Sail",
        "cancel",
        "it has no action to cancel by; dropping a cursor resets the stream",
    ),
    gap("Sail", "session options", "it has none"),
    gap("Sail", "capabilities", "it has no GetSqlInfo"),
    gap("Sail", "primary keys", "its tables have no keys"),
    gap("Sail", "foreign keys", "its tables have no keys"),
    gap("Sail", "type information", "it has no GetXdbcTypeInfo"),
    gap(
        "ROAPI",
        "empty result",
        "a result without rows comes without its schema",
    ),
    gap(
        "ROAPI",
        "create and drop a table",
        "it reports one row for any update and runs none",
    ),
    gap(
        "ROAPI",
        "update count",
        "it reports one row for any update and runs none",
    ),
    gap(
        "ROAPI",
        "parameters",
        "it cannot bind; `parameters=client` writes them into the statement",
    ),
    gap("ROAPI", "rows of parameters", "its tables are read only"),
    gap("ROAPI", "transactions", "it has none"),
    gap("ROAPI", "savepoints", "it has no transactions"),
    gap("ROAPI", "bulk ingest", "its tables are read only"),
    gap("ROAPI", "progress", "it has no PollFlightInfo"),
    gap(
        "ROAPI",
        "cancel",
        "it has no action to cancel by; dropping a cursor resets the stream",
    ),
    gap("ROAPI", "session options", "it has none"),
    gap("ROAPI", "primary keys", "its tables have no keys"),
    gap("ROAPI", "foreign keys", "its tables have no keys"),
    gap("ROAPI", "type information", "it has no GetXdbcTypeInfo"),
    gap(
        "arrow-go SQLite",
        "describe",
        "it has no GetSchema, and its prepared statements do not tell their schema",
    ),
    gap(
        "arrow-go SQLite",
        "savepoints",
        "it has none, and does not say that its SQL has",
    ),
    gap("arrow-go SQLite", "progress", "it has no PollFlightInfo"),
    gap("arrow-go SQLite", "cancel", "it has no action to cancel by"),
    gap("arrow-go SQLite", "session options", "it has none"),
];
