//! The options that are one word out of a few.

use std::fmt;

use super::name::same_name;

/// An option value that is one word out of a list.
pub(super) trait Choice: Copy + PartialEq + 'static {
    /// Every value, in the order the manual lists them.
    const CHOICES: &'static [Self];

    /// The word itself.
    fn word(self) -> &'static str;

    /// What it means, in one line.
    fn meaning(self) -> &'static str;

    /// Other words that mean the same.
    fn synonyms(self) -> &'static [&'static str];

    /// Finds the value a text means, if it means one.
    fn find(text: &str) -> Option<Self> {
        Self::CHOICES.iter().copied().find(|choice| {
            same_name(choice.word(), text) || choice.synonyms().iter().any(|synonym| same_name(synonym, text))
        })
    }
}

macro_rules! choices {
    ($($(#[$meta:meta])* $name:ident { $(#[doc = $doc:literal] $variant:ident = $word:literal $(| $synonym:literal)*,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = $doc] $variant,)*
        }

        impl Choice for $name {
            const CHOICES: &'static [Self] = &[$(Self::$variant),*];

            fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $doc.trim_ascii_start()),* }
            }

            fn synonyms(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($synonym),*]),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    )*};
}

choices! {
    /// What carries the bytes.
    TransportKind {
        /// TLS over TCP.
        Tls = "tls",
        /// Plaintext over TCP.
        Tcp = "tcp" | "plaintext",
        /// A Unix domain socket.
        Unix = "unix",
    }

    /// The oldest version of TLS that is spoken.
    TlsVersion {
        /// TLS 1.2 and 1.3.
        V1_2 = "1.2" | "tls1.2" | "tlsv1.2",
        /// TLS 1.3 alone.
        V1_3 = "1.3" | "tls1.3" | "tlsv1.3",
    }

    /// Which host of several is tried first.
    HostOrder {
        /// In the order written: the first that answers is taken.
        InOrder = "any" | "in-order",
        /// Every session starts at a host chosen at random, then goes on in the order written.
        Random = "random",
        /// The sessions of a pool are dealt out over the hosts in turn; a host that does not answer is passed over.
        RoundRobin = "round-robin" | "load-balance",
        /// The first, in the order written, that does not call itself read-only.
        Primary = "primary" | "read-write",
    }

    /// Whether Flight's Handshake is called.
    HandshakeMode {
        /// When there is a user or a password and no token; a server without Handshake is used all the same.
        Auto = "auto",
        /// Never: a user and password go out as a Basic header.
        Never = "never",
        /// Always, and a server without it is an error.
        Always = "always",
        /// Always, with the BasicAuth message of the Flight specification as its payload; the answer's payload goes with every call as `auth-token-bin`.
        Proto = "proto" | "basic-proto",
    }

    /// How a token is got by OAuth 2.
    OAuthFlow {
        /// Not at all.
        None = "none",
        /// With the id and secret of the client (RFC 6749, 4.4).
        ClientCredentials = "client_credentials",
        /// In exchange for another token (RFC 8693).
        TokenExchange = "token_exchange",
        /// With a refresh token (RFC 6749, 6).
        RefreshToken = "refresh_token",
        /// By a person who enters a code on a page (RFC 8628); the page and the code are logged as a warning.
        DeviceCode = "device_code" | "device",
    }

    /// Where the client's id and secret stand in a request to the token endpoint.
    OAuthClientAuth {
        /// In the `authorization` header, as RFC 6749 prefers.
        Basic = "basic" | "client_secret_basic",
        /// In the body.
        Post = "post" | "client_secret_post",
    }

    /// How a statement is sent.
    StatementMode {
        /// As the server says when it prepared it, else as its leading keyword says.
        Auto = "auto",
        /// Always as a query, also when only a count is wanted.
        Query = "query",
        /// Always as an update.
        Update = "update",
    }

    /// How the parameters of a statement get to the server.
    ParameterMode {
        /// Bound by the server to a prepared statement; where it cannot do that, it is an error.
        Server = "server" | "auto",
        /// Written into the statement as literals, in the dialect the server is found to have; nothing is prepared.
        Client = "client",
    }

    /// From where the endpoints of a result are read.
    LocationPolicy {
        /// From the locations the server names, the connection itself last.
        Follow = "follow",
        /// From the connection itself, then from the locations.
        PreferOriginal = "prefer-original",
        /// Only from the connection itself.
        OriginalOnly = "original-only",
    }

    /// What happens when the schema of a stream differs from the one announced.
    SchemaCheck {
        /// Nullability and metadata are unified, widths are cast where nothing is lost; else an error.
        Lenient = "lenient",
        /// Any difference is an error.
        Strict = "strict",
    }

    /// What happens when fewer or more rows arrive than the server promised.
    RowCountCheck {
        /// Nothing.
        Off = "off",
        /// It is logged.
        Warn = "warn",
        /// The result ends with an error.
        Error = "error",
    }

    /// The order in which the endpoints of a result are handed out.
    FetchOrder {
        /// As they arrive, unless the server says that the result is ordered.
        Auto = "auto",
        /// In the order of the endpoints, always.
        Ordered = "ordered",
    }

    /// How the server may compress gRPC messages.
    GrpcCompression {
        /// Not at all.
        None = "none",
        /// By gzip, which servers of all languages know.
        Gzip = "gzip",
    }

    /// What an option nobody knows means.
    UnknownOptions {
        /// It is an error that names the nearest known option.
        Error = "error",
        /// It is a header of that name, as the JDBC, ODBC, Python and Go drivers have it.
        Headers = "headers",
    }

    /// Which server this is: what it does otherwise than the others is known by its name.
    Server {
        /// Told from its host, or from what it calls itself when that is asked.
        Auto = "auto",
        /// None of these: a server that is as the specification has it.
        Standard = "standard" | "none",
        /// InfluxDB 3 (Core, Enterprise, Cloud).
        InfluxDb = "influxdb" | "influx" | "iox",
        /// Dremio, Dremio Cloud.
        Dremio = "dremio",
        /// Apache Doris.
        Doris = "doris",
        /// StarRocks 3.5.1 and later.
        StarRocks = "starrocks",
        /// Deephaven.
        Deephaven = "deephaven",
        /// GizmoSQL: DuckDB behind Flight SQL.
        GizmoSql = "gizmosql",
        /// Databend.
        Databend = "databend",
        /// Spice.ai OSS, Spice Cloud.
        Spice = "spice" | "spiceai",
        /// ROAPI.
        Roapi = "roapi",
        /// Sail: Spark SQL on DataFusion.
        Sail = "sail",
    }

    /// How the server is told the catalog and schema of the connection string.
    PlaceMode {
        /// By the action SetSessionOptions.
        SessionOptions = "session-options",
        /// By the headers `catalog` and `schema` of every call.
        Headers = "headers",
        /// By the statement `USE` when the session begins; the database too, where there is no schema.
        Use = "use",
    }

    /// How values are written into statements, beyond what the server is asked about its texts.
    SqlDialect {
        /// As the server is found to be.
        Auto = "auto",
        /// As the standard has it.
        Standard = "standard",
        /// SQLite.
        Sqlite = "sqlite",
        /// DataFusion.
        DataFusion = "datafusion",
        /// Spark SQL.
        Spark = "spark",
        /// MySQL.
        MySql = "mysql",
        /// PostgreSQL.
        Postgres = "postgresql" | "postgres",
        /// DuckDB.
        DuckDb = "duckdb",
    }

    /// What a quoted name stands in.
    IdentifierQuote {
        /// What the server says, else what its dialect has.
        Auto = "auto",
        /// A double quote, as the standard has it.
        Double = "double" | "\"",
        /// A backtick, as MySQL and Spark have it.
        Backtick = "backtick" | "`",
    }

    /// Something a server can be spared from being asked for.
    Command {
        /// Prepared statements.
        Prepare = "prepare",
        /// Updates by DoPut; they are sent as queries then.
        Update = "update",
        /// Bulk ingest.
        Ingest = "ingest",
        /// Transactions by action.
        Transactions = "transactions",
        /// Savepoints by action.
        Savepoints = "savepoints",
        /// CancelFlightInfo and CancelQuery.
        Cancel = "cancel",
        /// PollFlightInfo.
        Poll = "poll",
        /// GetSchema.
        GetSchema = "get-schema",
        /// SetSessionOptions and GetSessionOptions.
        SessionOptions = "session-options",
        /// GetTableTypes.
        TableTypes = "table-types",
        /// Primary and foreign keys.
        Keys = "keys",
        /// GetXdbcTypeInfo.
        TypeInfo = "type-info",
    }
}

impl IdentifierQuote {
    /// The quote itself; `None` where it is the server's to say.
    #[must_use]
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::Double => Some("\""),
            Self::Backtick => Some("`"),
        }
    }
}
