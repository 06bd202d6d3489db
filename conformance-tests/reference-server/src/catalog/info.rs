//! GetSqlInfo: what SQLite, behind this server, can do.

use std::collections::HashMap;
use std::time::Duration;

use arrow_flight::error::Result;
use arrow_flight::sql::SqlInfo;
use arrow_flight::sql::metadata::{SqlInfoData, SqlInfoDataBuilder};

/// Words that SQLite reserves beside those of SQL-92.
const KEYWORDS: [&str; 20] = [
    "ABORT",
    "AFTER",
    "ANALYZE",
    "ATTACH",
    "AUTOINCREMENT",
    "BEFORE",
    "CONFLICT",
    "DATABASE",
    "DETACH",
    "EXPLAIN",
    "FAIL",
    "GLOB",
    "IGNORE",
    "INDEX",
    "INDEXED",
    "ISNULL",
    "NOTNULL",
    "PRAGMA",
    "RAISE",
    "VACUUM",
];
const NUMERIC: [&str; 12] = [
    "ABS", "CEIL", "EXP", "FLOOR", "LN", "LOG", "MOD", "PI", "POW", "ROUND", "SIGN", "SQRT",
];
const STRING: [&str; 11] = [
    "CHAR", "HEX", "INSTR", "LENGTH", "LOWER", "LTRIM", "REPLACE", "RTRIM", "SUBSTR", "TRIM", "UPPER",
];
const SYSTEM: [&str; 5] = ["COALESCE", "IFNULL", "IIF", "NULLIF", "SQLITE_VERSION"];
const DATETIME: [&str; 6] = ["DATE", "DATETIME", "JULIANDAY", "STRFTIME", "TIME", "UNIXEPOCH"];

/// Codes of FlightSql.proto that arrow-flight's enumeration does not have.
const BULK_INGESTION: u32 = 10;
const INGEST_TRANSACTIONS: u32 = 11;

/// What GetSqlInfo says that depends on how the server was started.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) transactions: bool,
    pub(crate) savepoints: bool,
    pub(crate) cancel: bool,
    pub(crate) ingest: bool,
    pub(crate) transaction_timeout: Duration,
    pub(crate) read_only: bool,
}

/// Every code that means something for SQLite.
pub(super) fn all(facts: Facts) -> Result<SqlInfoData> {
    let mut info = SqlInfoDataBuilder::new();
    server(&mut info, facts);
    language(&mut info);
    limits(&mut info);
    transactions(&mut info);
    info.build()
}

fn server(info: &mut SqlInfoDataBuilder, facts: Facts) {
    info.append(SqlInfo::FlightSqlServerName, "Jetbridge reference server");
    info.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    info.append(SqlInfo::FlightSqlServerArrowVersion, arrow::ARROW_VERSION);
    info.append(SqlInfo::FlightSqlServerReadOnly, facts.read_only);
    info.append(SqlInfo::FlightSqlServerSql, true);
    info.append(SqlInfo::FlightSqlServerSubstrait, false);
    info.append(SqlInfo::FlightSqlServerSubstraitMinVersion, "");
    info.append(SqlInfo::FlightSqlServerSubstraitMaxVersion, "");
    // SqlSupportedTransaction: 1 is transactions, 2 savepoints too.
    let transactions = match (facts.transactions, facts.savepoints) {
        (false, _) => 0_i32,
        (true, false) => 1,
        (true, true) => 2,
    };
    info.append(SqlInfo::FlightSqlServerTransaction, transactions);
    info.append(SqlInfo::FlightSqlServerCancel, facts.cancel);
    info.append(BULK_INGESTION, facts.ingest);
    info.append(INGEST_TRANSACTIONS, facts.ingest && facts.transactions);
    info.append(SqlInfo::FlightSqlServerStatementTimeout, 0_i32);
    // 0 would say that there is none.
    let timeout = i32::try_from(facts.transaction_timeout.as_millis()).unwrap_or(i32::MAX);
    info.append(SqlInfo::FlightSqlServerTransactionTimeout, timeout.max(1));
}

fn language(info: &mut SqlInfoDataBuilder) {
    info.append(SqlInfo::SqlDdlCatalog, false);
    info.append(SqlInfo::SqlDdlSchema, false);
    info.append(SqlInfo::SqlDdlTable, true);
    info.append(SqlInfo::SqlIdentifierCase, 1_i32);
    info.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    info.append(SqlInfo::SqlQuotedIdentifierCase, 1_i32);
    info.append(SqlInfo::SqlAllTablesAreSelectable, true);
    info.append(SqlInfo::SqlNullOrdering, 1_i32);
    info.append(SqlInfo::SqlKeywords, &KEYWORDS[..]);
    info.append(SqlInfo::SqlNumericFunctions, &NUMERIC[..]);
    info.append(SqlInfo::SqlStringFunctions, &STRING[..]);
    info.append(SqlInfo::SqlSystemFunctions, &SYSTEM[..]);
    info.append(SqlInfo::SqlDatetimeFunctions, &DATETIME[..]);
    info.append(SqlInfo::SqlSearchStringEscape, "\\");
    info.append(SqlInfo::SqlExtraNameCharacters, "");
    info.append(SqlInfo::SqlSupportsColumnAliasing, true);
    info.append(SqlInfo::SqlNullPlusNullIsNull, true);
    info.append(SqlInfo::SqlSupportsConvert, HashMap::<i32, Vec<i32>>::new());
    info.append(SqlInfo::SqlSupportsTableCorrelationNames, true);
    info.append(SqlInfo::SqlSupportsDifferentTableCorrelationNames, false);
    info.append(SqlInfo::SqlSupportsExpressionsInOrderBy, true);
    info.append(SqlInfo::SqlSupportsOrderByUnrelated, true);
    // Bits: 0 unrelated columns, 1 beyond those selected.
    info.append(SqlInfo::SqlSupportedGroupBy, 0b11_i32);
    info.append(SqlInfo::SqlSupportsLikeEscapeClause, true);
    info.append(SqlInfo::SqlSupportsNonNullableColumns, true);
    info.append(SqlInfo::SqlSupportedGrammar, 0b11_i32);
    info.append(SqlInfo::SqlAnsi92SupportedLevel, 0b1_i32);
    info.append(SqlInfo::SqlSupportsIntegrityEnhancementFacility, true);
    info.append(SqlInfo::SqlOuterJoinsSupportLevel, 2_i32);
    info.append(SqlInfo::SqlSchemaTerm, "");
    info.append(SqlInfo::SqlProcedureTerm, "");
    info.append(SqlInfo::SqlCatalogTerm, "database");
    info.append(SqlInfo::SqlCatalogAtStart, true);
    info.append(SqlInfo::SqlSchemasSupportedActions, 0_i32);
    // Bits: procedure calls, index definitions, privilege definitions.
    info.append(SqlInfo::SqlCatalogsSupportedActions, 0b10_i32);
    info.append(SqlInfo::SqlSupportedPositionedCommands, 0_i32);
    info.append(SqlInfo::SqlSelectForUpdateSupported, false);
    info.append(SqlInfo::SqlStoredProceduresSupported, false);
    // Bits: comparisons, EXISTS, IN; SQLite has no ANY and ALL.
    info.append(SqlInfo::SqlSupportedSubqueries, 0b111_i32);
    info.append(SqlInfo::SqlCorrelatedSubqueriesSupported, true);
    info.append(SqlInfo::SqlSupportedUnions, 0b11_i32);
}

/// SQLite's limits as it is compiled; 0 is none, or none known.
fn limits(info: &mut SqlInfoDataBuilder) {
    info.append(SqlInfo::SqlMaxBinaryLiteralLength, 1_000_000_000_i64);
    info.append(SqlInfo::SqlMaxCharLiteralLength, 1_000_000_000_i64);
    info.append(SqlInfo::SqlMaxColumnNameLength, 0_i64);
    info.append(SqlInfo::SqlMaxColumnsInGroupBy, 2000_i64);
    info.append(SqlInfo::SqlMaxColumnsInIndex, 2000_i64);
    info.append(SqlInfo::SqlMaxColumnsInOrderBy, 2000_i64);
    info.append(SqlInfo::SqlMaxColumnsInSelect, 2000_i64);
    info.append(SqlInfo::SqlMaxColumnsInTable, 2000_i64);
    info.append(SqlInfo::SqlMaxConnections, 0_i64);
    info.append(SqlInfo::SqlMaxCursorNameLength, 0_i64);
    info.append(SqlInfo::SqlMaxIndexLength, 0_i64);
    info.append(SqlInfo::SqlDbSchemaNameLength, 0_i64);
    info.append(SqlInfo::SqlMaxProcedureNameLength, 0_i64);
    info.append(SqlInfo::SqlMaxCatalogNameLength, 0_i64);
    info.append(SqlInfo::SqlMaxRowSize, 1_000_000_000_i64);
    info.append(SqlInfo::SqlMaxRowSizeIncludesBlobs, true);
    info.append(SqlInfo::SqlMaxStatementLength, 1_000_000_000_i64);
    info.append(SqlInfo::SqlMaxStatements, 0_i64);
    info.append(SqlInfo::SqlMaxTableNameLength, 0_i64);
    info.append(SqlInfo::SqlMaxTablesInSelect, 64_i64);
    info.append(SqlInfo::SqlMaxUsernameLength, 0_i64);
}

fn transactions(info: &mut SqlInfoDataBuilder) {
    // SqlTransactionIsolationLevel: 4 is serializable.
    info.append(SqlInfo::SqlDefaultTransactionIsolation, 4_i32);
    info.append(SqlInfo::SqlTransactionsSupported, true);
    info.append(SqlInfo::SqlSupportedTransactionsIsolationLevels, 0b1_0000_i32);
    info.append(SqlInfo::SqlDataDefinitionCausesTransactionCommit, false);
    info.append(SqlInfo::SqlDataDefinitionsInTransactionsIgnored, false);
    info.append(SqlInfo::SqlSupportedResultSetTypes, 0b10_i32);
    // Read only, and for results that go forward only.
    info.append(
        SqlInfo::SqlSupportedConcurrenciesForResultSetUnspecified,
        0b10_i32,
    );
    info.append(
        SqlInfo::SqlSupportedConcurrenciesForResultSetForwardOnly,
        0b10_i32,
    );
    info.append(
        SqlInfo::SqlSupportedConcurrenciesForResultSetScrollSensitive,
        0_i32,
    );
    info.append(
        SqlInfo::SqlSupportedConcurrenciesForResultSetScrollInsensitive,
        0_i32,
    );
    info.append(SqlInfo::SqlBatchUpdatesSupported, true);
    info.append(SqlInfo::SqlSavepointsSupported, true);
    info.append(SqlInfo::SqlNamedParametersSupported, true);
    info.append(SqlInfo::SqlLocatorsUpdateCopy, false);
    info.append(SqlInfo::SqlStoredFunctionsUsingCallSyntaxSupported, false);
}
