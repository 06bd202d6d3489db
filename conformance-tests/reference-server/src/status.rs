//! SQLite's errors as gRPC statuses, in SQLite's own words.

use rusqlite::ffi::{self, ErrorCode};
use tonic::{Code, Status};

/// Translates an error of SQLite.
#[expect(clippy::needless_pass_by_value, reason = "used as the argument of map_err")]
pub(crate) fn from_sqlite(error: rusqlite::Error) -> Status {
    use rusqlite::Error;
    match &error {
        Error::SqliteFailure(failure, message) => {
            let message = message.clone().unwrap_or_else(|| failure.to_string());
            Status::new(code(failure, &message), message)
        }
        Error::SqlInputError {
            error: failure,
            msg,
            offset,
            ..
        } => {
            let message = match offset {
                0.. => format!("{msg} (at byte {offset})"),
                _ => msg.clone(),
            };
            Status::new(code(failure, msg), message)
        }
        Error::MultipleStatement => {
            Status::invalid_argument("only one statement at a time: there is more text after the first")
        }
        Error::NulError(_) => Status::invalid_argument("the statement contains a NUL byte"),
        Error::Utf8Error(_) => Status::out_of_range("SQLite returned text that is not UTF-8"),
        other => Status::internal(other.to_string()),
    }
}

fn code(failure: &ffi::Error, message: &str) -> Code {
    match failure.code {
        ErrorCode::ConstraintViolation => match failure.extended_code {
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID => Code::AlreadyExists,
            _ => Code::FailedPrecondition,
        },
        // Another transaction is in the way; the whole transaction may be tried again.
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationAborted => Code::Aborted,
        ErrorCode::OperationInterrupted => Code::Cancelled,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => {
            Code::PermissionDenied
        }
        ErrorCode::OutOfMemory | ErrorCode::DiskFull | ErrorCode::TooBig => Code::ResourceExhausted,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Code::DataLoss,
        ErrorCode::CannotOpen => Code::NotFound,
        ErrorCode::SystemIoFailure
        | ErrorCode::InternalMalfunction
        | ErrorCode::ApiMisuse
        | ErrorCode::FileLockingProtocolFailed => Code::Internal,
        _ if message.ends_with("already exists") => Code::AlreadyExists,
        _ if message.contains("integer overflow") => Code::OutOfRange,
        _ if message.contains("within a transaction") || message.contains("no transaction is active") => {
            Code::FailedPrecondition
        }
        _ => Code::InvalidArgument,
    }
}

/// A message could not be decoded.
pub(crate) fn undecodable(what: &str, error: &prost::DecodeError) -> Status {
    Status::invalid_argument(format!("{what} could not be decoded: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(sql: &str) -> Status {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "create table t (id integer primary key, n integer not null); insert into t values (1, 1)",
            )
            .unwrap();
        from_sqlite(connection.execute(sql, []).unwrap_err())
    }

    #[test]
    fn each_failure_keeps_the_words_of_sqlite_and_gets_the_code_that_fits() {
        for (sql, code, words) in [
            ("selekt 1", Code::InvalidArgument, "near \"selekt\": syntax error"),
            (
                "insert into missing values (1)",
                Code::InvalidArgument,
                "no such table: missing",
            ),
            (
                "insert into t values (1, 2)",
                Code::AlreadyExists,
                "UNIQUE constraint failed: t.id",
            ),
            (
                "insert into t values (2, null)",
                Code::FailedPrecondition,
                "NOT NULL constraint failed: t.n",
            ),
            (
                "create table t (x)",
                Code::AlreadyExists,
                "table t already exists",
            ),
            (
                "delete from t where abs(-9223372036854775808) > 0",
                Code::OutOfRange,
                "integer overflow",
            ),
            ("commit", Code::FailedPrecondition, "no transaction is active"),
            (
                "delete from t; delete from t",
                Code::InvalidArgument,
                "only one statement",
            ),
        ] {
            let status = failure(sql);
            assert_eq!(status.code(), code, "{sql}: {status}");
            assert!(status.message().contains(words), "{sql}: {status}");
        }
    }
}
