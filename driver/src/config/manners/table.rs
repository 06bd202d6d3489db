//! THE table of servers: by what each is told, and which options have another default with it.
//!
//! Nothing else in the driver asks which server it talks to. A rule that is not here is one that holds for all of them.

use crate::config::choice::{Server, SqlDialect};

/// What is known of a server.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) server: Server,
    pub(super) name: &'static str,
    /// What it calls itself, in lower case: in GetSqlInfo, or when it is asked in SQL.
    pub(super) words: &'static [&'static str],
    /// The domains under which its makers run it.
    pub(super) domains: &'static [&'static str],
    /// Options and the defaults they have with it, as a connection string writes them.
    pub(super) options: &'static [(&'static str, &'static str)],
}

/// Options that count after the server has been recognized by what it calls itself; all others have had their effect by then.
pub(super) const LATE: &[&str] = &["sql_dialect", "identifier_quote", "lacks"];

pub(super) static PROFILES: &[Profile] = &[
    Profile {
        server: Server::InfluxDb,
        name: "InfluxDB 3",
        words: &["influxdb", "iox"],
        domains: &["influxdata.com", "influxdata.io", "influxdb.io"],
        options: &[
            // The password is the token, and goes with every call.
            ("handshake", "never"),
            // The preferred one; `bucket-name` and `iox-namespace-name` are older.
            ("database_header", "database"),
            // Its scheme names are case-sensitive.
            ("token_scheme", "Bearer"),
            ("sql_dialect", "datafusion"),
            ("identifier_quote", "double"),
        ],
    },
    Profile {
        server: Server::Dremio,
        name: "Dremio",
        words: &["dremio"],
        domains: &["dremio.cloud"],
        options: &[
            ("place_mode", "headers"),
            ("database_header", "schema"),
            ("parameters", "client"),
            ("sql_dialect", "standard"),
            ("identifier_quote", "double"),
        ],
    },
    Profile {
        server: Server::Doris,
        name: "Apache Doris",
        words: &["doris"],
        domains: &[],
        options: &[
            ("place_mode", "use"),
            ("database_header", ""),
            ("parameters", "client"),
            // Versions before 2.1.4 name the address their backend listens on.
            ("location_rewrite", "0.0.0.0=*"),
            ("sql_dialect", "mysql"),
            ("identifier_quote", "backtick"),
        ],
    },
    Profile {
        server: Server::StarRocks,
        name: "StarRocks",
        words: &["starrocks"],
        domains: &[],
        options: &[
            ("place_mode", "use"),
            ("database_header", ""),
            ("parameters", "client"),
            ("location_rewrite", "0.0.0.0=*"),
            ("sql_dialect", "mysql"),
            ("identifier_quote", "backtick"),
        ],
    },
    Profile {
        server: Server::Deephaven,
        name: "Deephaven",
        words: &["deephaven"],
        domains: &[],
        options: &[
            // Without credentials it lets in who says so.
            ("authorization", "Anonymous"),
            ("token_scheme", "psk"),
            // It gives its session as a cookie to who asks, else as a token that rotates.
            ("header.x-deephaven-auth-cookie-request", "true"),
            // It forgets a session after five minutes without a call.
            ("pool_keepalive", "2m"),
            ("identifier_quote", "double"),
        ],
    },
    Profile {
        server: Server::GizmoSql,
        name: "GizmoSQL",
        words: &["gizmosql"],
        domains: &[],
        options: &[
            ("token_user", "token"),
            ("sql_dialect", "duckdb"),
            ("identifier_quote", "double"),
        ],
    },
    Profile {
        server: Server::Databend,
        name: "Databend",
        words: &["databend"],
        domains: &["databend.com"],
        options: &[
            // Sessions come from the handshake alone.
            ("handshake", "always"),
            // Its locations are placeholders.
            ("location_policy", "original-only"),
            ("parameters", "client"),
            // It panics when asked for these.
            ("lacks", "transactions,savepoints,type-info"),
            // It forgets a session after six minutes.
            ("pool_keepalive", "2m"),
            ("sql_dialect", "standard"),
            ("identifier_quote", "double"),
        ],
    },
    Profile {
        server: Server::Spice,
        name: "Spice",
        words: &["spice"],
        domains: &["spiceai.io"],
        options: &[
            ("location_policy", "prefer-original"),
            ("sql_dialect", "datafusion"),
            ("identifier_quote", "double"),
        ],
    },
    Profile {
        server: Server::Roapi,
        name: "ROAPI",
        words: &["roapi"],
        domains: &[],
        options: &[
            ("parameters", "client"),
            ("sql_dialect", "datafusion"),
            ("identifier_quote", "double"),
        ],
    },
    Profile {
        server: Server::Sail,
        name: "Sail",
        words: &["sail"],
        domains: &[],
        options: &[
            ("parameters", "client"),
            ("sql_dialect", "spark"),
            ("identifier_quote", "backtick"),
        ],
    },
];

/// What an engine calls itself, in lower case, whoever serves it.
pub(super) const ENGINES: &[(&str, SqlDialect)] = &[
    ("datafusion", SqlDialect::DataFusion),
    ("sqlite", SqlDialect::Sqlite),
    // What `jetbridge serve` and the suite run: SQLite.
    ("jetbridge reference server", SqlDialect::Sqlite),
    ("duckdb", SqlDialect::DuckDb),
    ("postgres", SqlDialect::Postgres),
];
