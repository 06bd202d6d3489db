//! `SET TRANSACTION`, as far as SQLite has an answer to it.

use tonic::Status;

use crate::database::run;
use crate::results::Place;
use crate::stop::Stop;

/// What is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    ReadOnly,
    /// Every transaction of SQLite is.
    Serializable,
}

impl Setting {
    /// Reads a statement; nothing when it sets nothing.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` for what SQLite does not have.
    pub(crate) fn parse(sql: &str) -> Result<Option<Self>, Status> {
        let words: Vec<String> = sql
            .trim_end_matches(';')
            .split_whitespace()
            .map(str::to_ascii_uppercase)
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["SET", "TRANSACTION", "READ", "ONLY"] => Ok(Some(Self::ReadOnly)),
            ["SET", "TRANSACTION", "ISOLATION", "LEVEL", "SERIALIZABLE"] => Ok(Some(Self::Serializable)),
            ["SET", "TRANSACTION", ..] => Err(Status::invalid_argument(
                "SQLite has no such transactions: they are SERIALIZABLE, and may be READ ONLY",
            )),
            _ => Ok(None),
        }
    }

    /// Sets it for the transaction open in a place.
    ///
    /// # Errors
    ///
    /// `FAILED_PRECONDITION` without a transaction.
    pub(crate) async fn apply(self, place: &Place) -> Result<(), Status> {
        if let Place::Transaction(transaction) = place {
            // The connection stays so, and nobody else shall get it.
            transaction.lease.spoil();
        }
        let stop = Stop::default();
        let set = place.call(&stop, move |desk| {
            if desk.connection.is_autocommit() {
                return Err(Status::failed_precondition(
                    "there is no transaction to set anything for",
                ));
            }
            match self {
                Self::ReadOnly => run(desk, "PRAGMA query_only = ON"),
                Self::Serializable => Ok(()),
            }
        });
        set.await
    }
}

/// Ends what was set for a transaction that was a session's, once it has ended.
///
/// # Errors
///
/// What SQLite says.
pub(crate) async fn end(place: &Place) -> Result<(), Status> {
    let stop = Stop::default();
    let ended = place.call(&stop, |desk| match desk.connection.is_autocommit() {
        true => run(desk, "PRAGMA query_only = OFF"),
        false => Ok(()),
    });
    ended.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sqlite_lacks_is_refused() {
        assert_eq!(
            Setting::parse("set transaction read only;").unwrap(),
            Some(Setting::ReadOnly)
        );
        assert_eq!(Setting::parse("SELECT 1").unwrap(), None);
        assert!(Setting::parse("SET TRANSACTION ISOLATION LEVEL READ COMMITTED").is_err());
    }
}
