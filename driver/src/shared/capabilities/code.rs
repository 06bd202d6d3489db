//! The codes of GetSqlInfo, as `FlightSql.proto` numbers them.

macro_rules! codes {
    ($($ident:ident = $code:literal, $name:literal, $shape:ident, $doc:literal;)*) => {
        /// Something a server can say about itself (GetSqlInfo), by its name in `FlightSql.proto`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u32)]
        pub enum SqlInfo {
            $(#[doc = $doc] $ident = $code,)*
        }

        impl SqlInfo {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$ident),*];

            /// Its number on the wire.
            #[must_use]
            pub fn code(self) -> u32 {
                match self { $(Self::$ident => $code),* }
            }

            /// The one with a number, where the specification has it.
            #[must_use]
            pub fn from_code(code: u32) -> Option<Self> {
                match code { $($code => Some(Self::$ident),)* _ => None }
            }

            /// Its name in the specification.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$ident => $name),* }
            }

            /// One line on what it says.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$ident => $doc),* }
            }

            pub(super) fn shape(self) -> Shape {
                match self { $(Self::$ident => Shape::$shape),* }
            }
        }
    };
}

/// What the value of a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Bool,
    /// Numbers, ordinals and sets of bits: servers send each as any of them.
    Integer,
    TextList,
    ConvertMap,
}

codes! {
    ServerName = 0, "FLIGHT_SQL_SERVER_NAME", Text, "The name of the server.";
    ServerVersion = 1, "FLIGHT_SQL_SERVER_VERSION", Text, "The version of the server.";
    ServerArrowVersion = 2, "FLIGHT_SQL_SERVER_ARROW_VERSION", Text, "The version of Arrow it is built with.";
    ServerReadOnly = 3, "FLIGHT_SQL_SERVER_READ_ONLY", Bool, "It takes no writes.";
    ServerSql = 4, "FLIGHT_SQL_SERVER_SQL", Bool, "It takes SQL.";
    ServerSubstrait = 5, "FLIGHT_SQL_SERVER_SUBSTRAIT", Bool, "It takes Substrait plans.";
    ServerSubstraitMinVersion = 6, "FLIGHT_SQL_SERVER_SUBSTRAIT_MIN_VERSION", Text, "The oldest version of Substrait it takes.";
    ServerSubstraitMaxVersion = 7, "FLIGHT_SQL_SERVER_SUBSTRAIT_MAX_VERSION", Text, "The newest version of Substrait it takes.";
    ServerTransaction = 8, "FLIGHT_SQL_SERVER_TRANSACTION", Integer, "Whether it has the actions for transactions and savepoints ([`TransactionSupport`](super::TransactionSupport)).";
    ServerCancel = 9, "FLIGHT_SQL_SERVER_CANCEL", Bool, "It can cancel queries.";
    ServerBulkIngestion = 10, "FLIGHT_SQL_SERVER_BULK_INGESTION", Bool, "It takes bulk ingest.";
    ServerIngestTransactionsSupported = 11, "FLIGHT_SQL_SERVER_INGEST_TRANSACTIONS_SUPPORTED", Bool, "Bulk ingest can be part of a transaction.";
    ServerStatementTimeout = 100, "FLIGHT_SQL_SERVER_STATEMENT_TIMEOUT", Integer, "For how long an unused statement handle lives, in milliseconds; 0 is for ever.";
    ServerTransactionTimeout = 101, "FLIGHT_SQL_SERVER_TRANSACTION_TIMEOUT", Integer, "For how long an unused transaction lives, in milliseconds; 0 is for ever.";
    DdlCatalog = 500, "SQL_DDL_CATALOG", Bool, "`CREATE` and `DROP CATALOG` work.";
    DdlSchema = 501, "SQL_DDL_SCHEMA", Bool, "`CREATE` and `DROP SCHEMA` work.";
    DdlTable = 502, "SQL_DDL_TABLE", Bool, "`CREATE` and `DROP TABLE` work.";
    IdentifierCase = 503, "SQL_IDENTIFIER_CASE", Integer, "What becomes of the case of a name ([`NameCase`](super::NameCase)).";
    IdentifierQuoteChar = 504, "SQL_IDENTIFIER_QUOTE_CHAR", Text, "What a quoted name stands in; blank where names cannot be quoted.";
    QuotedIdentifierCase = 505, "SQL_QUOTED_IDENTIFIER_CASE", Integer, "What becomes of the case of a quoted name ([`NameCase`](super::NameCase)).";
    AllTablesAreSelectable = 506, "SQL_ALL_TABLES_ARE_SELECTABLE", Bool, "Every table listed can be selected from.";
    NullOrdering = 507, "SQL_NULL_ORDERING", Integer, "Where NULL sorts: 0 high, 1 low, 2 first, 3 last.";
    Keywords = 508, "SQL_KEYWORDS", TextList, "Its keywords beside those of SQL-92.";
    NumericFunctions = 509, "SQL_NUMERIC_FUNCTIONS", TextList, "Its numeric functions.";
    StringFunctions = 510, "SQL_STRING_FUNCTIONS", TextList, "Its string functions.";
    SystemFunctions = 511, "SQL_SYSTEM_FUNCTIONS", TextList, "Its system functions.";
    DatetimeFunctions = 512, "SQL_DATETIME_FUNCTIONS", TextList, "Its functions of date and time.";
    SearchStringEscape = 513, "SQL_SEARCH_STRING_ESCAPE", Text, "What escapes `_` and `%` in a pattern.";
    ExtraNameCharacters = 514, "SQL_EXTRA_NAME_CHARACTERS", Text, "Characters beside letters, digits and `_` in a name that is not quoted.";
    SupportsColumnAliasing = 515, "SQL_SUPPORTS_COLUMN_ALIASING", Bool, "`SELECT a AS b` works.";
    NullPlusNullIsNull = 516, "SQL_NULL_PLUS_NULL_IS_NULL", Bool, "NULL concatenated with anything is NULL.";
    SupportsConvert = 517, "SQL_SUPPORTS_CONVERT", ConvertMap, "Which types `CONVERT` turns into which, both by their numbers in `SqlSupportsConvert`.";
    SupportsTableCorrelationNames = 518, "SQL_SUPPORTS_TABLE_CORRELATION_NAMES", Bool, "A table can have an alias.";
    SupportsDifferentTableCorrelationNames = 519, "SQL_SUPPORTS_DIFFERENT_TABLE_CORRELATION_NAMES", Bool, "The alias of a table must differ from its name.";
    SupportsExpressionsInOrderBy = 520, "SQL_SUPPORTS_EXPRESSIONS_IN_ORDER_BY", Bool, "`ORDER BY` takes expressions.";
    SupportsOrderByUnrelated = 521, "SQL_SUPPORTS_ORDER_BY_UNRELATED", Bool, "`ORDER BY` takes columns that are not selected.";
    SupportedGroupBy = 522, "SQL_SUPPORTED_GROUP_BY", Integer, "What `GROUP BY` takes: bit 0 columns not selected, bit 1 columns beyond those selected.";
    SupportsLikeEscapeClause = 523, "SQL_SUPPORTS_LIKE_ESCAPE_CLAUSE", Bool, "`LIKE … ESCAPE` works.";
    SupportsNonNullableColumns = 524, "SQL_SUPPORTS_NON_NULLABLE_COLUMNS", Bool, "Columns can be `NOT NULL`.";
    SupportedGrammar = 525, "SQL_SUPPORTED_GRAMMAR", Integer, "Grammar of ODBC: bit 0 minimum, 1 core, 2 extended.";
    Ansi92SupportedLevel = 526, "SQL_ANSI92_SUPPORTED_LEVEL", Integer, "Levels of SQL-92: bit 0 entry, 1 intermediate, 2 full.";
    SupportsIntegrityEnhancementFacility = 527, "SQL_SUPPORTS_INTEGRITY_ENHANCEMENT_FACILITY", Bool, "Integrity is enforced: keys and references.";
    OuterJoinsSupportLevel = 528, "SQL_OUTER_JOINS_SUPPORT_LEVEL", Integer, "Outer joins: 0 none, 1 some, 2 all.";
    SchemaTerm = 529, "SQL_SCHEMA_TERM", Text, "Its word for a schema.";
    ProcedureTerm = 530, "SQL_PROCEDURE_TERM", Text, "Its word for a procedure.";
    CatalogTerm = 531, "SQL_CATALOG_TERM", Text, "Its word for a catalog.";
    CatalogAtStart = 532, "SQL_CATALOG_AT_START", Bool, "The catalog comes first in a qualified name.";
    SchemasSupportedActions = 533, "SQL_SCHEMAS_SUPPORTED_ACTIONS", Integer, "Where a schema may qualify a name: bit 0 procedure calls, 1 index definitions, 2 privilege definitions.";
    CatalogsSupportedActions = 534, "SQL_CATALOGS_SUPPORTED_ACTIONS", Integer, "Where a catalog may qualify a name: bits as for schemas.";
    SupportedPositionedCommands = 535, "SQL_SUPPORTED_POSITIONED_COMMANDS", Integer, "Positioned commands: bit 0 delete, 1 update.";
    SelectForUpdateSupported = 536, "SQL_SELECT_FOR_UPDATE_SUPPORTED", Bool, "`SELECT FOR UPDATE` works.";
    StoredProceduresSupported = 537, "SQL_STORED_PROCEDURES_SUPPORTED", Bool, "It has stored procedures.";
    SupportedSubqueries = 538, "SQL_SUPPORTED_SUBQUERIES", Integer, "Subqueries: bit 0 in comparisons, 1 `EXISTS`, 2 `IN`, 3 quantified.";
    CorrelatedSubqueriesSupported = 539, "SQL_CORRELATED_SUBQUERIES_SUPPORTED", Bool, "Subqueries may refer to the query around them.";
    SupportedUnions = 540, "SQL_SUPPORTED_UNIONS", Integer, "Unions: bit 0 `UNION`, 1 `UNION ALL`.";
    MaxBinaryLiteralLength = 541, "SQL_MAX_BINARY_LITERAL_LENGTH", Integer, "Most hexadecimal characters in a binary literal; 0 is no limit known, here and below.";
    MaxCharLiteralLength = 542, "SQL_MAX_CHAR_LITERAL_LENGTH", Integer, "Most characters in a text literal.";
    MaxColumnNameLength = 543, "SQL_MAX_COLUMN_NAME_LENGTH", Integer, "Longest name of a column.";
    MaxColumnsInGroupBy = 544, "SQL_MAX_COLUMNS_IN_GROUP_BY", Integer, "Most columns in `GROUP BY`.";
    MaxColumnsInIndex = 545, "SQL_MAX_COLUMNS_IN_INDEX", Integer, "Most columns of an index.";
    MaxColumnsInOrderBy = 546, "SQL_MAX_COLUMNS_IN_ORDER_BY", Integer, "Most columns in `ORDER BY`.";
    MaxColumnsInSelect = 547, "SQL_MAX_COLUMNS_IN_SELECT", Integer, "Most columns selected.";
    MaxColumnsInTable = 548, "SQL_MAX_COLUMNS_IN_TABLE", Integer, "Most columns of a table.";
    MaxConnections = 549, "SQL_MAX_CONNECTIONS", Integer, "Most connections at a time.";
    MaxCursorNameLength = 550, "SQL_MAX_CURSOR_NAME_LENGTH", Integer, "Longest name of a cursor.";
    MaxIndexLength = 551, "SQL_MAX_INDEX_LENGTH", Integer, "Most bytes of an index.";
    DbSchemaNameLength = 552, "SQL_DB_SCHEMA_NAME_LENGTH", Integer, "Longest name of a schema.";
    MaxProcedureNameLength = 553, "SQL_MAX_PROCEDURE_NAME_LENGTH", Integer, "Longest name of a procedure.";
    MaxCatalogNameLength = 554, "SQL_MAX_CATALOG_NAME_LENGTH", Integer, "Longest name of a catalog.";
    MaxRowSize = 555, "SQL_MAX_ROW_SIZE", Integer, "Most bytes of a row.";
    MaxRowSizeIncludesBlobs = 556, "SQL_MAX_ROW_SIZE_INCLUDES_BLOBS", Bool, "The limit of a row counts large values too.";
    MaxStatementLength = 557, "SQL_MAX_STATEMENT_LENGTH", Integer, "Longest statement.";
    MaxStatements = 558, "SQL_MAX_STATEMENTS", Integer, "Most statements open at a time.";
    MaxTableNameLength = 559, "SQL_MAX_TABLE_NAME_LENGTH", Integer, "Longest name of a table.";
    MaxTablesInSelect = 560, "SQL_MAX_TABLES_IN_SELECT", Integer, "Most tables in a query.";
    MaxUsernameLength = 561, "SQL_MAX_USERNAME_LENGTH", Integer, "Longest name of a user.";
    DefaultTransactionIsolation = 562, "SQL_DEFAULT_TRANSACTION_ISOLATION", Integer, "The isolation a transaction has by default ([`IsolationLevel`](super::IsolationLevel)).";
    TransactionsSupported = 563, "SQL_TRANSACTIONS_SUPPORTED", Bool, "It has transactions.";
    SupportedTransactionsIsolationLevels = 564, "SQL_SUPPORTED_TRANSACTIONS_ISOLATION_LEVELS", Integer, "Isolation levels it has: one bit each, by the number of the level.";
    DataDefinitionCausesTransactionCommit = 565, "SQL_DATA_DEFINITION_CAUSES_TRANSACTION_COMMIT", Bool, "DDL commits the transaction.";
    DataDefinitionsInTransactionsIgnored = 566, "SQL_DATA_DEFINITIONS_IN_TRANSACTIONS_IGNORED", Bool, "DDL is ignored in a transaction.";
    SupportedResultSetTypes = 567, "SQL_SUPPORTED_RESULT_SET_TYPES", Integer, "Kinds of results: bit 0 unspecified, 1 forward only, 2 scroll insensitive, 3 scroll sensitive.";
    SupportedConcurrenciesForResultSetUnspecified = 568, "SQL_SUPPORTED_CONCURRENCIES_FOR_RESULT_SET_UNSPECIFIED", Integer, "Concurrency of results of unspecified kind: bit 0 unspecified, 1 read only, 2 updatable.";
    SupportedConcurrenciesForResultSetForwardOnly = 569, "SQL_SUPPORTED_CONCURRENCIES_FOR_RESULT_SET_FORWARD_ONLY", Integer, "Concurrency of forward-only results: bits as above.";
    SupportedConcurrenciesForResultSetScrollSensitive = 570, "SQL_SUPPORTED_CONCURRENCIES_FOR_RESULT_SET_SCROLL_SENSITIVE", Integer, "Concurrency of scroll-sensitive results: bits as above.";
    SupportedConcurrenciesForResultSetScrollInsensitive = 571, "SQL_SUPPORTED_CONCURRENCIES_FOR_RESULT_SET_SCROLL_INSENSITIVE", Integer, "Concurrency of scroll-insensitive results: bits as above.";
    BatchUpdatesSupported = 572, "SQL_BATCH_UPDATES_SUPPORTED", Bool, "It takes batches of updates.";
    SavepointsSupported = 573, "SQL_SAVEPOINTS_SUPPORTED", Bool, "It has savepoints.";
    NamedParametersSupported = 574, "SQL_NAMED_PARAMETERS_SUPPORTED", Bool, "Parameters can have names.";
    LocatorsUpdateCopy = 575, "SQL_LOCATORS_UPDATE_COPY", Bool, "A locator of a large value points to a copy when it is written to.";
    StoredFunctionsUsingCallSyntaxSupported = 576, "SQL_STORED_FUNCTIONS_USING_CALL_SYNTAX_SUPPORTED", Bool, "Stored functions can be called with the call escape syntax.";
}
