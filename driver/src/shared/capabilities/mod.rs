//! What a server says it can do (GetSqlInfo), asked once per session and when it is first needed.

mod ask;
mod code;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod read;
mod value;

use std::collections::BTreeMap;
use std::time::Duration;

pub(super) use self::ask::{Asked, is_an_answer};
pub use self::code::SqlInfo;
pub use self::value::SqlInfoValue;

/// What a server says it can do. Nothing in it is certain: a server may leave anything out, and then the getter gives `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    values: BTreeMap<u32, SqlInfoValue>,
}

/// Whether a server has the actions for transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TransactionSupport {
    /// It has none.
    None,
    /// Transactions.
    Transaction,
    /// Transactions and savepoints.
    Savepoint,
}

/// How far transactions are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum IsolationLevel {
    /// Not at all.
    None,
    /// A transaction sees what others have not committed.
    ReadUncommitted,
    /// A transaction sees what others have committed meanwhile.
    ReadCommitted,
    /// A row read twice is the same.
    RepeatableRead,
    /// As if one ran after the other.
    Serializable,
}

impl IsolationLevel {
    /// Every level, in the order of their numbers on the wire.
    pub const ALL: [Self; 5] = [
        Self::None,
        Self::ReadUncommitted,
        Self::ReadCommitted,
        Self::RepeatableRead,
        Self::Serializable,
    ];
}

/// What becomes of the case of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameCase {
    /// Nobody knows.
    Unknown,
    /// Case is kept, and does not count.
    Insensitive,
    /// Names become upper case.
    Upper,
    /// Names become lower case.
    Lower,
}

impl Capabilities {
    /// The value of a code.
    #[must_use]
    pub fn get(&self, code: SqlInfo) -> Option<&SqlInfoValue> {
        self.get_by_code(code.code())
    }

    /// The value of a code by its number, which may be one of the server's own.
    #[must_use]
    pub fn get_by_code(&self, code: u32) -> Option<&SqlInfoValue> {
        self.values.get(&code)
    }

    /// All codes with their values, by number.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &SqlInfoValue)> + '_ {
        self.values.iter().map(|(code, value)| (*code, value))
    }

    /// Says whether the server says nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The name of the server.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.text(SqlInfo::ServerName)
    }

    /// The version of the server.
    #[must_use]
    pub fn server_version(&self) -> Option<&str> {
        self.text(SqlInfo::ServerVersion)
    }

    /// It takes no writes.
    #[must_use]
    pub fn read_only(&self) -> Option<bool> {
        self.flag(SqlInfo::ServerReadOnly)
    }

    /// It has the actions for transactions, or for savepoints too.
    #[must_use]
    pub fn transactions(&self) -> Option<TransactionSupport> {
        match self.integer(SqlInfo::ServerTransaction)? {
            0 => Some(TransactionSupport::None),
            1 => Some(TransactionSupport::Transaction),
            2 => Some(TransactionSupport::Savepoint),
            _ => None,
        }
    }

    /// It has transactions in SQL (`BEGIN`), whether or not it has actions for them.
    #[must_use]
    pub fn sql_transactions(&self) -> Option<bool> {
        self.flag(SqlInfo::TransactionsSupported)
    }

    /// It can cancel queries.
    #[must_use]
    pub fn cancel(&self) -> Option<bool> {
        self.flag(SqlInfo::ServerCancel)
    }

    /// It takes bulk ingest.
    #[must_use]
    pub fn bulk_ingestion(&self) -> Option<bool> {
        self.flag(SqlInfo::ServerBulkIngestion)
    }

    /// Bulk ingest can be part of a transaction.
    #[must_use]
    pub fn ingest_transactions(&self) -> Option<bool> {
        self.flag(SqlInfo::ServerIngestTransactionsSupported)
    }

    /// For how long it keeps a prepared statement that is not used; zero is for ever.
    #[must_use]
    pub fn statement_timeout(&self) -> Option<Duration> {
        self.milliseconds(SqlInfo::ServerStatementTimeout)
    }

    /// For how long it keeps a transaction that is not used; zero is for ever.
    #[must_use]
    pub fn transaction_timeout(&self) -> Option<Duration> {
        self.milliseconds(SqlInfo::ServerTransactionTimeout)
    }

    /// It has savepoints in SQL, whether or not it has actions for them.
    #[must_use]
    pub fn savepoints(&self) -> Option<bool> {
        self.flag(SqlInfo::SavepointsSupported)
    }

    /// Parameters can have names.
    #[must_use]
    pub fn named_parameters(&self) -> Option<bool> {
        self.flag(SqlInfo::NamedParametersSupported)
    }

    /// It takes batches of updates.
    #[must_use]
    pub fn batch_updates(&self) -> Option<bool> {
        self.flag(SqlInfo::BatchUpdatesSupported)
    }

    /// What a quoted name stands in, such as `"`; `None` also where the server says that names cannot be quoted.
    #[must_use]
    pub fn identifier_quote(&self) -> Option<&str> {
        self.text(SqlInfo::IdentifierQuoteChar)
            .filter(|quote| !quote.trim().is_empty())
    }

    /// What escapes `_` and `%` in the patterns of the catalog; `None` also where the server says that nothing does.
    #[must_use]
    pub fn search_string_escape(&self) -> Option<&str> {
        self.text(SqlInfo::SearchStringEscape)
            .filter(|escape| !escape.is_empty())
    }

    /// What becomes of the case of a name that is not quoted.
    #[must_use]
    pub fn identifier_case(&self) -> Option<NameCase> {
        self.name_case(SqlInfo::IdentifierCase)
    }

    /// What becomes of the case of a quoted name.
    #[must_use]
    pub fn quoted_identifier_case(&self) -> Option<NameCase> {
        self.name_case(SqlInfo::QuotedIdentifierCase)
    }

    /// The isolation a transaction has by default.
    #[must_use]
    pub fn default_isolation(&self) -> Option<IsolationLevel> {
        let number = usize::try_from(self.integer(SqlInfo::DefaultTransactionIsolation)?).ok()?;
        IsolationLevel::ALL.get(number).copied()
    }

    /// The isolation levels it has; `None` where it does not say.
    #[must_use]
    pub fn isolation_levels(&self) -> Option<Vec<IsolationLevel>> {
        let bits = self.integer(SqlInfo::SupportedTransactionsIsolationLevels)?;
        let has = |number: &i64| bits & (1 << number) != 0;
        let levels = (0..).zip(IsolationLevel::ALL);
        Some(
            levels
                .filter(|(number, _)| has(number))
                .map(|(_, level)| level)
                .collect(),
        )
    }

    fn text(&self, code: SqlInfo) -> Option<&str> {
        self.get(code)?.as_text()
    }

    fn flag(&self, code: SqlInfo) -> Option<bool> {
        self.get(code)?.as_bool()
    }

    fn integer(&self, code: SqlInfo) -> Option<i64> {
        self.get(code)?.as_integer()
    }

    fn milliseconds(&self, code: SqlInfo) -> Option<Duration> {
        u64::try_from(self.integer(code)?).ok().map(Duration::from_millis)
    }

    fn name_case(&self, code: SqlInfo) -> Option<NameCase> {
        match self.integer(code)? {
            0 => Some(NameCase::Unknown),
            1 => Some(NameCase::Insensitive),
            2 => Some(NameCase::Upper),
            3 => Some(NameCase::Lower),
            _ => None,
        }
    }
}
